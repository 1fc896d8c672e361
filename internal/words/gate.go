package words

import (
	"fmt"
	"math"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Gate says how far the gate of chapter i is.
func (v Voice) Gate(s demo.State, i int) string {
	switch s.Chapters[i].Gate {
	case demo.GateHealthy:
		return healthy(s)
	case demo.GateSteady:
		return steady(s)
	case demo.GateFault:
		return faultIn(s)
	case demo.GateTicket:
		return ticketed(s)
	case demo.GateAnswer:
		return answered(s)
	case demo.GateRecovered:
		return v.recovered(s)
	case demo.GateVerified:
		if s.Ledger == nil {
			return "reading every key again"
		}
		value := fmt.Sprintf("%d keys read again, %d lost", s.Ledger.Checked, s.Ledger.Lost)
		if s.Ledger.Unknown > 0 {
			value += fmt.Sprintf(", %d unknown", s.Ledger.Unknown)
		}
		return value
	}
	return ""
}

func healthy(s demo.State) string {
	switch h := s.HealthCount(); {
	case s.Cluster.PD == "":
		return "the cluster is not up yet"
	case h.Nodes == 0:
		return "no look at the cluster's health yet"
	default:
		return fmt.Sprintf("%d of %d nodes up, %d of %d leading", h.Up, h.Nodes, h.Leading, h.Data)
	}
}

func steady(s demo.State) string {
	switch {
	case !s.Baseline.At.IsZero():
		return fmt.Sprintf("baseline %.0f ops/s, p99 %s", s.Baseline.Ops, s.Baseline.P99.Round(100*time.Microsecond))
	case !s.LoadOn:
		return "loading data"
	}
	return fmt.Sprintf("steady for %d of %d s", s.SteadySeconds(), demo.BaselineSeconds)
}

func faultIn(s demo.State) string {
	switch {
	case s.FaultBegun():
		return s.Plan.Effect
	case s.Countdown > 0:
		return fmt.Sprint(s.Countdown)
	case s.Phase == demo.PhaseAimed:
		return "aimed at " + s.Plan.Target
	}
	return "choosing a target"
}

func ticketed(s demo.State) string {
	if t, ok := s.TargetTicket(); ok {
		return t.ID + " after " + Seconds(t.OpenedAt.Sub(s.FaultAt))
	}
	if !s.FaultBegun() {
		return "nothing was broken"
	}
	return fmt.Sprintf("%d of 2 signals agree", min(s.Agreeing(), 2))
}

func answered(s demo.State) string {
	if s.Answer != nil {
		if took := s.Answer.Took.Duration(); took >= 100*time.Millisecond {
			return "answered in " + Seconds(took)
		}
		return "answered at once"
	}
	switch {
	case s.NothingAsked():
		return "no ticket, nothing to diagnose"
	case s.Asking == nil:
		return "freezing the evidence"
	}
	return s.Asking.Source + " is looking at the evidence"
}

func (v Voice) recovered(s demo.State) string {
	switch {
	case s.Recovered != nil:
		return "recovered in " + Seconds(s.Recovered.TTR.Duration())
	case !s.FaultBegun() || s.Plan.Nothing():
		return "nothing to recover from"
	case s.Unmended():
		return undecided(s)
	}
	for _, st := range s.Stages {
		if st.At.IsZero() {
			return "waiting: " + v.Stage(st.Name) + Detail(s, st.Name)
		}
	}
	return "waiting for the action"
}

// undecided says why nothing is being mended.
func undecided(s demo.State) string {
	action, waits := s.Proposal()
	switch {
	case waits:
		return action.String() + " is not approved"
	case s.SkippedFor() != "":
		return NotDone(s)
	case s.DeniedFor() != "":
		return action.String() + " was refused: " + s.DeniedFor()
	}
	return "nothing was proposed"
}

// NotDone says why an approved action was not carried out.
func NotDone(s demo.State) string {
	return s.Answer.Action.String() + " was not done: " + s.SkippedFor()
}

// Detail says how far a stage is that has not come, "" where that has no figure.
func Detail(s demo.State, stage string) string {
	switch stage {
	case demo.StageLeaders:
		leads, wanted := s.LeadersBack()
		return fmt.Sprintf(" (%d of %d regions)", leads, wanted)
	case demo.StageThroughput:
		return fmt.Sprintf(" (now %.0f%%)", math.Floor(100*s.OpsRatio()))
	}
	return ""
}
