package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// fakeBackend keeps nodes in memory and records what was asked of them.
type fakeBackend struct {
	mu     sync.Mutex
	nodes  map[string]*Condition
	calls  []string
	fail   map[string]error // by verb and name: "start tikv-2"
	before func(call string)

	home     Home
	homeErr  error
	vanished bool
	looks    int       // how often Describe was called
	onStart  Condition // what comes of a start
}

func newFakeBackend(names ...string) *fakeBackend {
	f := &fakeBackend{nodes: map[string]*Condition{}, fail: map[string]error{}, onStart: Condition{Running: true}}
	for _, n := range names {
		f.nodes[n] = &Condition{Running: true}
	}
	return f
}

func (f *fakeBackend) do(ctx context.Context, verb, name string, change func(*Condition)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	call := verb + " " + name
	if f.before != nil {
		f.before(call)
	}
	f.calls = append(f.calls, call)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f.fail[call]; err != nil {
		return err
	}
	change(f.nodes[name])
	return nil
}

func (f *fakeBackend) Kill(ctx context.Context, name string) error {
	return f.do(ctx, "kill", name, func(c *Condition) { *c = Condition{Exit: "signal: killed"} })
}

func (f *fakeBackend) Stop(ctx context.Context, name string) error {
	return f.do(ctx, "stop", name, func(c *Condition) { *c = Condition{Exit: "exit status 0"} })
}

func (f *fakeBackend) Ties(_ context.Context, name string) (json.RawMessage, error) {
	return json.RawMessage(`{"alias":"` + name + `"}`), nil
}

func (f *fakeBackend) Cut(ctx context.Context, name string) error {
	return f.do(ctx, "cut", name, func(c *Condition) { c.Spoiled = "cut off" })
}

func (f *fakeBackend) Reconnect(ctx context.Context, name string, ties json.RawMessage) error {
	return f.do(ctx, "reconnect "+string(ties), name, func(c *Condition) { c.Spoiled = "" })
}

func (f *fakeBackend) Spoil(ctx context.Context, name string, is Line) error {
	return f.do(ctx, "spoil("+is.String()+")", name, func(c *Condition) { c.Spoiled = is.String() })
}

func (f *fakeBackend) PauseGRPC(ctx context.Context, name string) error {
	return f.do(ctx, "pause gRPC on", name, func(c *Condition) { c.Spoiled = "gRPC paused" })
}

func (f *fakeBackend) ResumeGRPC(ctx context.Context, name string) error {
	return f.do(ctx, "resume gRPC on", name, func(c *Condition) { c.Spoiled = "" })
}

func (f *fakeBackend) Plant(ctx context.Context, name string, lines []string) error {
	return f.do(ctx, fmt.Sprintf("plant %d lines in", len(lines)), name, func(*Condition) {})
}

func (f *fakeBackend) Start(ctx context.Context, name string) error {
	return f.do(ctx, "start", name, func(c *Condition) { *c = f.onStart })
}

func (f *fakeBackend) Pause(ctx context.Context, name string) error {
	return f.do(ctx, "pause", name, func(c *Condition) { c.Paused = true })
}

func (f *fakeBackend) Resume(ctx context.Context, name string) error {
	return f.do(ctx, "resume", name, func(c *Condition) { c.Paused = false })
}

func (f *fakeBackend) Home(context.Context) (Home, error) { return f.home, f.homeErr }

func (f *fakeBackend) Vanished(context.Context) (bool, error) { return f.vanished, nil }

func (f *fakeBackend) Describe(_ context.Context, name string) (Condition, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	c, ok := f.nodes[name]
	if !ok {
		return Condition{}, gone{fmt.Errorf("no node %s", name)}
	}
	return *c, nil
}

func (f *fakeBackend) said() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.calls...)
}

// cluster is one PD and stores that lead as many regions as given.
func cluster(leaders ...int) demo.Snapshot {
	s := demo.Snapshot{Nodes: []demo.Node{{ID: "1", Name: "pd-1", Role: demo.RoleControl, Health: demo.HealthUp, Leader: true}}}
	for i, n := range leaders {
		s.Nodes = append(s.Nodes, demo.Node{
			ID: fmt.Sprint(i + 2), Name: fmt.Sprintf("tikv-%d", i+1), Role: demo.RoleData, Health: demo.HealthUp, State: "Up", Leaders: n, Regions: 9,
		})
	}
	return s
}

type scene struct {
	backend *fakeBackend
	ledger  *Ledger
	c       *Controller
	dir     string
}

func newScene(t *testing.T, dir, run string) *scene {
	t.Helper()
	l, err := OpenLedger(dir, run)
	require.NoError(t, err)
	s := &scene{backend: newFakeBackend("tikv-1", "tikv-2", "tikv-3"), ledger: l, dir: dir}
	s.c = New(Config{Backend: s.backend, Ledger: l, Where: "toy", HealLimit: 10 * time.Second})
	return s
}

func (s *scene) plan(t *testing.T, fault, target string) demo.Plan {
	t.Helper()
	p, err := s.c.Plan(cluster(3, 3, 3), Request{Fault: fault, Target: target, Seed: 7})
	require.NoError(t, err)
	return p
}
