package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/pingcap/kvproto/pkg/tikvpb"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

// Profile is the timing of a store.
type Profile struct {
	Tick            time.Duration // of Raft's clock; also the heartbeat of leaders
	ElectionTicks   int           // without a leader's word before an election
	StoreHeartbeat  time.Duration // to PD
	RegionHeartbeat time.Duration // to PD, for each region led
}

// Profiles by name: stage is quick, real is like TiKV's defaults.
func Profiles(name string) (Profile, bool) {
	p, ok := map[string]Profile{
		"stage": {Tick: 100 * time.Millisecond, ElectionTicks: 10, StoreHeartbeat: time.Second, RegionHeartbeat: time.Second},
		"real":  {Tick: time.Second, ElectionTicks: 10, StoreHeartbeat: 10 * time.Second, RegionHeartbeat: 60 * time.Second},
	}[name]
	return p, ok
}

// Config is what one store needs.
type Config struct {
	ID         uint64
	Layout     Layout
	Dir        string   // of its data; made if it is not there
	Addr       string   // wanted address for clients; a taken port gives way to a free one
	StatusAddr string   // wanted address of the status port
	PD         []string // client URLs
	Profile    Profile
	Log        *slog.Logger
	Ready      func(addr, statusAddr string) // called once PD knows the store
}

// identity is kept in the data directory, so that no store starts on the data
// of another.
type identity struct {
	Version int    `json:"version"`
	Store   uint64 `json:"store"`
}

const dataVersion = 1

func checkIdentity(dir string, id uint64) error {
	path := filepath.Join(dir, "store.json")
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if b, err = json.Marshal(identity{dataVersion, id}); err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		return err
	}
	var is identity
	if err := json.Unmarshal(b, &is); err != nil || is.Version != dataVersion {
		return fmt.Errorf("%s is not data of this version; start with an empty data directory", dir)
	}
	if is.Store != id {
		return fmt.Errorf("%s holds the data of store %d, not %d", dir, is.Store, id)
	}
	return nil
}

// listen takes the wanted address, or a free port of the same host.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	host, _, err2 := net.SplitHostPort(addr)
	if err2 != nil {
		return nil, err
	}
	return net.Listen("tcp", net.JoinHostPort(host, "0"))
}

// Run is one store until ctx is done.
func Run(ctx context.Context, cfg Config) error {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	if err := checkIdentity(cfg.Dir, cfg.ID); err != nil {
		return err
	}
	clients, err := listen(cfg.Addr)
	if err != nil {
		return err
	}
	stat, err := listen(cfg.StatusAddr)
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(clients.Addr().String())
	peers, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	pd := newPDClient(cfg.PD, cfg.Log)
	defer pd.close()
	tr := newTransport(ctx, cfg.Log, pd.peerAddress)
	n, err := openNode(cfg, tr)
	if err != nil {
		return err
	}
	tr.deliver = func(x any) { n.put(ctx, x) }
	hb := &heartbeats{cfg: cfg, n: n, pd: pd, addr: clients.Addr().String(), peerAddr: peers.Addr().String(), statusAddr: stat.Addr().String(), started: time.Now(), kick: make(chan struct{}, 1)}
	n.changed = func(*peer) { hb.soon() }
	svc := &service{n: n}

	g.Go(func() error { return n.run(ctx) })
	g.Go(func() error { tr.serve(peers); tr.wg.Wait(); return nil })
	g.Go(func() error { return serveClients(ctx, clients, svc) })
	g.Go(func() error { return serveStatus(ctx, stat, svc) })
	g.Go(func() error { return hb.run(ctx) })
	err = g.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func serveClients(ctx context.Context, l net.Listener, svc *service) error {
	srv := grpc.NewServer(
		grpc.MaxRecvMsgSize(64<<20),
		grpc.InitialWindowSize(2<<20), grpc.InitialConnWindowSize(2<<20),
		// Idle clients ping every 10 s; the default policy throws them off.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 3 * time.Second, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, h grpc.UnaryHandler) (any, error) {
			if svc.paused.Load() {
				return nil, errPaused
			}
			return h(ctx, req)
		}),
	)
	tikvpb.RegisterTikvServer(srv, svc)
	hs := health.NewServer()
	grpc_health_v1.RegisterHealthServer(srv, hs)
	defer context.AfterFunc(ctx, srv.Stop)()
	return srv.Serve(l)
}

// serveStatus is the status port: /status is the readiness probe.
func serveStatus(ctx context.Context, l net.Listener, svc *service) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("PUT /pause_grpc", func(http.ResponseWriter, *http.Request) { svc.paused.Store(true) })
	mux.HandleFunc("PUT /resume_grpc", func(http.ResponseWriter, *http.Request) { svc.paused.Store(false) })
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"raftstore": map[string]any{
			"raft-base-tick-interval": svc.n.pr.Tick.String(), "raft-election-timeout-ticks": svc.n.pr.ElectionTicks,
			"pd-store-heartbeat-tick-interval": svc.n.pr.StoreHeartbeat.String(),
		}})
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		leaders := 0
		for _, p := range svc.n.peers {
			if p.leads() {
				leaders++
			}
		}
		fmt.Fprintf(w, "tikv_raftstore_region_count{type=\"leader\"} %d\ntikv_raftstore_region_count{type=\"region\"} %d\ntikv_grpc_requests_total %d\n",
			leaders, len(svc.n.peers), svc.ops.Load())
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 2 * time.Second, MaxHeaderBytes: 16 << 10}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
