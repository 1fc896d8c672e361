package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func prepared(t *testing.T, cfg Config, kv KV) *Workload {
	t.Helper()
	w := New(cfg, kv)
	require.NoError(t, w.Prepare(t.Context(), nil))
	return w
}

func TestOneSampleASecondWithTheTargetHalfReadsHalfUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := prepared(t, Config{Records: 1000, TargetOps: 500}, kv)
		kv.beforeGet = func(ctx context.Context, _ []byte) error { return hold(ctx, 3*time.Millisecond) }
		kv.onPut = func(ctx context.Context, _ []byte) outcome { _ = hold(ctx, 3*time.Millisecond); return fine }
		r := runFor(t, w, 20*time.Second)

		require.Len(t, r.samples, 20)
		for i, s := range r.samples {
			assert.InDelta(t, 500, s.Ops, 3, "second %d", i)
			assert.Equal(t, s.Ops, s.Reads+s.Updates)
			assert.Zero(t, s.Errors)
			assert.InEpsilon(t, 3*time.Millisecond, s.P50.Duration(), 0.01, "second %d", i)
		}
		total := r.total()
		assert.InDelta(t, 0.5, float64(total.Reads)/float64(total.Ops), 0.02)
	})
}

// stalled makes a store that answers nothing from one moment to another.
func stalled(kv *memKV, from, to time.Duration) {
	start := time.Now()
	stall := func(ctx context.Context) {
		if now := time.Since(start); now >= from && now < to {
			_ = hold(ctx, to-now)
		}
	}
	kv.beforeGet = func(ctx context.Context, _ []byte) error { stall(ctx); return nil }
	kv.onPut = func(ctx context.Context, _ []byte) outcome { stall(ctx); return fine }
}

func TestAStallShowsInEveryOperationThatWasDueMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := prepared(t, Config{Records: 1000, TargetOps: 100, OpTimeout: time.Minute}, kv)
		stalled(kv, 5*time.Second, 6900*time.Millisecond)
		r := runFor(t, w, 10*time.Second)

		require.Len(t, r.samples, 10)
		assert.Zero(t, r.samples[5].Ops, "nothing ends in the middle of the stall")
		after := r.samples[6]
		assert.InDelta(t, 200, after.Ops, 3, "each was started when it was due, and has waited for 1.9 s to 0 s")
		assert.Greater(t, after.P99.Duration(), 1800*time.Millisecond)
		assert.Greater(t, after.P50.Duration(), 850*time.Millisecond)
		total := r.total()
		assert.Zero(t, total.Shed)
		assert.Zero(t, total.Errors)
		assert.InDelta(t, 1000, total.Ops, 3, "every operation that was due is accounted for")
		assert.Less(t, r.samples[8].P99.Duration(), 10*time.Millisecond, "the figures are good again within a second")
	})
}

func TestWhatTheBoundKeepsFromStartingIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := prepared(t, Config{Records: 1000, TargetOps: 100, InFlight: 50, OpTimeout: time.Minute}, kv)
		stalled(kv, 5*time.Second, 6900*time.Millisecond)
		r := runFor(t, w, 10*time.Second)
		total := r.total()
		assert.InDelta(t, 140, total.Shed, 3, "due in the stall, with 50 under way")
		assert.Zero(t, total.Errors)
		assert.Empty(t, total.ErrorsByKind)
		assert.Empty(t, r.errors)
		assert.InDelta(t, 1000, total.Ops+total.Shed, 3)
	})
}

func TestAMachineThatSleptHasShedAndNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Records: 10, TargetOps: 1000}, newMemKV())
		m := newMeter(10, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 65*time.Second)
		defer cancel()
		started, slept := int64(0), false
		w.schedule(ctx, m, func(operation) {
			if started++; !slept {
				slept = true
				time.Sleep(60 * time.Second)
			}
		})
		s := m.take(noon)
		assert.InDelta(t, 59_000, s.Shed, 5)
		assert.InDelta(t, 6_000, started, 5)
		assert.Zero(t, s.Errors)
	})
}

// Two of three regions serve all the time: with 16 workers the first second of
// such a stall showed 59 operations of 1,000.
func TestARegionThatDoesNotAnswerTakesNothingFromTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := prepared(t, Config{Records: 3000}, kv)
		border := SplitKeys(3000, 3)[0]
		start := time.Now()
		silent := func(ctx context.Context, key []byte) error {
			if now := time.Since(start); slices.Compare(key, border) < 0 && now >= 3*time.Second && now < 6*time.Second {
				return hold(ctx, time.Hour)
			}
			return nil
		}
		kv.beforeGet = silent
		kv.onPut = func(ctx context.Context, key []byte) outcome {
			if err := silent(ctx, key); err != nil {
				return outcome{err: err}
			}
			return fine
		}
		served := 0
		probe := newSequence(w.cfg)
		for range 10_000 {
			if slices.Compare(Key(probe.operation().record), border) >= 0 {
				served++
			}
		}
		rec := runFor(t, w, 10*time.Second)
		for second := 3; second < 6; second++ {
			s := rec.samples[second]
			assert.InDelta(t, served/10, s.Ops, 60, "second %d", second)
			assert.Zero(t, s.Shed)
		}
		assert.GreaterOrEqual(t, rec.samples[4].P99.Duration(), 495*time.Millisecond, "what times out counts with its time")
	})
}

func TestASilentNodeShowsAsItsErrorsWithinTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := prepared(t, Config{Records: 1000}, kv)
		borders := SplitKeys(1000, 3)
		dead := func(key []byte) bool { return slices.Compare(key, borders[0]) < 0 }
		start := time.Now()
		kv.beforeGet = func(ctx context.Context, key []byte) error {
			if dead(key) && time.Since(start) > 3*time.Second {
				return hold(ctx, time.Hour)
			}
			return nil
		}
		kv.onPut = func(ctx context.Context, key []byte) outcome {
			if dead(key) && time.Since(start) > 3*time.Second {
				return outcome{err: hold(ctx, time.Hour)}
			}
			return fine
		}
		r := runFor(t, w, 6*time.Second)
		require.NotEmpty(t, r.errors)
		first := r.errors[0]
		assert.Equal(t, "node-2", first.Node)
		assert.Equal(t, KindTimeout, first.Kind)
		assert.InDelta(t, 3500, first.At.Sub(start).Milliseconds(), 60)
		assert.NotZero(t, r.samples[4].ErrorsByNode["node-2"])
		assert.Equal(t, r.samples[4].ErrorsByNode["node-2"], r.samples[4].ErrorsByKind[KindTimeout])
	})
}

func TestErrorsAreAllCountedAndReportedUpToALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := prepared(t, Config{Records: 1000, TargetOps: 1000}, kv)
		kv.beforeGet = func(context.Context, []byte) error {
			return fmt.Errorf("wrapped: %w", &OpError{Kind: KindUnavailable, Node: "node-3", Err: errNoAnswer})
		}
		r := runFor(t, w, 4*time.Second)
		total := r.total()
		assert.Greater(t, total.ErrorsByNode["node-3"], int64(1500))
		assert.Equal(t, total.ErrorsByNode["node-3"], total.ErrorsByKind[KindUnavailable])
		assert.Equal(t, total.Errors, total.ErrorsByKind[KindUnavailable])
		assert.Zero(t, total.Reads)
		assert.InDelta(t, 4*reportLimit, len(r.errors), reportLimit)
		assert.False(t, r.errors[0].At.IsZero())
	})
}

func TestAReadThatBreaksABoundIsAViolationAndNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		var seen []demo.Violation
		w := prepared(t, Config{Records: 100, TargetOps: 100, Violated: func(_ time.Time, v demo.Violation) { seen = append(seen, v) }}, kv)
		kv.damage(Key(5), func([]byte) []byte { return nil })
		_, right, err := w.look(t.Context(), item{n: 5}, demo.SeenInRun)
		require.NoError(t, err)
		assert.False(t, right)
		assert.Equal(t, []demo.Violation{{Name: demo.ViolationAbsent, Key: string(Key(5)), Lower: 1, Upper: 1, When: demo.SeenInRun}}, seen)
		_, right, err = w.look(t.Context(), item{n: 6}, demo.SeenInRun)
		require.NoError(t, err)
		assert.True(t, right)

		r := runFor(t, w, 5*time.Second)
		assert.Zero(t, r.total().Errors)
		assert.Empty(t, r.errors)
	})
}

// Every write of a long outage closes a record. When the store is well again
// there must be something left to write.
func TestAfterALongOutageThereIsStillWorkToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := prepared(t, Config{Records: 1000, TargetOps: 200}, kv)
		start := time.Now()
		kv.onPut = func(ctx context.Context, _ []byte) outcome {
			if time.Since(start) < 60*time.Second {
				return outcome{err: hold(ctx, time.Hour)}
			}
			return fine
		}
		r := runFor(t, w, 70*time.Second)
		last := r.samples[len(r.samples)-1]
		assert.InDelta(t, 200, last.Ops, 3)
		assert.Zero(t, r.total().Shed)
		got, err := w.Verify(t.Context(), nil)
		require.NoError(t, err)
		assert.Zero(t, got.Lost)
		assert.NotZero(t, got.Inserts)
	})
}

type watchedKV struct {
	*memKV
	report  func(OpError)
	stopped bool
}

func (k *watchedKV) Watch(report func(OpError)) (stop func()) {
	k.report = report
	return func() { k.stopped = true }
}

func TestABrokenConnectionIsReportedAtOnceAndNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := &watchedKV{memKV: newMemKV()}
		w := prepared(t, Config{Records: 100, TargetOps: 100}, kv)
		var once sync.Once
		kv.onPut = func(context.Context, []byte) outcome {
			once.Do(func() { kv.report(OpError{Kind: KindUnavailable, Node: "node-1", Err: errNoAnswer}) })
			return fine
		}
		r := runFor(t, w, 2*time.Second)
		require.Len(t, r.errors, 1)
		assert.Equal(t, "node-1", r.errors[0].Node)
		assert.Zero(t, r.total().Errors)
		assert.True(t, kv.stopped)
	})
}

func TestTheEndOfARunLeavesNoWriteUndecidedAndNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := newMemKV()
		w := prepared(t, Config{Records: 1000}, kv)
		kv.onPut = func(ctx context.Context, _ []byte) outcome {
			if err := hold(ctx, 300*time.Millisecond); err != nil {
				return outcome{err: err}
			}
			return fine
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		require.NoError(t, w.Run(ctx, nil, nil))
		assert.LessOrEqual(t, time.Since(began), 2*time.Second+DefaultOpTimeout)
		assert.Zero(t, w.ledger.taken, "operations in flight were let finish")
	})
}

func TestTheVerbsDoNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := prepared(t, Config{Records: 10}, newMemKV())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx, nil, nil) }()
		synctest.Wait()
		_, err := w.Verify(t.Context(), nil)
		require.ErrorContains(t, err, "busy")
		require.ErrorContains(t, w.Run(t.Context(), nil, nil), "busy")
		cancel()
		require.NoError(t, <-done)
		_, err = w.Verify(t.Context(), nil)
		require.NoError(t, err)
	})
}

func TestTheSameSeedMeansTheSameSequence(t *testing.T) {
	sequence := func(seed int64) (keys []string) {
		synctest.Test(t, func(t *testing.T) {
			kv := newMemKV()
			w := prepared(t, Config{Records: 1000, TargetOps: 100, InFlight: 1, Seed: seed}, kv)
			kv.beforeGet = func(_ context.Context, key []byte) error { keys = append(keys, "read "+string(key)); return nil }
			kv.onPut = func(_ context.Context, key []byte) outcome { keys = append(keys, "update "+string(key)); return fine }
			runFor(t, w, 3*time.Second)
		})
		return keys
	}
	a, b, c := sequence(7), sequence(7), sequence(8)
	require.InDelta(t, 300, len(a), 3)
	assert.Equal(t, a, b)
	assert.NotEqual(t, a, c)
}

func TestAnUpdateIsOfARecordThatWasReadBefore(t *testing.T) {
	s := newSequence(Config{Records: 1000, TargetOps: 1000, Seed: 3})
	seen := map[int64]int{}
	reads, updates, inserts := 0, 0, 0
	for range 100_000 {
		switch op := s.operation(); {
		case op.read:
			reads++
			seen[op.record]++
		case op.insert:
			inserts++
			fallthrough
		default:
			updates++
			seen[op.record]--
			require.GreaterOrEqual(t, seen[op.record], 0)
		}
	}
	assert.InDelta(t, reads, updates, 10)
	assert.Equal(t, updates/insertEvery, inserts)
	assert.LessOrEqual(t, cap(s.read), 64, "it does not grow")
}

func TestRequestsFollowYCSBsZipfianAndReachEveryRegion(t *testing.T) {
	const draws, records, regions = 400_000, 10_000, 9
	z := newScrambledZipfian(records)
	r := rand.New(rand.NewPCG(1, 2))
	counts := make([]int, records)
	borders := SplitKeys(records, regions)
	perRegion := make([]int, regions)
	for range draws {
		n := z.next(r)
		counts[n]++
		at, found := slices.BinarySearchFunc(borders, Key(n), slices.Compare[[]byte])
		if found {
			at++
		}
		perRegion[at]++
	}
	// The share of rank i is 1/i^0.99 of the precomputed sum.
	assert.InEpsilon(t, draws/zipfZeta, counts[hash64(0)%records], 0.05)
	assert.InEpsilon(t, draws/zipfZeta*0.5035, counts[hash64(1)%records], 0.05)
	assert.Equal(t, int64(0), z.item(0))
	assert.Less(t, z.item(0.999999999), int64(zipfItems)+1)
	for region, n := range perRegion {
		assert.Greater(t, n, draws/25, "region %d of %v", region, perRegion)
	}
	slices.Sort(counts)
	slices.Reverse(counts)
	top := 0
	for _, n := range counts[:records/100] {
		top += n
	}
	assert.Greater(t, top, draws/5, "the most popular 1% of the records")
	assert.Less(t, top, draws/2)
}

func TestAnErrorOfNoKnownKindIsOtherAndADeadlineIsATimeout(t *testing.T) {
	assert.Equal(t, KindOther, classify(errNoAnswer).Kind)
	assert.Equal(t, KindTimeout, classify(fmt.Errorf("get: %w", context.DeadlineExceeded)).Kind)
	e := &OpError{Kind: KindRegion, Node: "node-1", Err: errNoAnswer}
	assert.Equal(t, "region at node-1: no answer", e.Error())
	assert.Equal(t, "region: no answer", (&OpError{Kind: KindRegion, Err: errNoAnswer}).Error())
	assert.True(t, errors.Is(e, errNoAnswer))
}

type nullKV struct{ value []byte }

func (k nullKV) Get(context.Context, []byte) ([]byte, error)      { return k.value, nil }
func (nullKV) Put(context.Context, []byte, []byte) error          { return nil }
func (nullKV) BatchPut(context.Context, [][]byte, [][]byte) error { return nil }

// The workload's own cost of one operation, without a store: key, value,
// ledger, histogram.
func BenchmarkOperation(b *testing.B) {
	for _, kind := range []string{"read", "update"} {
		b.Run(kind, func(b *testing.B) {
			w := New(Config{Records: 10_000}, nullKV{})
			for n := range int64(10_000) {
				w.ledger.loaded(n, false)
			}
			m := newMeter(10, nil)
			b.ReportAllocs()
			n := int64(0)
			for b.Loop() {
				n = (n + 1) % 10_000
				w.execute(b.Context(), m, operation{due: time.Now(), read: kind == "read", record: n})
			}
		})
	}
}

func BenchmarkSample(b *testing.B) {
	m := newMeter(10, nil)
	var s demo.LoadSample
	for b.Loop() {
		for us := range time.Duration(1000) {
			m.succeeded(place{write: us%2 != 0}, us*time.Microsecond)
		}
		s = m.take(noon)
	}
	_ = s
}
