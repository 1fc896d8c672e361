package embedded

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tikv"
)

const (
	slots   = 18          // registers, two in each of nine regions
	readers = 2           // of each register
	opLimit = time.Second // as the workload's
	// serviceBack is a limit for a test that hangs, not the bar. Where PD does not answer
	// in the moment in which a store fails, the client library holds that store for dead
	// for up to 30 s after it is back.
	serviceBack = time.Minute
)

// traffic writes and reads registers while the cluster suffers, and keeps every
// call with its time, so that a checker can say whether any order of them
// explains what was read.
//
// Each register has one writer. A write that fails may or may not have been
// done: its register is left for good with that one write open, and a new one
// takes its place, for a checker's work grows with the open calls.
type traffic struct {
	kv    *tikv.RawKV
	pd    string
	start time.Time
	stop  func()

	mu      sync.Mutex
	ops     []porcupine.Operation
	at      [slots]int       // generation of each register
	served  [slots]time.Time // beginning of the last call that succeeded
	failed  int
	clients int
}

// call is one operation of the history.
type call struct {
	key   string
	write bool
	value string
}

// register is what a checker knows of one key: reads give the last value
// written, "" before any.
var register = porcupine.Model{
	Partition: func(h []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, o := range h {
			k := o.Input.(call).key
			byKey[k] = append(byKey[k], o)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, in, out any) (bool, any) {
		if c := in.(call); c.write {
			return true, c.value
		}
		return out == state, state
	},
}

func drive(t *testing.T, c *Cluster) *traffic {
	t.Helper()
	kv, err := tikv.OpenRaw(t.Context(), tikv.RawOptions{PD: c.PD(), NodeOf: c.NameOf})
	require.NoError(t, err)
	w := &traffic{kv: kv, pd: c.PD()[0], start: time.Now()}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for slot := range slots {
		wg.Go(func() { w.writer(ctx, slot) })
		for range readers {
			wg.Go(func() { w.reader(ctx, slot) })
		}
	}
	w.stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
	})
	t.Cleanup(func() {
		w.stop()
		require.NoError(t, kv.Close())
	})
	return w
}

func (w *traffic) key(slot int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("k%03d-%d", slot*1000/slots, w.at[slot])
}

func (w *traffic) client() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients++
	return w.clients
}

// pause between two calls: the history is to be long in time, not in calls.
const pause = 5 * time.Millisecond

func (w *traffic) writer(ctx context.Context, slot int) {
	id := w.client()
	for n := 0; ctx.Err() == nil; n++ {
		in := call{key: w.key(slot), write: true, value: fmt.Sprint(n)}
		from := time.Now()
		octx, cancel := context.WithTimeout(ctx, opLimit)
		err := w.kv.Put(octx, []byte(in.key), []byte(in.value))
		cancel()
		w.note(slot, id, in, "", from, err)
		sleepFor(ctx, pause)
	}
}

func (w *traffic) reader(ctx context.Context, slot int) {
	id := w.client()
	for ctx.Err() == nil {
		in := call{key: w.key(slot)}
		from := time.Now()
		octx, cancel := context.WithTimeout(ctx, opLimit)
		v, err := w.kv.Get(octx, []byte(in.key))
		cancel()
		w.note(slot, id, in, string(v), from, err)
		sleepFor(ctx, pause)
	}
}

func sleepFor(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (w *traffic) note(slot, client int, in call, out string, from time.Time, err error) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	o := porcupine.Operation{ClientId: client, Input: in, Call: from.Sub(w.start).Nanoseconds(), Output: out, Return: now.Sub(w.start).Nanoseconds()}
	switch {
	case err == nil:
		w.ops = append(w.ops, o)
		if from.After(w.served[slot]) {
			w.served[slot] = from
		}
	case in.write:
		o.Return = math.MaxInt64
		w.ops = append(w.ops, o)
		w.at[slot]++
		w.failed++
	default:
		w.failed++
	}
}

// unserved returns the registers on which no call that began after then has
// succeeded.
func (w *traffic) unserved(then time.Time) (left []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for slot, at := range w.served {
		if !at.After(then) {
			left = append(left, slot)
		}
	}
	return left
}

// awaitService returns how long after then every register is served again.
func (w *traffic) awaitService(t *testing.T, then time.Time) time.Duration {
	t.Helper()
	if !assert.Eventually(t, func() bool { return len(w.unserved(then)) == 0 }, serviceBack, 5*time.Millisecond) {
		require.Fail(t, "no service", "for registers %v", w.unserved(then))
	}
	return time.Since(then)
}

// check stops the traffic, reads every register that there ever was again, and
// checks the whole history.
func (w *traffic) check(t *testing.T) {
	t.Helper()
	w.stop()
	seen := map[string]bool{}
	for _, o := range w.ops {
		seen[o.Input.(call).key] = true
	}
	for key := range seen {
		from := time.Since(w.start).Nanoseconds()
		ctx, cancel := context.WithTimeout(t.Context(), serviceBack)
		v, err := w.kv.Get(ctx, []byte(key))
		cancel()
		if err != nil {
			require.NoError(t, err, "%s, after %s: %s", key, (time.Since(w.start) - time.Duration(from)).Round(time.Millisecond), w.regions())
		}
		w.ops = append(w.ops, porcupine.Operation{ClientId: 0, Input: call{key: key}, Call: from, Output: string(v), Return: time.Since(w.start).Nanoseconds()})
	}
	writes := 0
	for _, o := range w.ops {
		if o.Input.(call).write && o.Return != math.MaxInt64 {
			writes++
		}
	}
	result := porcupine.CheckOperationsTimeout(register, w.ops, time.Minute)
	t.Logf("%d calls on %d registers, %d writes acknowledged, %d calls failed: %s", len(w.ops), len(seen), writes, w.failed, result)
	require.Positive(t, writes)
	require.Equal(t, porcupine.Ok, result, "a write was lost or a read was stale")
}

// regions is what PD says of the regions and the stores, for whoever looks for a cause.
func (w *traffic) regions() string {
	var said strings.Builder
	for _, what := range []string{"regions", "stores"} {
		resp, err := http.Get(w.pd + "/pd/api/v1/" + what)
		if err != nil {
			return err.Error()
		}
		_, _ = io.Copy(&said, resp.Body)
		_ = resp.Body.Close()
	}
	return said.String()
}

// spread tells a sorted list of times in a few words.
func spread(ds []time.Duration) string {
	slices.Sort(ds)
	var b strings.Builder
	fmt.Fprintf(&b, "p50 %s, p95 %s, max %s of %d", ds[len(ds)/2].Round(time.Millisecond), ds[(len(ds)*95-1)/100].Round(time.Millisecond), ds[len(ds)-1].Round(time.Millisecond), len(ds))
	return b.String()
}
