package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAFaultThatEndsByItselfIsNobodysCredit(t *testing.T) {
	p, got := tail(t, toAnswer+"; press; press", "clear status_probe; close; lamps out; lamps up; answer; lamps up; load 100; load 100; load 100")
	require.Equal(t, `clear status_probe: | recovery
close: | recovery
lamps out: | recovery
lamps up: lift the fault wait(20s) wait(1m30s) | recovery
answer: [action.denied demo: it healed by itself] wait(20s) wait(30s) wait(40s) wait(1m0s) [recovery.stage] [recovery.stage] | recovery
lamps up: [recovery.stage] [recovery.stage] read through the store | recovery
load 100: | recovery
load 100: | recovery
load 100: [recovery.stage] [recovered itself] wait(3s) | recovery
`, got)
	require.Equal(t, ByItself, p.MendedBy)
}

func TestATicketThatIsStillOpenIsNoHealing(t *testing.T) {
	for name, script := range map[string]string{
		"no ticket was closed":               "clear status_probe; lamps up",
		"the control plane has not heard it": "close; lamps out",
		"it fails again":                     "close; ticket; lamps up",
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := tail(t, toAnswer+"; press; press", script)
			require.True(t, p.Unmended())
		})
	}
}

func TestTheQuestionGoesAwayWhenTheFaultEndsByItself(t *testing.T) {
	p, _ := tail(t, toAnswer+"; press; press", "decide; close; lamps up")
	require.Equal(t, NoQuestion, p.Question)
	require.False(t, p.Unmended())
	p.run("yes; answer")
	require.Empty(t, p.ApprovedBy())
}

func TestAStageThatDoesNotComeWithinItsLimitIsSaidAndCanBeTriedAgain(t *testing.T) {
	p, got := tail(t, toRecovery, "clear status_probe; tick 20s; tick 30s; tick 40s")
	require.Equal(t, "clear status_probe: [recovery.stage] | recovery\ntick 20s: | recovery\n"+
		"tick 30s: [recovery.stage late: control plane says Up] | recovery\ntick 40s: [recovery.stage late: leads again] | recovery\n", got)
	late, ok := p.LateStage()
	require.True(t, ok)
	require.Equal(t, StageMember, late.Name)

	p.trace.Reset()
	lifted := p.LiftedAt
	p.run("retry; lamps up; load 100; load 100; answer")
	require.Equal(t, "retry: lift the fault wait(30s) wait(40s) wait(1m0s) wait(1m30s) | recovery\nlamps up: [recovery.stage] [recovery.stage] read through the store | recovery\n"+
		"load 100: | recovery\nload 100: | recovery\nanswer: | recovery\n", p.trace.String())
	require.Equal(t, lifted, p.LiftedAt, "it was mended the first time")
	require.Equal(t, ByAgent, p.MendedBy)
	_, ok = p.LateStage()
	require.False(t, ok)
}

func TestWhatIsStillBeingDoneIsNotTriedAgain(t *testing.T) {
	p, got := tail(t, toAnswer+"; press; yes", "tick 20s; retry; force")
	require.Equal(t, "tick 20s: [recovery.stage late: process up] | recovery\nretry: | recovery\n"+
		"force: [chapter.done 7 forced] [chapter.entered 8 forced] verify the ledger wait(1m30s) | complete\n", got)
	require.Equal(t, 1, p.Forced)
}

func TestAFailedActionCanBeTriedAgainAndItsClockStartsAfresh(t *testing.T) {
	_, got := tail(t, toAnswer+"; press; yes", "fail it slipped; retry; answer")
	require.Equal(t, "fail it slipped: | recovery\nretry: carry out the action wait(20s) wait(1m30s) | recovery\n"+
		"answer: wait(20s) wait(30s) wait(40s) wait(1m0s) [recovery.stage] | recovery\n", got)
}

func TestAStageThatComesLateHasComeAllTheSame(t *testing.T) {
	p, _ := tail(t, toRecovery, "clear status_probe; tick 30s; lamps up; load 100; load 100; load 100")
	require.NotNil(t, p.Recovered)
	for _, st := range p.Stages {
		require.False(t, st.At.IsZero(), st.Name)
		require.Equal(t, st.Name == StageMember, st.Late)
		require.Positive(t, st.Limit)
		require.LessOrEqual(t, st.Limit, gateLimit(GateRecovered))
	}
}

func TestNoClockRunsWhileTheRecoveryWaitsForThePresenter(t *testing.T) {
	p, _ := tail(t, toAnswer, "press; press")
	require.False(t, p.waits(forLimit) || p.waits(forStage) || p.waits(forAdvance))
	p.run("press")
	require.True(t, p.waits(forLimit) && p.waits(forStage))
}

// A daemon took 60 s to stop a store. Whoever forced that chapter can have approved the
// action by then: it is carried out as soon as the injection has ended.
func TestWhatWasApprovedWhileTheFaultWasStillBeingDoneIsCarriedOut(t *testing.T) {
	for how, end := range map[string]Body{"it is done": FaultConfirmed{Fault: lampPlan.Fault, Target: lampPlan.Target}, "it failed": EffectFailed{Err: "it slipped"}} {
		t.Run(how, func(t *testing.T) {
			p := newPlay(t, Options{})
			p.run(toFault + "; press; tick 1s; tick 1s; tick 1s; force; signal status_probe; ticket; lamps out; press")
			e := p.take("diagnosed", func(v Verb) bool { _, ok := v.(Diagnose); return ok })
			p.apply("diagnosed", Event{Step: e.Step, Body: p.success(e.Verb)})
			p.run("press; yes")
			require.Equal(t, "recovery", p.Chapter().ID)
			require.Equal(t, Approved, p.Decision)
			require.False(t, p.waits(forRepair), "a repair while the fault is being done may miss it")

			p.trace.Reset()
			p.apply(how, Event{Step: p.take(how, chapterWork).Step, Body: end})
			require.Equal(t, how+": carry out the action wait(20s) wait(1m30s) | recovery\n", p.trace.String())
			p.run("answer; clear status_probe; lamps up; load 100; load 100; load 100")
			require.Equal(t, ByAgent, p.Recovered.By)
		})
	}
}

func TestLeadersBeyondAnEvenShareNeedNotComeBack(t *testing.T) {
	for name, c := range map[string]struct {
		before, now   map[string]int
		leads, wanted int
		back          bool
	}{
		"half of what it led":                 {map[string]int{"node-1": 30, "node-2": 30, "node-3": 30}, map[string]int{"node-1": 15, "node-2": 15}, 15, 15, true},
		"one less":                            {map[string]int{"node-1": 30, "node-2": 30, "node-3": 30}, map[string]int{"node-1": 15, "node-2": 14}, 14, 15, false},
		"half of little":                      {map[string]int{"node-1": 2, "node-2": 44, "node-3": 44}, map[string]int{"node-1": 1, "node-2": 15}, 1, 1, true},
		"it led more than its share":          {map[string]int{"node-1": 5, "node-2": 4, "node-3": 0}, map[string]int{"node-1": 1, "node-2": 4}, 1, 1, true},
		"it led everything":                   {map[string]int{"node-1": 90}, map[string]int{"node-1": 15, "node-2": 30}, 15, 15, true},
		"it leads nothing":                    {map[string]int{"node-1": 1, "node-2": 1, "node-3": 1}, map[string]int{"node-2": 1}, 0, 1, false},
		"it led nothing":                      {map[string]int{"node-2": 5, "node-3": 5}, map[string]int{"node-1": 1, "node-2": 1}, 1, 1, true},
		"what is said is of one that has not": {map[string]int{"node-1": 3, "node-2": 3, "node-3": 3}, map[string]int{"node-1": 9}, 0, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			look := func(leaders map[string]int, at time.Time) Snapshot {
				s := Snapshot{LastUpdated: at, Nodes: []Node{{Name: "pd-1", Role: RoleControl, Health: HealthUp}}}
				for _, n := range []string{"node-1", "node-2", "node-3"} {
					s.Nodes = append(s.Nodes, Node{Name: n, Role: RoleData, Health: HealthUp, Leaders: leaders[n], LastBeat: at})
				}
				return s
			}
			m := aimed(Plan{Fault: "quorum-loss", Target: "node-1", Also: []string{"node-2"}})
			m.Before, m.AtLift, m.LiftedAt = look(c.before, m.Now), look(c.before, m.Now), m.Now
			m.Snapshot = look(c.now, m.Now.Add(time.Second))
			leads, wanted := m.LeadersBack()
			require.Equal(t, []int{c.leads, c.wanted}, []int{leads, wanted})
			require.Equal(t, c.back, m.stageReached(StageLeaders))
		})
	}
}

// What an injection that failed has done is not known before somebody repairs it: an
// action that is not done leaves it so.
func TestAHalfFailedInjectionStaysHalfWhereTheActionIsNotDone(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toHalfMended)
	require.Equal(t, PhaseMending, p.Phase)
	p.run("refuse it shines")
	require.Equal(t, PhaseHalf, p.Phase)
	require.True(t, p.FaultOpen())
	require.True(t, p.Unmended())
	p.run("press; answer")
	require.Equal(t, ByPresenter, p.MendedBy)
}
