package runner

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

var wrongRead = demo.Violation{Name: demo.ViolationStale, Key: "user7", Lower: 2, Upper: 2, Read: 1, When: demo.SeenInRun}

// lateLoad is a workload whose last read, under way when it is told to stop, returns
// what it must not. So does the last read of a proof.
type lateLoad struct {
	lampLoad
	violated func(time.Time, demo.Violation)
	in       string        // "run" or "prove"
	begun    chan struct{} // a proof is under way
	release  chan struct{} // nil, or what Run waits for whatever its context says
}

func (w lateLoad) Run(ctx context.Context, o LoadObserver) error {
	<-ctx.Done()
	if w.release != nil {
		<-w.release
	}
	if w.in == "run" {
		w.violated(time.Now(), wrongRead)
	}
	return nil
}

func (w lateLoad) Prove(ctx context.Context, stores []string) (demo.DataProved, error) {
	close(w.begun)
	<-ctx.Done()
	if w.in == "prove" {
		w.violated(time.Now(), wrongRead)
	}
	return demo.DataProved{Stores: []demo.StoreProof{{Store: stores[0]}}}, nil
}

// under is a runner whose load runs.
func under(t *testing.T, w lateLoad) (*lampPost, *Runner) {
	t.Helper()
	post := &lampPost{}
	cfg := post.config()
	cfg.Workload = func(violated func(time.Time, demo.Violation)) (Workload, error) {
		w.lampLoad, w.violated = lampLoad{post}, violated
		return w, nil
	}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	require.IsType(t, demo.ClusterReady{}, answered(t, r, demo.StartCluster{}))
	require.IsType(t, demo.LoadStarted{}, answered(t, r, demo.StartLoad{}))
	return post, r
}

// quit is how a play ends that knows of no wrong read.
var quit = demo.RunFinished{Outcome: demo.OutcomeQuit}

func requireLost(t *testing.T, post *lampPost, r *Runner) {
	t.Helper()
	err := r.Close()
	require.Equal(t, demo.RunFinished{Outcome: demo.OutcomeFailed, Lost: 1}, post.bodies[len(post.bodies)-1])
	require.Equal(t, 1, post.count("violation"))
	require.ErrorContains(t, err, "1 key lost what was acknowledged or read, seen when the talk had decided to end; the first: stale user7", "the program fails")
	require.Equal(t, demo.RunFinished{Outcome: demo.OutcomeFailed, Lost: 1}, r.WithLost(quit), "and so its last words say")
}

func TestAReadThatIsUnderWayAtTheEndIsInTheRecord(t *testing.T) {
	post, r := under(t, lateLoad{in: "run"})
	r.Do(t.Context(), demo.Effect{Line: 1, Verb: demo.Finish{At: time.Now(), Outcome: quit}})
	requireLost(t, post, r)
}

func TestAProofThatIsUnderWayAtTheEndIsInTheRecord(t *testing.T) {
	begun := make(chan struct{})
	post, r := under(t, lateLoad{in: "prove", begun: begun})
	go r.Do(t.Context(), demo.Effect{Step: 5, Verb: demo.Prove{Stores: []string{"lamp-2"}}})
	<-begun
	r.Do(t.Context(), demo.Effect{Line: 1, Verb: demo.Finish{At: time.Now(), Outcome: quit}})
	require.Zero(t, post.count("data.proved"), "half a proof is none")
	requireLost(t, post, r)
}

// The play decides to end while the violation still waits in the queue.
func TestTheLastLineCountsAViolationThatThePlayHasNotHeardOf(t *testing.T) {
	post, r := under(t, lateLoad{})
	r.violated(time.Now(), wrongRead)
	r.Do(t.Context(), demo.Effect{Line: 1, Verb: demo.Finish{At: time.Now(), Outcome: quit}})
	requireLost(t, post, r)
}

func TestAPlayThatKnowsWhatWasLostEndsWithoutAnError(t *testing.T) {
	post, r := under(t, lateLoad{in: "run"})
	known := demo.RunFinished{Outcome: demo.OutcomeFailed, Lost: 3}
	r.Do(t.Context(), demo.Effect{Line: 1, Verb: demo.Finish{At: time.Now(), Outcome: known}})
	require.NoError(t, r.Close(), "the program says itself what was lost")
	require.Equal(t, known, post.bodies[len(post.bodies)-1])
}

func TestAWorkloadThatDoesNotStopDoesNotHoldUpTheLastLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		post, r := under(t, lateLoad{in: "run", release: release})
		began := time.Now()
		r.Do(t.Context(), demo.Effect{Line: 1, Verb: demo.Finish{At: began, Outcome: quit}})
		require.Equal(t, stillLimit, time.Since(began))
		require.Equal(t, quit, post.bodies[len(post.bodies)-1])
		close(release)
		require.ErrorContains(t, r.Close(), "1 key lost", "too late for the record, and not for the exit status")
		require.Zero(t, post.count("violation"))
		require.EqualValues(t, 1, r.WithLost(quit).Lost)
	})
}

func TestWhoIsInAHurryDoesNotWaitForTheWorkload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		_, r := under(t, lateLoad{release: release})
		r.Hurry()
		began := time.Now()
		r.Do(t.Context(), demo.Effect{Line: 1, Verb: demo.Finish{At: began, Outcome: quit}})
		require.Zero(t, time.Since(began))
		close(release)
		require.NoError(t, r.Close())
	})
}

// A round fails, and its last read is wrong: the play has begun the next round by then.
func TestALoopStopsAtAKeyThatWasLostWhileItsRoundEnded(t *testing.T) {
	post := &lampPost{failures: map[string]error{"inject": errors.New("the ladder is away")}}
	cfg := post.config()
	loads := 0
	cfg.Workload = func(violated func(time.Time, demo.Violation)) (Workload, error) {
		if loads++; loads == 1 {
			return endsWrong{lampLoad{post}, violated}, nil
		}
		return lampLoad{post}, nil
	}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	loop := auto
	loop.Loop = true
	s := show(t, r, loop, func(s demo.State) bool { return s.LoopStopped() || s.Play == 3 })
	require.NoError(t, r.Close())
	require.True(t, s.LoopStopped(), "play %d", s.Play)
	require.Equal(t, 2, s.Play)
	var ends []demo.RunFinished
	for _, b := range post.bodies {
		if b, ok := b.(demo.RunFinished); ok {
			ends = append(ends, b)
		}
	}
	require.EqualValues(t, 1, ends[0].Lost, "the round in which it was lost says so too")
	require.Equal(t, demo.OutcomeFailed, ends[1].Outcome)
}

// endsWrong loads like another, and its last read is wrong.
type endsWrong struct {
	lampLoad
	violated func(time.Time, demo.Violation)
}

func (w endsWrong) Run(ctx context.Context, o LoadObserver) error {
	err := w.lampLoad.Run(ctx, o)
	w.violated(time.Now(), wrongRead)
	return err
}
