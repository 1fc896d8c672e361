package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// armed stands in chapter 6 with a press that waits for the gate, which is open.
const armed = toTicket + "; press; press; answer"

func TestAPendingAdvanceDoesNotReplaceAnOpenQuestion(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(armed)
	require.True(t, p.waits(forAdvance))
	p.run("quit")
	require.Equal(t, AskQuitFault, p.Question)
	require.False(t, p.waits(forAdvance), "what waits stops with the question")
	p.tickIfAny()
	require.Equal(t, AskQuitFault, p.Question)
	p.run("yes")
	require.Empty(t, p.ApprovedBy(), "a yes to leaving approves nothing")
	require.Equal(t, ModeLeaving, p.Mode)
}

// tickIfAny lets the pause before an advance end, as a timer that was set does.
func (p *play) tickIfAny() {
	for _, e := range p.pending {
		if w, ok := e.Verb.(Wait); ok && w.For == time.Second {
			p.apply("late tick", Event{Step: e.Step, Body: Waited{}})
		}
	}
}

func TestLeavingIsNotForgotten(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(armed + "; quit; yes")
	p.tickIfAny()
	require.Equal(t, NoQuestion, p.Question)
	p.run("press; back; jump 1; retry; decide; no; force; restart")
	require.Equal(t, ModeLeaving, p.Mode)
	require.Nil(t, p.Finished)
	p.run("answer")
	require.NotNil(t, p.Finished)
	require.Equal(t, OutcomeQuit, p.Finished.Outcome)
}

func TestWhileLeavingTheFailureOfAnythingElseDoesNotEndTheRunBeforeTheRepair(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toTicket + "; press; quit; yes; fail the analyst fell asleep")
	require.Nil(t, p.Finished, "the repair still runs")
	p.run("answer")
	require.Equal(t, OutcomeQuit, p.Finished.Outcome)
	require.True(t, p.Lifted())
}

func TestLeavingEndsTheRunEvenWhenTheRepairFails(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toDark + "; quit; yes; fail it is stuck")
	require.Equal(t, OutcomeQuit, p.Finished.Outcome)
	require.True(t, p.FaultOpen())
}

func TestLeavingWaitsForTheInjectionBeforeItMends(t *testing.T) {
	for _, how := range []string{"answer", "fail it slipped"} {
		p := newPlay(t, Options{})
		p.run(toFault + "; press; tick 1s; tick 1s; tick 1s; quit")
		p.trace.Reset()
		p.run("yes")
		require.Equal(t, "yes: | fault\n", p.trace.String())
		p.trace.Reset()
		p.run(how + "; answer")
		require.Equal(t, how+": lift the fault | fault\nanswer: [hypothesis.judged] finish(quit) | fault\n", p.trace.String())
	}
}

func TestLeavingWhileAnActionIsCarriedOutMendsWhatItDoesNot(t *testing.T) {
	for how, want := range map[string]string{
		"answer":             "answer: [hypothesis.judged] finish(quit) | recovery\n",
		"fail it slipped":    "fail it slipped: lift the fault | recovery\n",
		"refuse it is alive": "refuse it is alive: lift the fault | recovery\n",
	} {
		p := newPlay(t, Options{})
		p.run(toAnswer + "; press; yes; quit; yes")
		p.trace.Reset()
		p.run(how)
		require.Equal(t, want, p.trace.String())
	}
}

func TestTheSecondInterruptLeavesAtOnceAndSaysWhatStaysBroken(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toDark + "; interrupt")
	require.Equal(t, ModeLeaving, p.Mode, "the first one mends and leaves")
	require.Contains(t, p.trace.String(), "interrupt: lift the fault")
	p.run("interrupt")
	require.Equal(t, OutcomeQuit, p.Finished.Outcome)
	require.Equal(t, []string{"lamp-2"}, p.Finished.LeftBroken)

	p = newPlay(t, Options{})
	p.run(toLoad + "; interrupt")
	require.Equal(t, OutcomeQuit, p.Finished.Outcome, "with nothing broken the first one leaves")
	require.Empty(t, p.Finished.LeftBroken)
}

func TestTheQuestionWhetherToMendGoesAwayWhenItIsMended(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toAnswer + "; press; yes; quit")
	require.Equal(t, AskQuitFault, p.Question)
	p.run("answer")
	require.Equal(t, NoQuestion, p.Question)
	require.Nil(t, p.Finished)
}

func TestWhoLooksBackIsLeftInPeace(t *testing.T) {
	for _, setting := range []string{toLoad, toTicket + "; press; press; answer"} {
		p := newPlay(t, Options{})
		p.run(setting)
		require.True(t, p.waits(forAdvance))
		reached := p.Reached
		p.run("jump 1")
		for _, e := range p.pending {
			if _, wait := e.Verb.(Wait); wait {
				p.apply("late tick", Event{Step: e.Step, Body: Waited{}})
			}
		}
		require.Equal(t, 0, p.Current)
		require.Equal(t, reached, p.Reached)
	}
}

func TestAGateThatOpensLateIsNotLateAnyMore(t *testing.T) {
	p := newPlay(t, Options{})
	p.run("press; answer; tick 1m0s")
	require.True(t, p.Visits[1].Late)
	p.run("lamps up")
	require.False(t, p.Visits[1].Late)
}

func TestARefusalGoesAwayByItself(t *testing.T) {
	p := newPlay(t, Options{})
	p.run("press; answer; retry")
	require.NotZero(t, p.Refusal)
	p.run("lamps up")
	require.Zero(t, p.Refusal, "the gate has opened")
	p.run("retry")
	require.NotZero(t, p.Refusal)
	p.run("lamps up; lamps up; lamps up; lamps up; lamps up; lamps up")
	require.Zero(t, p.Refusal, "it is old")
}

func TestAHalfFailedInjectionIsMendedBeforeTheTalkEndsOrBeginsAgain(t *testing.T) {
	half := toFault + "; press; tick 1s; tick 1s; tick 1s; fail it slipped"
	p := newPlay(t, Options{})
	p.run(half)
	require.Equal(t, PhaseHalf, p.Phase)
	p.run("quit")
	require.Equal(t, AskQuitFault, p.Question)
	p.run("yes; answer")
	require.True(t, p.Lifted())
	require.NotNil(t, p.Finished)

	p = newPlay(t, Options{})
	p.run(half + "; force; force; force; press")
	require.Equal(t, PhaseMending, p.Phase)
	require.Equal(t, "recovery", p.Chapter().ID)
}

func TestTheScorecardForgetsNothing(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toDark)
	p.run("load 7")
	for range loadKept + 10 {
		p.State, _ = Apply(p.State, Event{At: p.at, Body: LoadSeen{LoadSample{Ops: 100, Errors: 1}}})
	}
	sc := ScoreOf(p.State)
	require.EqualValues(t, 5*100+7+(loadKept+10)*100, sc.Ops)
	require.EqualValues(t, loadKept+10, sc.Errors)
	require.EqualValues(t, 7, sc.DipOps)
}

func TestANewPlayHearsNothingOfTheOldOne(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toComplete + "; restart; yes")
	require.Equal(t, 2, p.Play)
	require.NotEmpty(t, p.Cluster.PD, "the cluster is the same")
	for _, b := range []Body{TicketOpened{ID: "T-9", Target: "lamp-2"}, LoadSeen{LoadSample{Ops: 1}}, FaultSealed{Hash: "old"}} {
		p.apply("old", Event{Play: 1, Body: b})
	}
	require.Empty(t, p.Tickets)
	require.Empty(t, p.Load)
	require.Empty(t, p.Sealed)
	p.apply("new", Event{Play: 2, Body: LoadSeen{LoadSample{Ops: 1}}})
	require.Len(t, p.Load, 1)
}

func TestAStaleIntentIsRefusedWithAReason(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toAnswer)
	seen := p.Rev
	p.run("press") // the action is put before the presenter
	require.NotEqual(t, seen, p.Rev)
	p.run("lamps out") // the keys are alive, and nothing else is on offer
	p.at = p.at.Add(time.Second)
	now := p.Rev
	p.apply("stale", Event{Body: Asked{Intent: Advance, Who: "the console", Rev: seen}})
	require.Equal(t, AskApprove, p.Question, "to go on meant the next chapter then")
	require.Equal(t, WhyStale, p.Refusal.Why)
	p.apply("fresh", Event{Body: Asked{Intent: Confirm, Who: "the console", Rev: now}})
	require.Equal(t, ByPresenter, p.ApprovedBy())
}

func TestWhatComesEverySecondMakesNothingStale(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toTicket)
	seen := p.Rev
	p.run("load 100; lamps out; load 99; signal heartbeat_age")
	require.Equal(t, seen, p.Rev)
}

func TestTheClusterBeforeTheFaultIsThatOfWhenItWasAskedFor(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toFault + "; press; tick 1s; tick 1s; tick 1s; lamps out; answer")
	n, _ := p.Before.Node("lamp-2")
	require.Equal(t, 3, n.Leaders, "a look that comes while it is being done shows its effects")
}
