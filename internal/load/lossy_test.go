package load

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// double is a store that breaks its word in one way. It keeps what was really
// done to each key, so that a test can say what the verdict must be.
type double struct {
	mu    sync.Mutex
	c     *chance
	w     *Workload
	start time.Time
	now   map[string][]byte
	old   map[string][]byte // the first value of each key
	acks  map[string]int    // acknowledged writes of each key
	wrong map[string]bool   // keys to which something was done
	ended bool              // the run is over, the check goes on
	once  sync.Once
	state map[string][]byte // what a behaviour remembers
	put   func(ctx context.Context, d *double, key string, value []byte) (store bool, err error)
	get   func(ctx context.Context, d *double, key string) (value []byte, node string, err error)
}

func (d *double) at() time.Duration { return time.Since(d.start) }

func (d *double) during(from, to time.Duration) bool {
	return !d.start.IsZero() && d.at() >= from && d.at() < to
}

func (d *double) Get(ctx context.Context, key []byte) ([]byte, error) {
	v, node, err := d.get(ctx, d, string(key))
	NoteServed(ctx, node)
	return v, err
}

func (d *double) Put(ctx context.Context, key, value []byte) error {
	store, err := d.put(ctx, d, string(key), value)
	d.mu.Lock()
	defer d.mu.Unlock()
	if store {
		d.now[string(key)] = value
	}
	if err == nil {
		d.acks[string(key)]++
		if !store {
			d.wrong[string(key)] = true
		}
	}
	return err
}

func (d *double) BatchPut(_ context.Context, keys, values [][]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, key := range keys {
		d.now[string(key)], d.old[string(key)] = values[i], values[i]
	}
	return nil
}

// hottest returns the n keys that were written most.
func (d *double) hottest(n int) []string {
	keys := slices.SortedFunc(maps.Keys(d.acks), func(a, b string) int {
		if d.acks[a] != d.acks[b] {
			return d.acks[b] - d.acks[a]
		}
		return strings.Compare(a, b)
	})
	keys = slices.DeleteFunc(keys, isInsert)
	return keys[:n]
}

func isInsert(key string) bool { return strings.Contains(key, insertMark) }

func (d *double) wrongInserts() (n int64) {
	for key := range d.wrong {
		if isInsert(key) {
			n++
		}
	}
	return n
}

func honestGet(ctx context.Context, d *double, key string) ([]byte, string, error) {
	if err := hold(ctx, d.c.upTo(5*time.Millisecond)); err != nil {
		return nil, "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now[key], "node-1", nil
}

func honestPut(ctx context.Context, d *double, _ string, _ []byte) (bool, error) {
	err := hold(ctx, d.c.upTo(5*time.Millisecond))
	return err == nil, err
}

// finding is what a run with a double came to.
type finding struct {
	d          *double
	verdict    demo.LedgerVerified
	violations []demo.Violation
}

// keys returns those that a violation was reported for.
func (f finding) keys() map[string]bool {
	out := map[string]bool{}
	for _, v := range f.violations {
		out[v.Key] = true
	}
	return out
}

// onlyWrong requires that nothing was found where nothing was done, that every
// insert was found to which something was, and that something was found.
func onlyWrong(t *testing.T, f finding) {
	t.Helper()
	for key := range f.keys() {
		require.True(t, f.d.wrong[key], "%s was accused: %v", key, f.violations)
	}
	require.Len(t, f.keys(), int(f.verdict.Lost))
	require.Equal(t, f.d.wrongInserts(), f.verdict.InsertsLost, "inserts are found exactly")
	require.NotZero(t, f.verdict.Lost, "%d keys are wrong", len(f.d.wrong))
	require.Zero(t, f.verdict.Unknown)
}

var lossy = []struct {
	name  string
	put   func(context.Context, *double, string, []byte) (bool, error)
	get   func(context.Context, *double, string) ([]byte, string, error)
	check func(*testing.T, finding)
}{
	{"drops acknowledged writes for a second", func(ctx context.Context, d *double, key string, v []byte) (bool, error) {
		store, err := honestPut(ctx, d, key, v)
		return store && !d.during(time.Second, 2*time.Second), err
	}, honestGet, onlyWrong},
	{"drops writes of often-written records alone", func(ctx context.Context, d *double, key string, v []byte) (bool, error) {
		store, err := honestPut(ctx, d, key, v)
		d.mu.Lock()
		defer d.mu.Unlock()
		return store && (!d.during(time.Second, 4*time.Second) || d.acks[key] <= 3), err
	}, honestGet, onlyWrong},
	{"sets records back later", honestPut, func(ctx context.Context, d *double, key string) ([]byte, string, error) {
		if d.during(3*time.Second, time.Hour) {
			d.once.Do(func() {
				d.mu.Lock()
				defer d.mu.Unlock()
				for _, k := range d.hottest(5) {
					d.now[k], d.wrong[k] = d.old[k], true
				}
			})
		}
		return honestGet(ctx, d, key)
	}, onlyWrong},
	{"leads with a replica that is stale after a restart", honestPut, staleReplica, func(t *testing.T, f finding) {
		onlyWrong(t, f)
		for _, v := range f.violations {
			require.Equal(t, "node-3", v.Store)
		}
	}},
	{"shows an unknown write and then takes it back", func(ctx context.Context, d *double, key string, v []byte) (bool, error) {
		if store, err := honestPut(ctx, d, key, v); err != nil || !d.during(time.Second, 4*time.Second) || !d.c.in(0.2) {
			return store, err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.state[key] = d.now[key]
		return true, &OpError{Kind: KindTimeout, Err: errNoAnswer}
	}, func(ctx context.Context, d *double, key string) ([]byte, string, error) {
		v, node, err := honestGet(ctx, d, key)
		d.mu.Lock()
		defer d.mu.Unlock()
		if before, marked := d.state[key]; marked && err == nil && !d.ended && !d.wrong[key] {
			d.now[key], d.wrong[key] = before, true
		}
		return v, node, err
	}, func(t *testing.T, f finding) {
		onlyWrong(t, f)
		require.Len(t, f.d.wrong, int(f.verdict.Lost), "each is found, for its key takes no more writes")
		require.NotZero(t, f.verdict.Indeterminate)
	}},
	{"invents a value", honestPut, func(ctx context.Context, d *double, key string) ([]byte, string, error) {
		if n := slices.IndexFunc([]int64{3, 5, 8}, func(n int64) bool { return string(Key(n)) == key }); n >= 0 && d.during(2*time.Second, time.Hour) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.wrong[key] = true
			return d.w.codec.encode(item{n: []int64{3, 5, 8}[n]}, 1000), "node-2", nil
		}
		return honestGet(ctx, d, key)
	}, func(t *testing.T, f finding) {
		onlyWrong(t, f)
		require.EqualValues(t, 3, f.verdict.Lost)
		for _, v := range f.violations {
			require.Equal(t, demo.ViolationPhantom, v.Name)
		}
	}},
	{"is merely slow", func(ctx context.Context, d *double, key string, v []byte) (bool, error) {
		took := d.c.upTo(700 * time.Millisecond)
		if took > DefaultOpTimeout { // it is carried out all the same, later
			time.AfterFunc(took, func() {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.now[key] = v
			})
		}
		err := hold(ctx, took)
		return err == nil, err
	}, func(ctx context.Context, d *double, key string) ([]byte, string, error) {
		if err := hold(ctx, d.c.upTo(700*time.Millisecond)); err != nil {
			return nil, "", err
		}
		return honestGet(ctx, d, key)
	}, func(t *testing.T, f finding) {
		require.Empty(t, f.violations)
		require.Zero(t, f.verdict.Lost)
		require.Zero(t, f.verdict.Unknown)
		require.NotZero(t, f.verdict.Indeterminate)
	}},
}

// staleReplica serves the keys of one region by node-3 from 2.5 s on; it has
// missed what was written to them since 1 s.
func staleReplica(ctx context.Context, d *double, key string) ([]byte, string, error) {
	node3 := func(key string) bool { return key < string(SplitKeys(100, 3)[0]) }
	d.mu.Lock()
	if d.during(time.Second, time.Hour) && len(d.state) == 0 {
		maps.Copy(d.state, d.now)
	}
	if d.during(2500*time.Millisecond, time.Hour) {
		d.once.Do(func() {
			for k, v := range d.now {
				if node3(k) && string(d.state[k]) != string(v) {
					d.wrong[k] = true
					if d.now[k] = d.state[k]; d.state[k] == nil {
						delete(d.now, k)
					}
				}
			}
		})
	}
	d.mu.Unlock()
	v, node, err := honestGet(ctx, d, key)
	if node3(key) && d.during(2500*time.Millisecond, time.Hour) {
		node = "node-3"
	}
	return v, node, err
}

func TestTheVerdictIsRightAboutStoresThatLose(t *testing.T) {
	for _, way := range lossy {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(lossySeeds) {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						f := finding{d: &double{c: newChance(seed), put: way.put, get: way.get, now: map[string][]byte{},
							old: map[string][]byte{}, acks: map[string]int{}, wrong: map[string]bool{}, state: map[string][]byte{}}}
						f.d.w = New(Config{Records: 100, TargetOps: 100, Seed: int64(seed), Violated: func(_ time.Time, v demo.Violation) {
							f.violations = append(f.violations, v)
						}}, f.d)
						require.NoError(t, f.d.w.Prepare(t.Context(), nil))
						f.d.start = time.Now()
						runFor(t, f.d.w, 5*time.Second)
						f.d.ended = true
						var err error
						f.verdict, err = f.d.w.Verify(t.Context(), nil)
						require.NoError(t, err)
						way.check(t, f)
						time.Sleep(time.Second) // for what is still to be carried out
					})
				})
			}
		})
	}
}
