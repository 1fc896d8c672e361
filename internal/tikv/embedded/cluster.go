package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/pingcap/kvproto/pkg/pdpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tikv-demo/tikv-demo/internal/safe"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/store"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// Config configures a cluster.
type Config struct {
	Stores     int      // 3 to 9
	SplitKeys  [][]byte // borders between the regions, sorted
	StateDir   string   // holds data, logs and locks; the logs stay
	PD         []string // URLs of a real PD to use; empty: start our own
	PDPort     int      // wanted; 0 or taken: any free one
	Profile    string   // stage or real
	Executable string   // this program when empty
	self       bool     // Executable is this program
}

// Cluster is a running cluster.
type Cluster struct {
	cfg   Config
	dir   string // of the data
	logs  string // of the logs, which outlive it
	lock  *os.File
	pd    []string
	procs []*proc

	mu    sync.Mutex
	names map[string]string // address to name; old addresses stay
}

// startLimit bounds a start; a cluster that serves is ready within two seconds.
const startLimit = 30 * time.Second

// Start starts a cluster and returns when PD is healthy and every store is Up,
// leading and serving. If it fails it stops what it has started.
func Start(ctx context.Context, cfg Config, progress func(text string, done, total int)) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if cfg.Executable == "" {
		exe, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cfg.Executable, cfg.self = exe, true
	}
	if _, err := Sweep(cfg.StateDir); err != nil {
		return nil, err
	}
	dir, lock, err := newDir(cfg.StateDir)
	if err != nil {
		return nil, fmt.Errorf("no place for the cluster's data: %w", err)
	}
	c := &Cluster{cfg: cfg, dir: dir, lock: lock, names: map[string]string{}}
	c.logs, err = newLogs(cfg.StateDir, filepath.Base(dir))
	if err == nil {
		err = c.start(ctx, progress)
	}
	if err != nil {
		sctx, scancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stopGrace)
		defer scancel()
		return nil, errors.Join(err, c.Stop(sctx))
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, progress func(string, int, int)) error {
	total := c.cfg.Stores + 2
	if err := c.startPD(ctx); err != nil {
		return err
	}
	progress("PD serves", 1, total)
	if err := c.layout(ctx); err != nil {
		return err
	}
	var mu sync.Mutex
	up := 1
	g, gctx := safe.WithContext(ctx)
	for _, p := range c.procs {
		if p.info.Kind != kindStore {
			continue
		}
		g.Go(func() error {
			if err := p.start(gctx); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			up++
			progress(p.info.Name+" serves", up, total)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := c.awaitLeaders(ctx); err != nil {
		return err
	}
	progress("every store leads", total, total)
	return nil
}

func (c *Cluster) startPD(ctx context.Context) error {
	if len(c.cfg.PD) > 0 {
		c.pd = c.cfg.PD
		return nil
	}
	p := c.add("pd-1", order{Kind: kindPD, Addr: fmt.Sprintf("127.0.0.1:%d", c.cfg.PDPort)})
	if err := p.start(ctx); err != nil {
		return err
	}
	c.pd = []string{"http://" + p.snapshot().Address}
	return nil
}

func (c *Cluster) add(name string, o order) *proc {
	o.Dir = filepath.Join(c.dir, name)
	p := &proc{order: o, exe: c.cfg.Executable, self: c.cfg.self, info: Process{Name: name, Kind: o.Kind, LogFile: filepath.Join(c.logs, name+".log")}}
	c.procs = append(c.procs, p)
	return p
}

// layout gets ids from PD and saves which store holds what.
func (c *Cluster) layout(ctx context.Context) error {
	conn, err := grpc.NewClient("passthrough:///"+pdapi.HostPort(c.pd[0]), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return err
	}
	defer conn.Close()
	cl := pdpb.NewPDClient(conn)
	m, err := cl.GetMembers(ctx, &pdpb.GetMembersRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return fmt.Errorf("PD at %s does not answer: %w", c.pd[0], err)
	}
	head := &pdpb.RequestHeader{ClusterId: m.GetHeader().GetClusterId()}
	if len(c.cfg.PD) > 0 {
		if err := c.takeOver(ctx, cl, head); err != nil {
			return err
		}
	}
	var names []string
	for i := range c.cfg.Stores {
		names = append(names, fmt.Sprintf("tikv-%d", i+1))
	}
	l, err := store.NewLayout(names, c.cfg.SplitKeys, func() (uint64, error) {
		r, err := cl.AllocID(ctx, &pdpb.AllocIDRequest{Header: head})
		return r.GetId(), err
	})
	if err != nil {
		return err
	}
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.dir, layoutName), b, 0o600); err != nil {
		return err
	}
	for _, s := range l.Stores {
		c.add(s.Name, order{Kind: kindStore, Addr: "127.0.0.1:0", Status: "127.0.0.1:0", ID: s.ID, PD: c.pd, Profile: c.cfg.Profile})
	}
	return nil
}

const layoutName = "layout.json"

// readLayout reads the layout beside a store's data.
func readLayout(dir string) (l store.Layout, err error) {
	b, err := os.ReadFile(filepath.Join(filepath.Dir(dir), layoutName))
	if err == nil {
		err = json.Unmarshal(b, &l)
	}
	return l, err
}

// Logs returns the directory of the logs of every node.
func (c *Cluster) Logs() string { return c.logs }

// PD returns the client URLs of PD.
func (c *Cluster) PD() []string { return c.pd }

// Processes returns the current state of every node.
func (c *Cluster) Processes() []Process {
	var out []Process
	for _, p := range c.procs {
		out = append(out, p.snapshot())
	}
	return out
}

// Process returns the node called name.
func (c *Cluster) Process(name string) (Process, bool) {
	p := c.find(name)
	if p == nil {
		return Process{}, false
	}
	return p.snapshot(), true
}

func (c *Cluster) find(name string) *proc {
	for _, p := range c.procs {
		if p.info.Name == name {
			return p
		}
	}
	return nil
}

// NameOf returns the node that has, or had, an address; "" for a stranger's.
func (c *Cluster) NameOf(address string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.procs {
		if now := p.snapshot(); now.Address != "" {
			c.names[now.Address] = now.Name
		}
	}
	return c.names[address]
}

// Signal sends a signal to a node. For SIGKILL and SIGTERM it returns when the node
// has ended.
func (c *Cluster) Signal(ctx context.Context, name string, sig syscall.Signal) error {
	p := c.find(name)
	if p == nil {
		return fmt.Errorf("%s is not a node of this cluster", name)
	}
	return p.signal(ctx, sig)
}

// Restart starts a dead node with its data, at its old address if that is free, and
// returns when it serves.
func (c *Cluster) Restart(ctx context.Context, name string) error {
	p := c.find(name)
	if p == nil {
		return fmt.Errorf("%s is not a node of this cluster", name)
	}
	if p.snapshot().Running {
		return fmt.Errorf("%s runs", name)
	}
	return p.start(ctx)
}

// Ended returns an error that names a node that has ended, and why. It returns nil
// while all run.
func (c *Cluster) Ended() error {
	for _, p := range c.procs {
		if now := p.snapshot(); !now.Running {
			return fmt.Errorf("%s has ended: %s; see %s", now.Name, p.lastWords(), now.LogFile)
		}
	}
	return nil
}

// Stop ends every process, waits for each, and removes the data.
func (c *Cluster) Stop(context.Context) error {
	var wg safe.Group
	for _, p := range c.procs {
		wg.Go(p.stop)
	}
	wg.Wait()
	err := os.RemoveAll(c.dir)
	return errors.Join(err, c.lock.Close(), os.Remove(c.lock.Name()))
}
