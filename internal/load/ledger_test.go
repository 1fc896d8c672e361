package load

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// A hostile store: writes time out and happen, do not happen, or happen much
// later, some after the run has ended; some happen twice; reads fail too.
func hostile(seed uint64, kv *memKV) {
	c := newChance(seed)
	kv.onPut = func(ctx context.Context, _ []byte) outcome {
		_ = hold(ctx, c.upTo(20*time.Millisecond))
		switch {
		case c.in(0.9):
			return fine
		case c.in(0.2):
			return outcome{applied: true, again: c.upTo(30 * time.Second)}
		case c.in(0.4):
			return outcome{err: errNoAnswer, applied: true}
		case c.in(0.5):
			return outcome{err: errNoAnswer, applied: true, after: c.upTo(30 * time.Second)}
		}
		return outcome{err: errNoAnswer}
	}
	kv.beforeGet = func(ctx context.Context, _ []byte) error {
		if c.in(0.05) {
			return hold(ctx, time.Hour)
		}
		return hold(ctx, c.upTo(5*time.Millisecond))
	}
}

func TestIndeterminateWritesAreNeverCalledLost(t *testing.T) {
	for seed := range uint64(ledgerSeeds) {
		t.Run(fmt.Sprintf("schedule %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kv := newMemKV()
				w := New(Config{Records: 500, TargetOps: 200, InFlight: 8, Seed: int64(seed)}, kv)
				require.NoError(t, w.Prepare(t.Context(), nil))
				hostile(seed, kv)
				r := runFor(t, w, 10*time.Second)
				require.NotZero(t, r.total().Errors, "the schedule must hurt")
				before, err := w.Verify(t.Context(), nil)
				require.NoError(t, err)
				kv.late.Wait() // and once more when every straggler has arrived
				after, err := w.Verify(t.Context(), nil)
				require.NoError(t, err)

				require.Zero(t, kv.lost(), "the fake itself lost something")
				assert.Zero(t, before.Lost)
				assert.Zero(t, after.Lost)
				assert.Empty(t, after.Violations)
				assert.EqualValues(t, 500+len(w.ledger.inserts), after.Checked)
				assert.Equal(t, kv.acked(), after.Acked)
			})
		})
	}
}

func TestEveryLostWriteIsFoundAmongIndeterminateOnes(t *testing.T) {
	var lostInAll int64
	for seed := range uint64(ledgerSeeds) {
		t.Run(fmt.Sprintf("schedule %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kv := newMemKV()
				w := New(Config{Records: 500, TargetOps: 200, InFlight: 8, Seed: int64(seed)}, kv)
				require.NoError(t, w.Prepare(t.Context(), nil))
				hostile(seed, kv)
				honest, liar := kv.onPut, newChance(seed+1000)
				var mu sync.Mutex
				dropped, inserts := map[string]bool{}, int64(0)
				kv.onPut = func(ctx context.Context, key []byte) outcome {
					f := honest(ctx, key)
					if f.err == nil && liar.in(0.03) {
						f.applied, f.again = false, 0 // acknowledged, and gone
						mu.Lock()
						dropped[string(key)] = true
						if isInsert(string(key)) {
							inserts++
						}
						mu.Unlock()
					}
					return f
				}
				runFor(t, w, 10*time.Second)
				kv.late.Wait()

				got, err := w.Verify(t.Context(), nil)
				require.NoError(t, err)
				// The reads of the run find losses that a later write hides at the end.
				assert.GreaterOrEqual(t, got.Lost, kv.lost())
				assert.LessOrEqual(t, got.Lost, int64(len(dropped)))
				assert.Equal(t, inserts, got.InsertsLost)
				lostInAll += kv.lost()
			})
		})
	}
	assert.Greater(t, lostInAll, int64(ledgerSeeds), "the schedules must lose something")
}

func TestWhatIsReadAtTheEndIsCalledByItsName(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(w *Workload, old []byte) []byte
		want   string
	}{
		"gone":                   {func(*Workload, []byte) []byte { return nil }, demo.ViolationAbsent},
		"empty":                  {func(*Workload, []byte) []byte { return []byte{} }, demo.ViolationDamaged},
		"cut short":              {func(_ *Workload, old []byte) []byte { return old[:len(old)-1] }, demo.ViolationDamaged},
		"one bit flipped":        {func(_ *Workload, old []byte) []byte { old[700] ^= 4; return old }, demo.ViolationDamaged},
		"an older version":       {func(w *Workload, _ []byte) []byte { return w.codec.encode(item{n: 7}, 0) }, demo.ViolationLost},
		"another record's":       {func(w *Workload, _ []byte) []byte { return w.codec.encode(item{n: 8}, 1) }, demo.ViolationPhantom},
		"never written so far":   {func(w *Workload, _ []byte) []byte { return w.codec.encode(item{n: 7}, 2) }, demo.ViolationPhantom},
		"the one of another run": {func(*Workload, []byte) []byte { return New(Config{Records: 10}, nil).codec.encode(item{n: 7}, 1) }, demo.ViolationLost},
	} {
		t.Run(name, func(t *testing.T) {
			kv := newMemKV()
			w := New(Config{Records: 10}, kv)
			require.NoError(t, w.Prepare(t.Context(), nil))
			kv.damage(Key(7), func(old []byte) []byte { return tt.change(w, old) })
			got, err := w.Verify(t.Context(), nil)
			require.NoError(t, err)
			assert.EqualValues(t, 1, got.Lost)
			assert.Equal(t, map[string]int64{tt.want: 1}, got.Violations)
			assert.EqualValues(t, 10, got.Checked)
			assert.EqualValues(t, 10, got.Acked)
		})
	}
}

func inOrder(records int) *ledger {
	l := newLedger(recordsByKey(records))
	for n := range int64(records) {
		l.loaded(n, false)
	}
	return l
}

func TestARecordWithAnUndecidedWriteTakesNoMoreAndOneWithARefusedWriteDoes(t *testing.T) {
	l := inOrder(3)
	first := l.order[1]
	n, version, ok := l.begin(first)
	require.True(t, ok)
	assert.Equal(t, first, n)
	assert.EqualValues(t, 2, version)
	l.end(n, version, refused, false)
	n, version, ok = l.begin(first)
	require.True(t, ok)
	assert.Equal(t, first, n)
	assert.EqualValues(t, 3, version)
	l.end(n, version, undecided, false)

	for version, name := range []string{0: demo.ViolationLost, 1: "", 2: "", 3: "", 4: demo.ViolationPhantom} {
		lower, upper := l.bounds(item{n: first})
		assert.Equal(t, name, violationName(reading{version: uint64(version)}, lower, upper, demo.SeenAtEnd), "version %d", version)
	}
	for _, place := range []int{2, 0} {
		n, version, ok = l.begin(first)
		require.True(t, ok)
		assert.Equal(t, l.order[place], n, "the next open record in the order of the keys takes the write")
		l.end(n, version, undecided, false)
	}
	_, _, ok = l.begin(first)
	assert.False(t, ok)
}

func TestTwoWritesOfOneRecordAreNeverUnderWayTogetherAndNoneWaits(t *testing.T) {
	l := inOrder(2)
	a, _, ok := l.begin(0)
	require.True(t, ok)
	b, version, ok := l.begin(0)
	require.True(t, ok)
	assert.NotEqual(t, a, b)
	_, _, ok = l.begin(0)
	require.False(t, ok)
	l.end(b, version, acknowledged, false)
	c, next, ok := l.begin(0)
	require.True(t, ok)
	assert.Equal(t, b, c)
	assert.Equal(t, version+1, next)
}

// A read is held against what was owed when it began: two that run at the same
// time may see an old and a new version.
func TestAReadOwesWhatHeldWhenItBeganAndNoMore(t *testing.T) {
	l := inOrder(1)
	it := item{}
	early := l.lower(it)
	_, version, _ := l.begin(0)
	during := l.lower(it)
	_, bad := l.check(it, during, reading{version: version}, demo.SeenInRun)
	require.False(t, bad, "a write that is under way may be seen")
	_, bad = l.check(it, early, reading{version: version - 1}, demo.SeenInRun)
	require.False(t, bad, "this read began before the other had ended")
	v, bad := l.check(it, l.lower(it), reading{version: version - 1}, demo.SeenInRun)
	require.True(t, bad, "what a read has returned stays, although nobody has acknowledged it")
	assert.Equal(t, demo.ViolationStale, v.Name)
	assert.Equal(t, version, v.Lower)
	l.end(0, version, undecided, false)
	v, bad = l.check(it, l.lower(it), reading{version: version + 1}, demo.SeenInRun)
	require.True(t, bad)
	assert.Equal(t, demo.ViolationPhantom, v.Name)
}

func TestABatchThatNeededASecondTryClosesItsRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		failed := false
		kv.onBatchPut = func(_ context.Context, keys [][]byte) error {
			if string(keys[0]) == string(SplitKeys(1000, 1000)[127]) && !failed {
				failed = true
				return errNoAnswer
			}
			return nil
		}
		w := New(Config{Records: 1000}, kv)
		var told []int64
		require.NoError(t, w.Prepare(t.Context(), func(done, total int64) {
			told = append(told, done)
			assert.EqualValues(t, 1000, total)
		}))
		assert.True(t, failed)
		assert.Equal(t, 128, w.ledger.taken)
		assert.IsIncreasing(t, told)
		assert.EqualValues(t, 1000, told[len(told)-1])
	})
}

func TestLoadingGivesUpWhenABatchKeepsFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		kv.onBatchPut = func(context.Context, [][]byte) error { return errNoAnswer }
		w := New(Config{Records: 300}, kv)
		require.ErrorContains(t, w.Prepare(t.Context(), nil), "load 300 records: no answer")
		require.ErrorContains(t, w.Run(t.Context(), nil, nil), "prepare it")
	})
}

func TestWhatCannotBeReadIsNeitherKeptNorLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := New(Config{Records: 100}, kv)
		require.NoError(t, w.Prepare(t.Context(), nil))
		kv.damage(Key(7), func([]byte) []byte { return nil })
		kv.beforeGet = func(_ context.Context, key []byte) error {
			if string(key) == string(Key(42)) {
				return errNoAnswer
			}
			return nil
		}
		began := time.Now()
		got, err := w.Verify(t.Context(), nil)
		require.NoError(t, err)
		assert.EqualValues(t, 1, got.Unknown)
		assert.EqualValues(t, 99, got.Checked)
		assert.EqualValues(t, 1, got.Lost)
		assert.Less(t, time.Since(began), verifyPatience+time.Second)
	})
}

func TestADeadClusterIsUnknownWithinTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := New(Config{Records: 10_000}, kv)
		require.NoError(t, w.Prepare(t.Context(), nil))
		kv.beforeGet = func(ctx context.Context, _ []byte) error { return hold(ctx, time.Hour) }
		began := time.Now()
		got, err := w.Verify(t.Context(), nil)
		require.NoError(t, err)
		assert.EqualValues(t, 10_000, got.Unknown)
		assert.Zero(t, got.Checked)
		assert.Less(t, time.Since(began), verifyPatience+2*time.Second)

		cut, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = w.Verify(cut, nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// The client library may hold a store for dead for 30 s after it is back.
func TestTheCheckWaitsOutAStoreThatIsStillComingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := New(Config{Records: 100}, kv)
		require.NoError(t, w.Prepare(t.Context(), nil))
		back := time.Now().Add(30 * time.Second)
		kv.beforeGet = func(context.Context, []byte) error {
			if time.Now().Before(back) {
				return errNoAnswer
			}
			return nil
		}
		got, err := w.Verify(t.Context(), nil)
		require.NoError(t, err)
		assert.EqualValues(t, 100, got.Checked)
		assert.Zero(t, got.Lost)
	})
}
