package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/pd"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/store"
)

// ChildCommand is the hidden subcommand with which the program starts itself
// as a node of the cluster.
const ChildCommand = "_child"

// The descriptors that a child inherits besides the standard ones.
const (
	fdReady  = 3 // the child writes one JSON line when it serves
	fdParent = 4 // it reads; end of file means that the parent is gone
)

// order is what a child is told, as its one argument.
type order struct {
	Kind    string       `json:"kind"` // kindPD or kindStore
	Dir     string       `json:"dir"`
	Addr    string       `json:"addr"`
	Status  string       `json:"status,omitempty"`
	ID      uint64       `json:"id,omitempty"`
	PD      []string     `json:"pd,omitempty"`
	Profile string       `json:"profile,omitempty"`
	Layout  store.Layout `json:"-"` // comes by the file layout.json above Dir
}

// The kinds of children, which are also the types of nodes.
const (
	kindPD    = "pd"
	kindStore = "tikv"
)

// readiness is the line that a child writes when it serves.
type readiness struct {
	Addr   string `json:"addr"`
	Status string `json:"status,omitempty"`
}

// errorPrefix begins the last line of the log of a child that cannot go on.
const errorPrefix = "error: "

// ChildMain is a child's main: it runs one PD or one store until it is told to
// stop or its parent is gone, and gives the exit status. A terminal's interrupt
// goes to the whole foreground group; it is the parent's business.
func ChildMain(args []string) int {
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := child(ctx, args); err != nil {
		fmt.Fprintln(os.Stderr, errorPrefix+err.Error())
		return 1
	}
	return 0
}

func child(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("this command is for the program's own use")
	}
	var o order
	if err := json.Unmarshal([]byte(args[0]), &o); err != nil {
		return fmt.Errorf("this command is for the program's own use: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, os.NewFile(fdParent, "parent"))
		os.Exit(3) // there is nobody left to be orderly for
	}()
	ready := os.NewFile(fdReady, "ready")
	tell := func(r readiness) {
		_ = json.NewEncoder(ready).Encode(r)
		_ = ready.Close()
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	// TiKV's own words: whoever reads the log can tell an order from a crash.
	defer context.AfterFunc(ctx, func() { log.Info("receive signal 15, stopping server...") })()
	switch o.Kind {
	case kindPD:
		return pd.Run(ctx, pd.Config{Dir: o.Dir, Addr: o.Addr, Log: log, Ready: func(url string) { tell(readiness{Addr: url}) }})
	case kindStore:
		layout, err := readLayout(o.Dir)
		if err != nil {
			return err
		}
		profile, ok := store.Profiles(o.Profile)
		if !ok {
			return fmt.Errorf("profile %q is not known", o.Profile)
		}
		return store.Run(ctx, store.Config{
			ID: o.ID, Layout: layout, Dir: o.Dir, Addr: o.Addr, StatusAddr: o.Status, PD: o.PD, Profile: profile, Log: log,
			Ready: func(addr, status string) { tell(readiness{addr, status}) },
		})
	}
	return fmt.Errorf("kind %q is not known", o.Kind)
}
