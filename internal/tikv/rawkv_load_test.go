package tikv

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/load"
)

// clientView keeps what the workload reports of a run.
type clientView struct {
	mu      sync.Mutex
	errors  []load.OpError
	samples []demo.LoadSample
	first   chan load.OpError // the first broken connection
}

func newClientView() *clientView { return &clientView{first: make(chan load.OpError, 1)} }

func (v *clientView) onError(e load.OpError) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if e.Kind == load.KindUnavailable {
		select {
		case v.first <- e:
		default: // not the first
		}
	}
	v.errors = append(v.errors, e)
}

func (v *clientView) sample(_ time.Time, s demo.LoadSample) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.samples = append(v.samples, s)
}

func (v *clientView) ops() (n int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.samples {
		n += s.Ops
	}
	return n
}

// awaitSecond waits for a second, from now on, that satisfies ok.
func (v *clientView) awaitSecond(t testing.TB, ok func(demo.LoadSample) bool) {
	t.Helper()
	v.mu.Lock()
	seen := len(v.samples)
	v.mu.Unlock()
	require.Eventually(t, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return slices.ContainsFunc(v.samples[seen:], ok)
	}, 3*time.Minute, 50*time.Millisecond)
}

// byNode counts the reports of each node: operations that failed and connections
// that broke.
func (v *clientView) byNode() map[string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make(map[string]int)
	for _, e := range v.errors {
		out[e.Node]++
	}
	return out
}

// unavailable lists the nodes to which connections broke. A slow machine makes
// operations of healthy nodes time out, but breaks no connection.
func (v *clientView) unavailable() (nodes []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range v.errors {
		if e.Kind == load.KindUnavailable && !slices.Contains(nodes, e.Node) {
			nodes = append(nodes, e.Node)
		}
	}
	return nodes
}

const loadRecords = 2000

// running starts a workload on the fake cluster; stop ends it.
func running(t testing.TB, c *fakeCluster, v *clientView, ops int) (w *load.Workload, stop func()) {
	t.Helper()
	w = load.New(load.Config{Records: loadRecords, TargetOps: ops}, openFake(t, c))
	require.NoError(t, w.Prepare(t.Context(), nil))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, v.sample, v.onError) }()
	return w, sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
}

func newLoadedCluster(t testing.TB) *fakeCluster {
	borders := load.SplitKeys(loadRecords, 3)
	return newFakeClusterCutAt(t, borders[0], borders[1])
}

func TestAKillUnderLoadIsSeenOnTheRightNodeAndLosesNothing(t *testing.T) {
	c := newLoadedCluster(t)
	v := newClientView()
	w, stop := running(t, c, v, testOps)
	defer stop()
	v.awaitSecond(t, func(s demo.LoadSample) bool { return s.Ops > 0 })
	c.lead(2, 0)
	c.stores[2].kill()
	select {
	case e := <-v.first:
		assert.Equal(t, "node-2", e.Node)
	case <-time.After(3 * time.Minute):
		t.Fatal("no error was reported")
	}
	v.awaitSecond(t, func(s demo.LoadSample) bool { return s.ErrorsByNode["node-2"] > 0 }) // operations failed, too
	c.lead(2, 3)
	v.awaitSecond(t, func(s demo.LoadSample) bool { return s.Ops > 0 && s.ErrorsByNode["node-2"] == 0 })
	stop()

	assert.Equal(t, []string{"node-2"}, v.unavailable())
	got, err := w.Verify(t.Context(), nil)
	require.NoError(t, err)
	assert.Zero(t, got.Lost)
	assert.GreaterOrEqual(t, got.Checked, loadRecords+got.Inserts)
	assert.Zero(t, got.Unknown)
	assert.Greater(t, got.Acked, int64(loadRecords))
}

// How long after a store's death the client first names it: by a broken
// connection, and by an operation that failed.
func BenchmarkKillToClientError(b *testing.B) {
	var toSignal, toFailure time.Duration
	for b.Loop() {
		c := newLoadedCluster(b)
		v := newClientView()
		_, stop := running(b, c, v, load.DefaultTargetOps)
		for v.ops() == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		at := time.Now()
		c.lead(2, 0)
		c.stores[2].kill()
		first := <-v.first
		require.Equal(b, "node-2", first.Node)
		toSignal += first.At.Sub(at)
		toFailure += failedOperation(v).Sub(at)
		stop()
	}
	b.ReportMetric(float64(toSignal.Microseconds())/1000/float64(b.N), "ms-to-broken-connection")
	b.ReportMetric(float64(toFailure.Microseconds())/1000/float64(b.N), "ms-to-failed-operation")
}

// failedOperation waits for the first operation that ran into its deadline.
func failedOperation(v *clientView) time.Time {
	for {
		v.mu.Lock()
		for _, e := range v.errors {
			if errors.Is(&e, context.DeadlineExceeded) {
				v.mu.Unlock()
				return e.At
			}
		}
		v.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkGet is one read through the client, the wire and a store that does
// nothing: what the client costs.
func BenchmarkGet(b *testing.B) {
	c := newFakeCluster(b)
	kv := openFake(b, c)
	withKeys(b, kv)
	b.ReportAllocs()
	for b.Loop() {
		_, err := kv.Get(b.Context(), []byte("k"))
		require.NoError(b, err)
	}
}
