package embedded

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/store"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// ServerConfig configures a store that is started on its own, like a TiKV server: in
// a container, with PD elsewhere. The names are those of TiKV's command line.
type ServerConfig struct {
	Addr                string   // host:port to listen on for clients
	AdvertiseAddr       string   // host:port that the others are told; Addr when empty
	StatusAddr          string   // host:port of the status port
	AdvertiseStatusAddr string   // StatusAddr when empty
	PD                  []string // host:port or URL of each PD member
	DataDir             string
	Profile             string   // stage or real
	Stores              int      // of the whole cluster
	SplitKeys           [][]byte // borders between the regions, sorted
	Log                 io.Writer
}

// Serve runs one store until ctx is done.
func Serve(ctx context.Context, cfg ServerConfig) error {
	profile, ok := store.Profiles(cfg.Profile)
	if !ok {
		return fmt.Errorf("profile %q is not known", cfg.Profile)
	}
	pds, err := pdapi.Parse(cfg.PD)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(cfg.Log, nil))
	return store.Run(ctx, store.Config{
		Dir: cfg.DataDir, Addr: cfg.Addr, AdvertiseAddr: cfg.AdvertiseAddr,
		StatusAddr: cfg.StatusAddr, AdvertiseStatusAddr: cfg.AdvertiseStatusAddr,
		PD: pds, Profile: profile, Log: log,
		Join:  &store.Join{Stores: cfg.Stores, SplitKeys: cfg.SplitKeys},
		Ready: func(addr, status string) { log.Info("TiKV stand-in serves", "addr", addr, "status", status) },
	})
}
