package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A failed injection was repaired behind a record. Tried again it breaks a healthy
// cluster: the recovery from the first attempt proves nothing about the second.
func TestAnInjectionThatIsTriedAgainBeginsANewIncident(t *testing.T) {
	p := newPlay(t, Options{TakeOver: "a record"})
	p.run(toFault + "; press; tick 1s; tick 1s; tick 1s; fail the daemon hung; lamps out")
	require.Equal(t, PhaseHalf, p.Phase)
	p.apply("take over", Event{Body: Asked{Intent: TakingOver}})
	p.run("yes; answer; lamps up; load 100; load 100; load 100; lamps up")
	require.Equal(t, PhaseRecovered, p.Phase)
	p.run("proof")
	p.run("lamps up; load 100; lamps up; load 100")
	p.apply("live", Event{Body: Asked{Intent: TakingOver}})
	require.False(t, p.OnRecord())

	p.run("retry")
	require.Equal(t, Incident{
		Phase: PhaseInjecting, Plan: p.Plan, Hypothesis: p.Hypothesis, FaultAt: p.at, Before: p.Snapshot,
		Injection: Work{State: WorkRunning, verb: InjectFault{Plan: lampPlan}},
	}, p.Incident)
	require.Nil(t, p.Proof, "nothing was read through the store since")
	require.False(t, p.waits(forStage))

	p.run("answer; press; ticket; press")
	p.apply("diagnosed", Event{Step: p.take("answer", chapterWork).Step, Body: DiagnosisFinished{Source: "RULES"}})
	p.run("press")
	require.Equal(t, "recovery", p.Chapter().ID)
	require.True(t, p.FaultOpen())
	require.False(t, p.Gate(p.Reached).Open, "nothing was repaired yet")
	p.run("press; answer; clear status_probe; lamps up; load 100; load 100; load 100")
	require.Equal(t, PhaseRecovered, p.Phase)
	require.True(t, p.Gate(p.Reached).Open)
}

// What a failed injection has broken all the same is not how the cluster was before: a
// recovery is measured against the cluster as it was whole.
func TestAHalfInjectionThatIsTriedAgainIsMeasuredAgainstTheWholeCluster(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toFault + "; press; tick 1s; tick 1s; tick 1s")
	whole := p.Before
	p.run("fail it slipped; lamps out")
	require.NotEqual(t, whole, p.Snapshot)
	p.run("retry")
	require.Equal(t, PhaseInjecting, p.Phase)
	require.Equal(t, whole, p.Before)
}

// Whoever pressed in the play before saw something else: no revision of it comes again.
func TestAPressOfThePlayBeforeIsStaleInTheNext(t *testing.T) {
	p := newPlay(t, Options{})
	seen := map[uint64]bool{p.Rev: true}
	for step := range strings.SplitSeq(toComplete+"; restart; yes", "; ") {
		p.run(step)
		if p.Play == 1 {
			seen[p.Rev] = true
		}
	}
	require.Equal(t, 2, p.Play)
	for step := range strings.SplitSeq(toFault, "; ") {
		require.False(t, seen[p.Rev], "revision %d comes again, before %q", p.Rev, step)
		p.run(step)
	}
	stale := p.Rev
	p.run("jump 1")
	p.apply("stale", Event{Play: 2, Body: Asked{Intent: Advance, Who: "the console", Rev: stale}})
	require.Equal(t, WhyStale, p.Refusal.Why)
}

// The record of a play says with which revision it began, so that the presses in it are
// as fresh in a replay as they were.
func TestAReplayOfALaterPlayHasTheRevisionsThatWere(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toComplete + "; restart")
	p.at = p.at.Add(time.Second)
	next, effects := Take(p.State, Event{At: p.at, Body: Asked{Intent: Confirm}})
	require.Equal(t, 2, next.Play)
	for _, e := range effects {
		line, _ := e.Verb.(Record)
		if begun, ok := line.Body.(PlayBegun); ok {
			require.Equal(t, next, Resume(begun, line.At))
			return
		}
	}
	require.Fail(t, "the play that begins is not recorded")
}
