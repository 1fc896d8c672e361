package demo

import "time"

// The gates that a chapter file may name.
const (
	GateHealthy   = "healthy"   // every node up, every data node leading
	GateSteady    = "steady"    // the workload has a steady baseline
	GateFault     = "fault"     // the fault is in
	GateTicket    = "ticket"    // a ticket for the target is open
	GateAnswer    = "answer"    // the diagnosis is complete
	GateRecovered = "recovered" // every stage of the recovery was seen
	GateVerified  = "verified"  // every key was read again
)

// GateNames lists every name that gate may have.
func GateNames() []string {
	return []string{GateHealthy, GateSteady, GateFault, GateTicket, GateAnswer, GateRecovered, GateVerified}
}

// GateView is a gate as it stands.
type GateView struct {
	Name  string
	Open  bool
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
	v.Open = s.lookAt(c.Gate)
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

func (s State) lookAt(gate string) bool {
	switch gate {
	case GateHealthy:
		h := s.HealthCount()
		return s.Cluster.PD != "" && h.Nodes > 0 && h.Up == h.Nodes && h.Leading == h.Data && h.Data > 0 && s.Snapshot.Error == ""
	case GateSteady:
		return !s.Baseline.At.IsZero()
	case GateFault:
		return s.FaultIn()
	case GateTicket:
		_, ok := s.TargetTicket()
		return ok
	case GateAnswer:
		return s.Answer != nil || s.NothingAsked()
	case GateRecovered:
		return s.Recovered != nil || !s.FaultBegun() || s.Plan.Nothing()
	case GateVerified:
		return s.Ledger != nil
	}
	return true
}

// HealthCount is how many nodes there are, and of which kind.
type HealthCount struct{ Nodes, Up, Data, Leading int }

// HealthCount counts the nodes of the latest look.
func (s State) HealthCount() HealthCount {
	h := HealthCount{Nodes: len(s.Snapshot.Nodes)}
	for _, n := range s.Snapshot.Nodes {
		if n.Health == HealthUp {
			h.Up++
		}
		if n.Role == RoleData {
			h.Data++
			if n.Leaders > 0 {
				h.Leading++
			}
		}
	}
	return h
}

// Agreeing counts the signals that are seen of the target.
func (s State) Agreeing() int {
	active := 0
	for _, name := range SignalNames() {
		if s.Plan != nil && s.SignalActive(name, s.Plan.Target) {
			active++
		}
	}
	return active
}

// NothingAsked says whether the diagnosis was passed without a question: there
// was no ticket to ask about.
func (s State) NothingAsked() bool {
	for i, c := range s.Chapters {
		if c.OnEnter == OnEnterDiagnose && s.Visits[i].Work.State == WorkDone && s.Answer == nil {
			return true
		}
	}
	return false
}

// LeadersBack gives how many regions a target leads, and how many it must: the
// first that lacks some, where more than one was broken.
func (s State) LeadersBack() (leads, wanted int) {
	target, _ := s.Snapshot.Node(s.Plan.Target)
	for _, name := range s.Plan.Targets() {
		if n, known := s.Snapshot.Node(name); known && !s.leadsEnough(n) {
			target = n
			break
		}
	}
	return target.Leaders, s.leadersWanted(target.Name)
}
