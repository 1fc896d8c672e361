package demo

import (
	"fmt"
	"math"
	"time"
)

// The gates that a chapter file may name.
const (
	GateHealthy   = "healthy"   // every node up, every data node leading
	GateSteady    = "steady"    // the workload has a steady baseline
	GateFault     = "fault"     // the fault is in
	GateTicket    = "ticket"    // a ticket for the target is open
	GateAnswer    = "answer"    // the diagnosis is complete
	GateRecovered = "recovered" // every stage of the recovery was seen
	GateVerified  = "verified"  // every acknowledged write was read again
)

// GateNames lists every name that gate may have.
func GateNames() []string {
	return []string{GateHealthy, GateSteady, GateFault, GateTicket, GateAnswer, GateRecovered, GateVerified}
}

// GateView is a gate as it stands: whether it is open, and its live value.
type GateView struct {
	Name  string
	Open  bool
	Value string // "heartbeat age 14 s of 20 s"
	Limit time.Duration
}

// gateLimit is how long a gate may stay closed before the screen says so.
func gateLimit(name string) time.Duration {
	switch name {
	case GateHealthy, GateSteady:
		return 60 * time.Second
	case GateRecovered, GateVerified:
		return 90 * time.Second
	default:
		return 45 * time.Second
	}
}

// Gate looks at the gate of the furthest chapter, or of chapter i.
func (s State) Gate(i int) GateView {
	c := s.Chapters[i]
	v := GateView{Name: c.Gate, Limit: gateLimit(c.Gate)}
	if c.Gate == GateTicket && s.Options.Unseen {
		v.Limit = s.Options.TicketWait
	}
	v.Open, v.Value = s.lookAt(c.Gate)
	if v.Open && c.BlocksAdvance && !s.worked(i) {
		v.Open = false
	}
	return v
}

// worked says whether the effect that chapter i is about is done. Where nothing
// was broken there is nothing to repair.
func (s State) worked(i int) bool {
	if s.Chapters[i].OnEnter == OnEnterRecover && s.Repair.State == WorkNone {
		return !s.FaultOpen()
	}
	return s.WorkOf(i).State == WorkDone
}

func (s State) lookAt(gate string) (bool, string) {
	switch gate {
	case GateHealthy:
		return s.healthy()
	case GateSteady:
		return s.steady()
	case GateFault:
		return s.faultIn()
	case GateTicket:
		return s.ticketed()
	case GateAnswer:
		return s.answered()
	case GateRecovered:
		return s.recovered()
	case GateVerified:
		if s.Ledger == nil {
			return false, "reading every acknowledged write again"
		}
		return true, fmt.Sprintf("%d writes checked, %d lost", s.Ledger.Checked, s.Ledger.Lost)
	}
	return true, ""
}

func (s State) healthy() (bool, string) {
	if s.Cluster.PD == "" {
		return false, "the cluster is not up yet"
	}
	if len(s.Snapshot.Nodes) == 0 {
		return false, "no look at the cluster's health yet"
	}
	up, leading, data := 0, 0, 0
	for _, n := range s.Snapshot.Nodes {
		if n.Health == HealthUp {
			up++
		}
		if n.Role == RoleData {
			data++
			if n.Leaders > 0 {
				leading++
			}
		}
	}
	ok := up == len(s.Snapshot.Nodes) && leading == data && data > 0 && s.Snapshot.Error == ""
	return ok, fmt.Sprintf("%d of %d nodes up, %d of %d leading", up, len(s.Snapshot.Nodes), leading, data)
}

func (s State) steady() (bool, string) {
	if !s.Baseline.At.IsZero() {
		return true, fmt.Sprintf("baseline %.0f ops/s, p99 %s", s.Baseline.Ops, s.Baseline.P99.Round(100*time.Microsecond))
	}
	if !s.LoadOn {
		return false, "loading data"
	}
	return false, fmt.Sprintf("steady for %d of %d s", s.steadySeconds(), baselineSeconds)
}

func (s State) faultIn() (bool, string) {
	switch {
	case s.FaultIn():
		return true, s.Plan.Effect
	case s.Phase == PhaseInjecting:
		return false, s.Plan.Effect
	case s.Countdown > 0:
		return false, fmt.Sprintf("%d", s.Countdown)
	case s.Plan != nil:
		return false, "aimed at " + s.Plan.Target
	}
	return false, "choosing a target"
}

func (s State) ticketed() (bool, string) {
	if t, ok := s.TargetTicket(); ok {
		return true, fmt.Sprintf("%s after %.1f s", t.ID, t.OpenedAt.Sub(s.FaultAt).Seconds())
	}
	if !s.FaultBegun() {
		return false, "nothing was broken"
	}
	active := 0
	for _, name := range SignalNames() {
		if s.SignalActive(name, s.Plan.Target) {
			active++
		}
	}
	return false, fmt.Sprintf("%d of 2 signals agree", min(active, 2))
}

func (s State) answered() (bool, string) {
	if s.Answer != nil {
		if took := s.Answer.Took.Duration(); took >= 100*time.Millisecond {
			return true, fmt.Sprintf("answered in %.1f s", took.Seconds())
		}
		return true, "answered at once"
	}
	for i, c := range s.Chapters {
		if c.OnEnter == OnEnterDiagnose && s.Visits[i].Work.State == WorkDone {
			return true, "no ticket, nothing to diagnose"
		}
	}
	if s.Asking == nil {
		return false, "freezing the evidence"
	}
	return false, s.Asking.Source + " is looking at the evidence"
}

func (s State) recovered() (bool, string) {
	if s.Recovered != nil {
		return true, fmt.Sprintf("recovered in %.1f s", s.Recovered.TTR.Duration().Seconds())
	}
	if !s.FaultBegun() || s.Plan.Nothing() {
		return true, "nothing to recover from"
	}
	if s.Unmended() {
		return false, s.undecided()
	}
	for _, st := range s.Stages {
		if st.At.IsZero() {
			return false, "waiting: " + st.Name + s.StageDetail(st.Name)
		}
	}
	return false, "waiting for the action"
}

// undecided says why nothing is being mended.
func (s State) undecided() string {
	action, waits := s.Proposal()
	switch {
	case waits:
		return action.String() + " is not approved"
	case s.Skipped != "":
		return action.String() + " was not done: " + s.Skipped
	case s.Denied != "":
		return action.String() + " was refused: " + s.Denied
	}
	return "nothing was proposed"
}

// StageDetail is how far a stage is that has not come, "" where that has no
// figure.
func (s State) StageDetail(stage string) string {
	n, _ := s.Snapshot.Node(s.Plan.Target)
	switch stage {
	case StageLeaders:
		before, _ := s.Before.Node(n.Name)
		return fmt.Sprintf(" (%d of %d regions)", n.Leaders, leadersWanted(before))
	case StageThroughput:
		return fmt.Sprintf(" (now %.0f%%)", math.Floor(100*s.opsRatio()))
	}
	return ""
}
