package words

import (
	"fmt"
	"math"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Gate says what the gate of chapter i still waits for, or what opened it.
func (v Voice) Gate(s demo.State, i int) string {
	switch s.Chapters[i].Gate {
	case demo.GateHealthy:
		return v.Health(s)
	case demo.GateSteady:
		return v.steady(s)
	case demo.GateFault:
		return v.faultIn(s)
	case demo.GateTicket:
		return v.ticketed(s)
	case demo.GateAnswer:
		return v.answered(s)
	case demo.GateRecovered:
		return v.recovered(s)
	case demo.GateVerified:
		if s.Ledger == nil {
			return v.Say("reading every key again")
		}
		value := v.Say("%d keys read again, %d lost", s.Ledger.Checked, s.Ledger.Lost)
		if s.Ledger.Unknown > 0 {
			value += v.Say(", %d unknown", s.Ledger.Unknown)
		}
		return value
	}
	return ""
}

// Health says how many nodes are up.
func (t Tongue) Health(s demo.State) string {
	switch h := s.HealthCount(); {
	case s.Cluster.PD == "":
		return t.Say("the cluster is not up yet")
	case h.Nodes == 0:
		return t.Say("waiting for the first look at the cluster")
	default:
		return t.Say("%d of %d nodes up, %d of %d leading", h.Up, h.Nodes, h.Leading, h.Data)
	}
}

func (t Tongue) steady(s demo.State) string {
	switch {
	case !s.Baseline.At.IsZero():
		return t.Say("baseline %.0f ops/s, p99 %s", s.Baseline.Ops, t.Latency(s.Baseline.P99))
	case !s.LoadOn:
		return t.Say("loading data")
	}
	return t.Say("steady for %d of %d s", s.SteadySeconds(), demo.BaselineSeconds)
}

func (t Tongue) faultIn(s demo.State) string {
	switch {
	case s.FaultBegun():
		return t.Quote(s.Plan.Effect)
	case s.Countdown > 0:
		return fmt.Sprint(s.Countdown)
	case s.Phase == demo.PhaseAimed:
		return t.Say("aimed at %s", s.Plan.Target)
	}
	return t.Say("choosing a target")
}

func (t Tongue) ticketed(s demo.State) string {
	if ticket, ok := s.TargetTicket(); ok {
		return t.Say("%s after %s", ticket.ID, t.Seconds(ticket.OpenedAt.Sub(s.FaultAt)))
	}
	if !s.FaultBegun() {
		return t.Say("nothing was broken")
	}
	return t.Say("%d of 2 signals agree", min(s.Agreeing(), 2))
}

func (t Tongue) answered(s demo.State) string {
	if s.Answer != nil {
		if took := s.Answer.Took.Duration(); took >= 100*time.Millisecond {
			return t.Say("answered in %s", t.Seconds(took))
		}
		return t.Say("answered at once")
	}
	switch {
	case s.NothingAsked():
		return t.Say("no ticket, nothing to diagnose")
	case s.Asking == nil:
		return t.Say("freezing the evidence")
	}
	return t.Say("%s is looking at the evidence", s.Asking.Source)
}

func (v Voice) recovered(s demo.State) string {
	switch {
	case s.Recovered != nil:
		return v.Say("recovered in %s", v.Seconds(s.Recovered.TTR.Duration()))
	case !s.FaultBegun() || s.Plan.Nothing():
		return v.Say("nothing to recover from")
	case s.Unmended():
		return v.undecided(s)
	}
	for _, st := range s.Stages {
		if st.At.IsZero() {
			return v.Say("waiting: %s%s", v.Stage(st.Name), v.Detail(s, st.Name))
		}
	}
	return v.Say("waiting for the action")
}

// undecided says why nothing is being repaired.
func (t Tongue) undecided(s demo.State) string {
	action, waits := s.Proposal()
	switch {
	case waits:
		return t.Say("%s is not approved", action.String())
	case s.SkippedFor() != "":
		return t.NotDone(s)
	case s.DeniedFor() != "":
		return t.Say("%s was refused: %s", action.String(), t.Denied(s.DeniedFor()))
	}
	return t.Say("nothing was proposed")
}

// NotDone says why an approved action was not carried out.
func (t Tongue) NotDone(s demo.State) string {
	return t.Say("%s was not done: %s", s.Answer.Action.String(), s.SkippedFor())
}

// Detail gives the figure of a stage that has not been reached, "" if it has none.
func (t Tongue) Detail(s demo.State, stage string) string {
	switch stage {
	case demo.StageLeaders:
		leads, wanted := s.LeadersBack()
		return t.Say(" (%d of %d regions)", leads, wanted)
	case demo.StageThroughput:
		return t.Say(" (now %.0f%%)", math.Floor(100*s.OpsRatio()))
	}
	return ""
}

// Wanted names what a gate waits for.
func (t Tongue) Wanted(gate string) string {
	switch gate {
	case demo.GateHealthy:
		return t.Say("a healthy cluster")
	case demo.GateSteady:
		return t.Say("a steady baseline")
	case demo.GateFault:
		return t.Say("the fault")
	case demo.GateTicket:
		return t.Say("a ticket")
	case demo.GateAnswer:
		return t.Say("the answer")
	case demo.GateRecovered:
		return t.Say("the recovery")
	case demo.GateVerified:
		return t.Say("the last reading of every key")
	}
	return gate
}
