package load

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ledgerSeeds = 40

// A hostile store: writes time out and happen, do not happen, or happen much
// later, some after the run has ended; some happen twice; reads fail too.
func hostile(seed uint64, kv *memKV) {
	c := newChance(seed)
	kv.onPut = func(ctx context.Context, _ []byte) fate {
		_ = hold(ctx, c.upTo(20*time.Millisecond))
		switch {
		case c.in(0.9):
			return fine
		case c.in(0.2):
			return fate{applied: true, again: c.upTo(30 * time.Second)}
		case c.in(0.4):
			return fate{err: errNoAnswer, applied: true}
		case c.in(0.5):
			return fate{err: errNoAnswer, applied: true, after: c.upTo(30 * time.Second)}
		}
		return fate{err: errNoAnswer}
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
				w := New(Config{Records: 500, TargetOps: 200, Threads: 8, Seed: int64(seed)}, kv)
				require.NoError(t, w.Prepare(t.Context(), nil))
				hostile(seed, kv)
				r := runFor(t, w, 10*time.Second)
				require.NotZero(t, r.total().Errors, "the schedule must hurt")
				assert.Zero(t, r.total().ErrorsByKind[KindStale])

				before, err := w.Verify(t.Context(), nil)
				require.NoError(t, err)
				kv.late.Wait() // and once more when every straggler has arrived
				after, err := w.Verify(t.Context(), nil)
				require.NoError(t, err)

				require.Zero(t, kv.lost(), "the fake itself lost something")
				assert.Zero(t, before.Lost)
				assert.Zero(t, after.Lost)
				assert.EqualValues(t, 500, after.Checked)
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
				w := New(Config{Records: 500, TargetOps: 200, Threads: 8, Seed: int64(seed)}, kv)
				require.NoError(t, w.Prepare(t.Context(), nil))
				hostile(seed, kv)
				honest, liar := kv.onPut, newChance(seed+1000)
				kv.onPut = func(ctx context.Context, key []byte) fate {
					f := honest(ctx, key)
					if f.err == nil && liar.in(0.03) {
						f.applied = false // acknowledged, and gone
					}
					return f
				}
				runFor(t, w, 10*time.Second)
				kv.late.Wait()

				got, err := w.Verify(t.Context(), nil)
				require.NoError(t, err)
				assert.Equal(t, kv.lost(), got.Lost)
				lostInAll += kv.lost()
			})
		})
	}
	assert.Greater(t, lostInAll, int64(ledgerSeeds), "the schedules must lose something")
}

func TestAnAcknowledgedWriteThatIsGoneDamagedOldOrForeignIsLost(t *testing.T) {
	for name, change := range map[string]func(w *Workload, old []byte) []byte{
		"gone":                   func(*Workload, []byte) []byte { return nil },
		"empty":                  func(*Workload, []byte) []byte { return []byte{} },
		"cut short":              func(_ *Workload, old []byte) []byte { return old[:len(old)-1] },
		"one bit flipped":        func(_ *Workload, old []byte) []byte { old[700] ^= 4; return old },
		"an older version":       func(w *Workload, _ []byte) []byte { return w.codec.encode(7, 0) },
		"another record's":       func(w *Workload, _ []byte) []byte { return w.codec.encode(8, 1) },
		"never written so far":   func(w *Workload, _ []byte) []byte { return w.codec.encode(7, 2) },
		"the one of another run": func(*Workload, []byte) []byte { return New(Config{Records: 10}, nil).codec.encode(7, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			kv := newMemKV()
			w := New(Config{Records: 10}, kv)
			require.NoError(t, w.Prepare(t.Context(), nil))
			kv.damage(Key(7), func(old []byte) []byte { return change(w, old) })
			got, err := w.Verify(t.Context(), nil)
			require.NoError(t, err)
			assert.EqualValues(t, 1, got.Lost)
			assert.EqualValues(t, 10, got.Checked)
			assert.EqualValues(t, 10, got.Acked)
		})
	}
}

func TestARecordWithAnIndeterminateWriteIsReadAndNoLongerWritten(t *testing.T) {
	l := newLedger(3)
	for n := range int64(3) {
		l.loaded(n, true)
	}
	n, version, err := l.begin(t.Context(), 1)
	require.NoError(t, err)
	assert.EqualValues(t, 1, n)
	assert.EqualValues(t, 2, version)
	l.end(n, version, false, true)

	for version, intact := range []bool{0: false, 1: true, 2: true, 3: false} {
		assert.Equal(t, intact, l.intact(1, uint64(version)), "version %d", version)
	}
	n, version, err = l.begin(t.Context(), 1)
	require.NoError(t, err)
	assert.EqualValues(t, 2, n, "the next open record takes the write")
	l.end(n, version, false, true)
	n, version, err = l.begin(t.Context(), 1)
	require.NoError(t, err)
	assert.EqualValues(t, 0, n)
	l.end(n, version, false, true)
	_, _, err = l.begin(t.Context(), 1)
	assert.ErrorIs(t, err, errAllClosed)
}

func TestTwoWritesOfOneRecordAreNeverInFlightTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(1)
		l.loaded(0, true)
		_, first, err := l.begin(t.Context(), 0)
		require.NoError(t, err)

		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err = l.begin(impatient, 0)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		second := make(chan uint64)
		go func() {
			_, version, _ := l.begin(t.Context(), 0)
			second <- version
		}()
		synctest.Wait()
		l.end(0, first, true, true)
		assert.Equal(t, first+1, <-second)
	})
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
		assert.Equal(t, 128, w.ledger.shut)
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

func TestARecordThatCannotBeReadFailsTheCheckInsteadOfCountingAsKeptOrLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := New(Config{Records: 100}, kv)
		require.NoError(t, w.Prepare(t.Context(), nil))
		kv.beforeGet = func(_ context.Context, key []byte) error {
			if string(key) == string(Key(42)) {
				return errNoAnswer
			}
			return nil
		}
		got, err := w.Verify(t.Context(), nil)
		require.ErrorContains(t, err, string(Key(42))+" cannot be read")
		assert.Less(t, got.Checked, int64(100))
		assert.Zero(t, got.Lost)
	})
}

func TestTheCheckWaitsOutAStoreThatIsStillComingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := New(Config{Records: 100}, kv)
		require.NoError(t, w.Prepare(t.Context(), nil))
		back := time.Now().Add(5 * time.Second)
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
