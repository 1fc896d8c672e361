package load

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errNoAnswer = errors.New("no answer")

// put is one write as the store saw it.
type put struct {
	value []byte
	acked bool
}

// memKV is a store in memory that can be told to misbehave. It keeps the history
// of each key, so that a test can say what was lost without the ledger's help.
type memKV struct {
	mu      sync.Mutex
	now     map[string][]byte
	history map[string][]put
	late    sync.WaitGroup // writes that come after their caller gave up

	beforeGet func(ctx context.Context, key []byte) error
	// onPut decides a write's fate; nil applies and acknowledges it.
	onPut      func(ctx context.Context, key []byte) outcome
	onBatchPut func(ctx context.Context, keys [][]byte) error
}

// outcome of a write.
type outcome struct {
	err     error         // what the caller is told
	applied bool          // whether it happens at all
	after   time.Duration // when it happens, counted from the answer
	again   time.Duration // when an earlier request for it is carried out as well
}

var fine = outcome{applied: true}

func newMemKV() *memKV {
	return &memKV{now: make(map[string][]byte), history: make(map[string][]put)}
}

func (m *memKV) Get(ctx context.Context, key []byte) ([]byte, error) {
	if m.beforeGet != nil {
		if err := m.beforeGet(ctx, key); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now[string(key)], nil
}

func (m *memKV) Put(ctx context.Context, key, value []byte) error {
	f := fine
	if m.onPut != nil {
		f = m.onPut(ctx, key)
	}
	m.mu.Lock()
	m.history[string(key)] = append(m.history[string(key)], put{value, f.err == nil})
	m.mu.Unlock()
	switch {
	case !f.applied:
	case f.after == 0:
		m.set(key, value)
	default:
		m.late.Go(func() {
			time.Sleep(f.after)
			m.set(key, value)
		})
	}
	if f.again > 0 {
		m.late.Go(func() {
			time.Sleep(f.again)
			m.set(key, value)
		})
		NoteRepeat(ctx)
	}
	return f.err
}

func (m *memKV) BatchPut(ctx context.Context, keys, values [][]byte) error {
	if m.onBatchPut != nil {
		if err := m.onBatchPut(ctx, keys); err != nil {
			return err
		}
	}
	for i, key := range keys {
		m.mu.Lock()
		m.history[string(key)] = append(m.history[string(key)], put{values[i], true})
		m.mu.Unlock()
		m.set(key, values[i])
	}
	return nil
}

func (m *memKV) set(key, value []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now[string(key)] = value
}

// damage changes what is stored for a key.
func (m *memKV) damage(key []byte, change func(old []byte) []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now[string(key)] = change(bytes.Clone(m.now[string(key)]))
}

// lost counts the keys whose value is neither that of the last acknowledged write
// nor of a write after it.
func (m *memKV) lost() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lost int64
	for key, puts := range m.history {
		kept := !slices.ContainsFunc(puts, func(p put) bool { return p.acked })
		for i := len(puts) - 1; i >= 0 && !kept; i-- {
			kept = bytes.Equal(puts[i].value, m.now[key])
			if puts[i].acked {
				break
			}
		}
		if !kept {
			lost++
		}
	}
	return lost
}

func (m *memKV) acked() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	var n int64
	for _, puts := range m.history {
		for _, p := range puts {
			if p.acked {
				n++
			}
		}
	}
	return n
}

// hold waits like a slow or silent store: for d, or until ctx is done.
func hold(ctx context.Context, d time.Duration) error {
	if pause(ctx, d) != nil {
		return &OpError{Kind: KindTimeout, Node: "node-2", Err: ctx.Err()}
	}
	return nil
}

// recorder keeps what a run reports.
type recorder struct {
	samples []demo.LoadSample
	errors  []OpError
}

func (r *recorder) sample(_ time.Time, s demo.LoadSample) { r.samples = append(r.samples, s) }
func (r *recorder) onError(e OpError)                     { r.errors = append(r.errors, e) }

func (r *recorder) total() (t demo.LoadSample) {
	t.ErrorsByKind, t.ErrorsByNode = map[string]int64{}, map[string]int64{}
	for _, s := range r.samples {
		t.Ops += s.Ops
		t.Reads += s.Reads
		t.Updates += s.Updates
		t.Errors += s.Errors
		t.Shed += s.Shed
		for k, n := range s.ErrorsByKind {
			t.ErrorsByKind[k] += n
		}
		for k, n := range s.ErrorsByNode {
			t.ErrorsByNode[k] += n
		}
	}
	return t
}

// runFor runs w for d of the bubble's time, and a little more so that the last
// second is told.
func runFor(t *testing.T, w *Workload, d time.Duration) *recorder {
	t.Helper()
	r := &recorder{}
	ctx, cancel := context.WithTimeout(context.Background(), d+time.Millisecond/2)
	defer cancel()
	if err := w.Run(ctx, r.sample, r.onError); err != nil {
		t.Fatal(err)
	}
	return r
}

// chance is a random source that many goroutines may ask.
type chance struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newChance(seed uint64) *chance { return &chance{r: rand.New(rand.NewPCG(seed, 0))} }

func (c *chance) in(p float64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Float64() < p
}

func (c *chance) upTo(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.r.Int64N(int64(d)))
}
