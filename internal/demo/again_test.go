package demo

import (
	"testing"

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
