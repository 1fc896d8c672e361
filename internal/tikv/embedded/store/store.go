package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
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

// Profile sets the timing of a store.
type Profile struct {
	Tick            time.Duration // of Raft's clock; also the heartbeat of leaders
	ElectionTicks   int           // without a message of the leader before an election
	StoreHeartbeat  time.Duration // to PD
	RegionHeartbeat time.Duration // to PD, for each region led
}

// Profiles returns a profile by name: stage is quick, real has TiKV's defaults.
func Profiles(name string) (Profile, bool) {
	p, ok := map[string]Profile{
		"stage": {Tick: 100 * time.Millisecond, ElectionTicks: 10, StoreHeartbeat: time.Second, RegionHeartbeat: time.Second},
		"real":  {Tick: time.Second, ElectionTicks: 10, StoreHeartbeat: 10 * time.Second, RegionHeartbeat: 60 * time.Second},
	}[name]
	return p, ok
}

// Config configures one store.
type Config struct {
	ID         uint64
	Layout     Layout
	Dir        string   // of its data; created if missing
	Addr       string   // address for clients; if the port is taken, any free one
	StatusAddr string   // address of the status port, likewise
	PD         []string // client URLs
	Profile    Profile
	Log        *slog.Logger
	Ready      func(addr, statusAddr string) // called once PD knows the store
	Now        func() time.Time              // time.Now when nil

	// Addresses for others, if they differ from those listened on.
	AdvertiseAddr, AdvertiseStatusAddr string
	// Join agrees on ID and Layout with the other stores; nil uses those above.
	Join *Join
}

// identity is saved in the data directory, so that no store starts with the data of
// another.
type identity struct {
	Version int    `json:"version"`
	Store   uint64 `json:"store"`
}

const (
	dataVersion  = 1
	identityName = "store.json"
)

// readIdentity returns the id of the store whose data a directory holds, or 0.
func readIdentity(dir string) (uint64, error) {
	b, err := os.ReadFile(filepath.Join(dir, identityName))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var is identity
	if err := json.Unmarshal(b, &is); err != nil || is.Version != dataVersion || is.Store == 0 {
		return 0, fmt.Errorf("%s is not data of this version; start with an empty data directory", dir)
	}
	return is.Store, nil
}

// claim assigns a data directory to a store. It fails if it is another's.
func claim(dir string, id uint64) error {
	is, err := readIdentity(dir)
	switch {
	case err != nil:
		return err
	case is == 0:
		return writeJSON(filepath.Join(dir, identityName), identity{dataVersion, id})
	case is != id:
		return fmt.Errorf("%s holds the data of store %d, not %d", dir, is, id)
	}
	return nil
}

// writeJSON writes a file atomically.
func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// listen listens on an address, or on a free port of the same host.
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

// ports are the listeners of a store.
type ports struct {
	clients, peers, status net.Listener
}

func openPorts(cfg Config) (p ports, err error) {
	if p.clients, err = listen(cfg.Addr); err != nil {
		return p, err
	}
	if p.status, err = listen(cfg.StatusAddr); err != nil {
		return p, errors.Join(err, p.clients.Close())
	}
	host, _, _ := net.SplitHostPort(p.clients.Addr().String())
	if p.peers, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
		return p, errors.Join(err, p.clients.Close(), p.status.Close())
	}
	return p, nil
}

// addresses returns the addresses for others.
func (p ports) addresses(cfg Config) addresses {
	a := addresses{p.clients.Addr().String(), p.peers.Addr().String(), p.status.Addr().String()}
	if cfg.AdvertiseAddr != "" {
		host, _, _ := net.SplitHostPort(cfg.AdvertiseAddr)
		_, port, _ := net.SplitHostPort(a.peers)
		a.clients, a.peers = cfg.AdvertiseAddr, net.JoinHostPort(host, port)
	}
	if cfg.AdvertiseStatusAddr != "" {
		a.status = cfg.AdvertiseStatusAddr
	}
	return a
}

// Run runs one store until ctx is done.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	ln, pdLink := newLink(), newLink()
	ports, err := openPorts(cfg)
	if err != nil {
		return err
	}
	at := ports.addresses(cfg)
	pd := newPDClient(cfg.PD, pdLink, cfg.Log)
	defer pd.close()
	if cfg.Join != nil {
		if err := join(ctx, pd, &cfg, at); err != nil {
			return err
		}
	}
	if err := claim(cfg.Dir, cfg.ID); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	self := func() hello { return hello{cluster: pd.cluster.Load(), from: cfg.ID} }
	tr := newTransport(ctx, cfg.Log, ln, self, pd.peerAddress)
	n, err := openNode(cfg, tr)
	if err != nil {
		return err
	}
	tr.deliver = func(x any) { n.inbox.put(x) }
	hb := &heartbeats{cfg: cfg, n: n, pd: pd, at: at, started: cfg.Now(), kick: make(chan struct{}, 1)}
	n.changed = func(*peer) { hb.soon() }
	svc := &service{n: n, link: ln, pdLink: pdLink}
	tr.paused = svc.paused.Load

	g.Go(func() error { return n.run(ctx) })
	g.Go(func() error { tr.serve(ln.listen(ports.peers)); tr.wg.Wait(); return nil })
	g.Go(func() error { return serveClients(ctx, ln.listen(ports.clients), svc) })
	g.Go(func() error { return serveStatus(ctx, ports.status, svc) })
	g.Go(func() error { return hb.run(ctx) })
	err = g.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func serveClients(ctx context.Context, l net.Listener, svc *service) error {
	srv := grpc.NewServer(
		grpc.ForceServerCodecV2(newCodec()),
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
