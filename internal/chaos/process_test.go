package chaos

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	childEnv = "TIKV_DEMO_TEST_CHILD"
	runEnv   = "TIKV_DEMO_TEST_RUN"
)

// TestMain lets the test binary be a node: it echoes what it is sent and ends
// with its input, and so with the test.
func TestMain(m *testing.M) {
	if dir := os.Getenv(runEnv); dir != "" {
		brokenRun(dir)
	}
	if os.Getenv(childEnv) != "" {
		_, _ = io.Copy(os.Stdout, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// brokenRun is a run that breaks a store and never comes to mending it.
func brokenRun(dir string) {
	l, err := OpenLedger(dir, "doomed")
	if err == nil {
		c := New(Config{Backend: newFakeBackend("tikv-2"), Ledger: l, Where: "toy"})
		err = c.Inject(context.Background(), demo.Plan{Fault: Kill, Target: "tikv-2"})
	}
	fmt.Println("broken:", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// nursery is a Supervisor of real child processes.
type nursery struct {
	t        *testing.T
	mu       sync.Mutex
	children map[string]*child
}

type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *echo
	done chan struct{}
}

// echo collects what a child says; it may be read while it is written.
type echo struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (e *echo) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.b.Write(p)
}

func (e *echo) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.b.String()
}

func newNursery(t *testing.T, names ...string) *nursery {
	n := &nursery{t: t, children: map[string]*child{}}
	for _, name := range names {
		require.NoError(t, n.Restart(context.Background(), name))
	}
	t.Cleanup(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, c := range n.children {
			_ = c.cmd.Process.Kill()
			<-c.done
		}
	})
	return n
}

func (n *nursery) Restart(_ context.Context, name string) error {
	c := &child{cmd: exec.Command(os.Args[0]), out: &echo{}, done: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), childEnv+"=1")
	c.cmd.Stdout = c.out
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return err
	}
	c.in = in
	if err := c.cmd.Start(); err != nil {
		return err
	}
	go func() { _ = c.cmd.Wait(); close(c.done) }()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.children[name] = c
	return nil
}

// SetLine and PauseGRPC are for stores alone; these children only echo.
func (n *nursery) SetLine(context.Context, string, bool, Line) error { return nil }
func (n *nursery) PauseGRPC(context.Context, string, bool) error     { return nil }
func (n *nursery) Plant(context.Context, string, []string) error     { return nil }

func (n *nursery) Signal(ctx context.Context, name string, sig syscall.Signal) error {
	c := n.child(name)
	if err := c.cmd.Process.Signal(sig); err != nil {
		return err
	}
	if sig != syscall.SIGKILL {
		return nil
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *nursery) child(name string) *child {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.children[name]
}

func (n *nursery) lookup(name string) (Process, bool) {
	c := n.child(name)
	if c == nil {
		return Process{}, false
	}
	select {
	case <-c.done:
		return Process{PID: c.cmd.Process.Pid, Exit: c.cmd.ProcessState.String()}, true
	default:
		return Process{PID: c.cmd.Process.Pid, Running: true}, true
	}
}

func (n *nursery) answers(name, word string) {
	n.t.Helper()
	c := n.child(name)
	_, err := fmt.Fprintln(c.in, word)
	require.NoError(n.t, err)
	require.Eventually(n.t, func() bool { return bytes.Contains([]byte(c.out.String()), []byte(word)) }, 10*time.Second, 2*time.Millisecond)
}

func TestRealProcessesAreKilledAndPausedAndMended(t *testing.T) {
	n := newNursery(t, "tikv-1", "tikv-2", "tikv-3")
	l, err := OpenLedger(t.TempDir(), "run-1")
	require.NoError(t, err)
	backend := NewProcesses(n, n.lookup)
	c := New(Config{Backend: backend, Ledger: l, Where: "embedded"})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	plan := func(fault string) demo.Plan {
		p, err := c.Plan(cluster(3, 3, 3), Request{Fault: fault, Target: "tikv-2"})
		require.NoError(t, err)
		return p
	}

	p := plan(Kill)
	first := n.child("tikv-2").cmd.Process.Pid
	require.NoError(t, c.Inject(ctx, p))
	is, err := backend.Describe(ctx, "tikv-2")
	require.NoError(t, err)
	assert.Equal(t, Condition{What: fmt.Sprintf("process %d", first), Exit: "signal: killed", Life: fmt.Sprint(first)}, is, "dead when Inject returns")
	require.NoError(t, c.Lift(ctx, p))
	n.answers("tikv-2", "back")
	assert.NotEqual(t, first, n.child("tikv-2").cmd.Process.Pid)

	p = plan(Pause)
	require.NoError(t, c.Inject(ctx, p))
	is, err = backend.Describe(ctx, "tikv-2")
	require.NoError(t, err)
	assert.True(t, is.Running && is.Paused)
	frozen := n.child("tikv-2").cmd.Process.Pid
	require.NoError(t, c.Lift(ctx, p))
	n.answers("tikv-2", "thawed")
	assert.Equal(t, frozen, n.child("tikv-2").cmd.Process.Pid, "the same process goes on")

	require.NoError(t, c.Inject(ctx, plan(Pause)))
	require.NoError(t, backend.Kill(ctx, "tikv-2"), "a frozen process can be killed")
	healed, err := c.Heal(ctx)
	require.NoError(t, err)
	assert.Len(t, healed, 1)
	n.answers("tikv-2", "healed")
	n.answers("tikv-1", "untouched")

	_, err = backend.Describe(ctx, "tikv-9")
	assert.ErrorContains(t, err, "tikv-9 is no process of this cluster")
}

func TestALiveRunIsLeftAloneAndHealedOnceItIsKilled(t *testing.T) {
	dir := t.TempDir()
	run := exec.Command(os.Args[0])
	run.Env = append(os.Environ(), runEnv+"="+dir)
	in, err := run.StdinPipe()
	require.NoError(t, err)
	defer func() { _ = in.Close() }()
	out, err := run.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, run.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "broken: <nil>\n", said)

	s := newScene(t, dir, "next")
	*s.backend.nodes["tikv-2"] = Condition{Exit: "signal: killed"}
	healed, err := s.c.Heal(context.Background())
	require.NoError(t, err)
	assert.Empty(t, healed, "its owner lives")

	require.NoError(t, run.Process.Kill())
	_ = run.Wait() // says that it was killed
	healed, err = s.c.Heal(context.Background())
	require.NoError(t, err)
	require.Len(t, healed, 1)
	assert.Equal(t, "tikv-2", healed[0].Target)
	assert.Equal(t, []string{"start tikv-2"}, s.backend.said())
}

func TestRunsAtTheSameTimeDoNotHurtEachOther(t *testing.T) {
	dir := t.TempDir()
	var runs sync.WaitGroup
	for i := range 4 {
		s := newScene(t, dir, fmt.Sprintf("run-%d", i))
		p := s.plan(t, Kill, "tikv-2")
		runs.Go(func() {
			for range 10 {
				assert.NoError(t, s.c.Inject(context.Background(), p))
				_, err := s.c.Open()
				assert.NoError(t, err)
				healed, err := s.c.Heal(context.Background())
				assert.NoError(t, err)
				assert.Equal(t, []demo.Plan{p}, healed)
			}
			assert.NoError(t, s.ledger.Close())
		})
	}
	runs.Wait()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
