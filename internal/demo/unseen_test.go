package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// unseen plays to the moment at which a plan is in.
func unseen(t *testing.T, plan Plan) *play {
	p := newPlay(t, Options{Auto: true, AutoApprove: true, Unseen: true, TicketWait: 15 * time.Second})
	p.run("tick 0s; answer; lamps up; tick 0s; answer; load 100; load 100; load 100; load 100; load 100; tick 0s")
	p.run("seal")
	e := p.take("plan", func(v Verb) bool { _, ok := v.(PlanFault); return ok })
	p.apply("plan", Event{Step: e.Step, Body: FaultPlanned{Plan: plan}})
	p.run("answer; tick 0s")
	require.Equal(t, "detection", p.Chapter().ID, p.trace.String())
	return p
}

func TestAnUnseenPlayInWhichNothingIsBrokenAsksAllTheSame(t *testing.T) {
	p := unseen(t, Plan{Fault: FaultNone, FaultType: TypeNone})
	require.False(t, p.FaultOpen())
	p.run("tick 15s")
	e := p.take("diagnose", func(v Verb) bool { _, ok := v.(Diagnose); return ok })
	require.Empty(t, e.Verb.(Diagnose).Ticket.ID, "asked without a ticket")
	p.apply("calm", Event{Body: DiagnosisStarted{Source: "RULES"}})
	p.apply("calm", Event{Step: e.Step, Body: DiagnosisFinished{Source: "RULES", FaultType: TypeNone, Correct: true}})
	p.run("tick 0s")
	require.False(t, p.take("open", func(v Verb) bool { _, ok := v.(OpenSeal); return ok }).Verb.(OpenSeal).Ticket)
	p.run("tick 0s; answer; tick 0s")
	require.Equal(t, OutcomeComplete, p.Finished.Outcome, p.trace.String())
	require.NotContains(t, p.trace.String(), "lift the fault")
	require.Zero(t, p.FalseTickets())
	require.Zero(t, p.Forced)
}

func TestATicketForAnotherNodeIsAskedAboutAndCountsAsFalse(t *testing.T) {
	p := unseen(t, lampPlan)
	p.apply("elsewhere", Event{Body: TicketOpened{ID: "T-9", Target: "lamp-1"}})
	p.apply("consequence", Event{Body: TicketOpened{ID: "T-10", Target: "the street"}})
	require.Equal(t, "detection", p.Chapter().ID, "one for the target may still come")
	p.run("tick 15s")
	require.Equal(t, "T-9", p.take("diagnose", func(v Verb) bool { _, ok := v.(Diagnose); return ok }).Verb.(Diagnose).Ticket.ID)
	require.Equal(t, 1, p.FalseTickets())
}

func TestAnyTicketWhereNothingIsBrokenIsFalse(t *testing.T) {
	p := unseen(t, Plan{Fault: FaultNone, FaultType: TypeNone})
	p.apply("elsewhere", Event{Body: TicketOpened{ID: "T-1", Target: "the street"}})
	p.run("tick 15s")
	require.Equal(t, "T-1", p.take("diagnose", func(v Verb) bool { _, ok := v.(Diagnose); return ok }).Verb.(Diagnose).Ticket.ID)
	require.Equal(t, 1, p.FalseTickets())
}

func TestATalkWithoutATicketFailsAsEver(t *testing.T) {
	p := newPlay(t, Options{Auto: true, AutoApprove: true})
	p.run("tick 3s; answer; lamps up; tick 3s; answer; load 100; load 100; load 100; load 100; load 100; tick 3s; answer; tick 2s; tick 1s; tick 1s; tick 1s; answer; tick 3s; tick 45s")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)
}
