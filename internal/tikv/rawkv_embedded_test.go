package tikv

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// The embedded cluster's processes are this test binary, started again.
func init() {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildCommand {
		os.Exit(embedded.ChildMain(os.Args[2:]))
	}
}

// long skips what takes long: the processes are under the race detector, as this is.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("TIKV_DEMO_TEST_LONG") == "" {
		t.Skip("skipped: takes long; run `make test-long`")
	}
}

// embeddedRun is a workload on the embedded cluster.
type embeddedRun struct {
	*clientView
	cluster  *embedded.Cluster
	workload *load.Workload
	stop     func()

	violations []demo.Violation // guarded by mu
}

// testOps is a load that a busy machine carries under the race detector too.
const testOps = 100

// patience only says that something will never come.
const patience = 3 * time.Minute

func newEmbeddedRun(t testing.TB, ops int) *embeddedRun {
	t.Helper()
	c, err := embedded.Start(t.Context(), embedded.Config{
		Stores:    3,
		SplitKeys: load.SplitKeys(load.DefaultRecords, 9),
		StateDir:  t.TempDir(),
		Profile:   "stage",
	}, func(string, int, int) {})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Stop(context.Background())) })

	kv, err := OpenRaw(t.Context(), RawOptions{PD: c.PD(), NodeOf: c.NameOf})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, kv.Close()) })
	r := &embeddedRun{clientView: newClientView(), cluster: c}
	r.workload = load.New(load.Config{TargetOps: ops, Violated: func(_ time.Time, v demo.Violation) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.violations = append(r.violations, v)
	}}, kv)
	require.NoError(t, r.workload.Prepare(t.Context(), nil))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.workload.Run(ctx, r.sample, r.onError) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(r.stop)
	return r
}

// awaitSecond waits for the next second without errors in which enough of the
// target was reached, and gives its end.
func (r *embeddedRun) awaitSecond(t testing.TB, ops int64) {
	t.Helper()
	r.mu.Lock()
	seen := len(r.samples)
	r.mu.Unlock()
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, s := range r.samples[min(seen, len(r.samples)):] {
			if s.Errors == 0 && s.Ops >= ops {
				return true
			}
		}
		return false
	}, patience, 10*time.Millisecond)
}

// kill kills a store and gives the times from the kill to the first report of it
// and to the first operation that failed.
func (r *embeddedRun) kill(t testing.TB, name string) (report, failure time.Duration) {
	t.Helper()
	r.mu.Lock()
	r.errors, r.first = nil, make(chan load.OpError, 1)
	r.mu.Unlock()
	at := time.Now()
	require.NoError(t, r.cluster.Signal(t.Context(), name, syscall.SIGKILL))
	select {
	case e := <-r.first:
		require.Equal(t, name, e.Node, "the first broken connection: %v", &e)
		report = e.At.Sub(at)
	case <-time.After(patience):
		t.Fatal("nothing was reported")
	}
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range r.errors {
			if errors.Is(&e, context.DeadlineExceeded) {
				failure = e.At.Sub(at)
				return true
			}
		}
		return false
	}, patience, time.Millisecond)
	return report, failure
}

func TestOnTheEmbeddedClusterAKilledStoreIsNamedAndNothingIsLost(t *testing.T) {
	long(t)
	r := newEmbeddedRun(t, testOps)
	r.awaitSecond(t, 1)
	report, failure := r.kill(t, "tikv-2")
	r.awaitSecond(t, 1)
	require.NoError(t, r.cluster.Restart(t.Context(), "tikv-2"))
	r.awaitSecond(t, 1)
	var proof demo.StoreProof
	require.Eventually(t, func() bool { // it leads again
		proof = r.workload.Prove(t.Context(), []string{"tikv-2"})[0]
		return proof.Records > 0
	}, patience, 100*time.Millisecond)
	t.Log(proof)
	assert.Zero(t, proof.Wrong)
	r.stop()
	t.Logf("first report after %s, first failed operation after %s, reports by node %v", report, failure, r.byNode())
	for _, s := range r.samples {
		t.Logf("%+v", s)
	}

	assert.Equal(t, []string{"tikv-2"}, r.unavailable())
	got, err := r.workload.Verify(t.Context(), nil)
	require.NoError(t, err)
	assert.Zero(t, got.Lost)
	assert.GreaterOrEqual(t, got.Checked, load.DefaultRecords+got.Inserts)
	assert.NotZero(t, got.Inserts)
	assert.Zero(t, got.Unknown)
}

// The last versions alone would not tell: the records are overwritten again.
func TestOnTheEmbeddedClusterAnotherClientThatSetsRecordsBackIsSeen(t *testing.T) {
	long(t)
	r := newEmbeddedRun(t, testOps)
	r.awaitSecond(t, 1)
	other, err := OpenRaw(t.Context(), RawOptions{PD: r.cluster.PD()})
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	old := map[string][]byte{}
	for n := range int64(2000) { // those that a busy machine answers in time will do
		if v, err := other.Get(t.Context(), load.Key(n)); err == nil {
			old[string(load.Key(n))] = v
		}
	}
	var back []string
	require.Eventually(t, func() bool {
		for key, was := range old {
			if now, err := other.Get(t.Context(), []byte(key)); err == nil && len(back) < 50 && !bytes.Equal(now, was) {
				_ = other.Put(t.Context(), []byte(key), was) // set back or not known, which is as good
				back = append(back, key)
				delete(old, key)
			}
		}
		return len(back) == 50
	}, patience, 10*time.Millisecond)
	var seen []demo.Violation
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		seen = slices.Clone(r.violations)
		return len(seen) > 0
	}, patience, 10*time.Millisecond, "the run has seen it, before the check at the end")
	for _, v := range seen {
		assert.Contains(t, back, v.Key)
		assert.Equal(t, demo.ViolationStale, v.Name)
		assert.NotEmpty(t, v.Store, "the store that served it is named")
	}
	r.stop()
	got, err := r.workload.Verify(t.Context(), nil)
	require.NoError(t, err)
	t.Logf("%+v", got)
	assert.GreaterOrEqual(t, got.Lost, int64(25))
	assert.LessOrEqual(t, got.Lost, int64(50))
}

// From SIGKILL of a store of the embedded cluster to what the client says of it,
// and to the first second without an error.
func BenchmarkEmbeddedKillToClientError(b *testing.B) {
	r := newEmbeddedRun(b, load.DefaultTargetOps)
	var report, failure, healthy time.Duration
	names := []string{"tikv-1", "tikv-2", "tikv-3"}
	n := 0
	for b.Loop() {
		r.awaitSecond(b, load.DefaultTargetOps/2)
		at := time.Now()
		to, failed := r.kill(b, names[n%3])
		r.awaitSecond(b, load.DefaultTargetOps/2)
		healthy += time.Since(at)
		require.NoError(b, r.cluster.Restart(b.Context(), names[n%3]))
		b.Logf("%s: report %s, failed operation %s, healthy %s, %v", names[n%3], to, failed, time.Since(at), r.byNode())
		report, failure, n = report+to, failure+failed, n+1
	}
	r.stop()
	got, err := r.workload.Verify(b.Context(), nil)
	require.NoError(b, err)
	require.Zero(b, got.Lost)
	for unit, sum := range map[string]time.Duration{"ms-to-report": report, "ms-to-failed-operation": failure, "ms-to-healthy-second": healthy} {
		b.ReportMetric(float64(sum.Milliseconds())/float64(n), unit)
	}
}
