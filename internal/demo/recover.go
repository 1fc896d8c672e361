package demo

import (
	"slices"
	"time"
)

// newStages gives the stages of a recovery with their limits. They are meant
// for an audience: what takes longer is worth a word, not a failure. A control node
// leads no regions and has no status port.
func newStages(role Role) []Stage {
	all := []Stage{
		{Name: StageProcess, Limit: 20 * time.Second},
		{Name: StageServing, Limit: 20 * time.Second},
		{Name: StageMember, Limit: 30 * time.Second},
		{Name: StageLeaders, Limit: 40 * time.Second},
		{Name: StageThroughput, Limit: time.Minute},
	}
	if role == RoleControl {
		all = slices.DeleteFunc(all, func(s Stage) bool { return s.Name == StageServing || s.Name == StageLeaders })
	}
	return all
}

// recover repairs what was broken, if somebody has allowed that. Where nobody is
// asked, the proposed action is carried out when the diagnosis was right, and
// otherwise the fault's own inverse is: a wrong answer never acts on a healthy
// node. With a presenter it waits for a decision.
func (m *machine) recover() {
	if m.Opened == nil {
		m.openSeal()
	}
	if !m.FaultOpen() {
		return
	}
	target, _ := m.Before.Node(m.Plan.Target)
	m.Stages = newStages(target.Role)
	switch action, waits := m.Proposal(); {
	case m.waits(forInjection): // its end comes first, see noticeHealing
	case m.Decision == Approved:
		m.carryOut()
	case m.healed():
		m.mend(ByItself)
	case !m.Unattended():
	case waits && m.Answer.Correct && action.Target == m.Plan.Target:
		m.approve(ByAuto)
		m.carryOut()
	default:
		m.mend(ByDemo)
	}
}

// Unmended says whether the chapter of the recovery waits: for the presenter,
// or for the fault to end by itself.
func (s State) Unmended() bool {
	return s.Chapters[s.Reached].OnEnter == OnEnterRecover && (s.Phase == PhaseOpen || s.Phase == PhaseHalf)
}

// carryOut does what was approved.
func (m *machine) carryOut() {
	m.repair(Act{Action: m.Answer.Action, FaultType: m.Answer.FaultType})
}

// mend undoes the fault by its own inverse, instead of what was proposed.
func (m *machine) mend(by string) {
	if by != ByItself { // of that only the end is certain
		m.settleProposal(by)
	}
	m.repair(LiftFault{Plan: *m.Plan, By: by})
}

// mendNow does what mend does, in a chapter that has been waiting.
func (m *machine) mendNow(by string) {
	m.mend(by)
	m.limit(m.Reached)
}

// settleProposal says why what was proposed, and nobody decided, is not done.
func (m *machine) settleProposal(by string) {
	if _, waits := m.Proposal(); !waits {
		return
	}
	switch by {
	case ByItself:
		m.deny(ByDemo, DeniedHealed)
	case ByPresenter:
		m.deny(ByPresenter, DeniedByHand)
	default:
		m.deny(ByAuto, DeniedUntrue)
	}
}

// repair starts to repair, and the clocks of that. There is nothing to be decided
// about the action any more.
func (m *machine) repair(v Verb) {
	if m.Question == AskApprove || m.Question == AskReason {
		m.closeQuestion()
	}
	if m.Phase < PhaseMending {
		m.RepairAt = m.Now
	}
	m.Phase = max(m.Phase, PhaseMending)
	m.Repair = Work{State: WorkRunning, verb: v}
	m.do(v, forRepair, m.Reached)
	if m.Mode != ModeLeaving {
		m.timeStages()
	}
}

// skipped is an approved action whose precondition did not hold: nothing was
// done. An injection that has failed is still one that has failed: what it did is
// not known.
func (m *machine) skipped(b ActionSkipped, p pendingEffect) {
	if p.purpose != forRepair || m.Lifted() {
		m.done(p)
		return
	}
	m.Decision, m.DecidedFor = Skipped, b.Why
	m.forget(forStage)
	m.forget(forLimit)
	m.Phase, m.Repair = PhaseOpen, Work{}
	if m.Injection.State == WorkFailed {
		m.Phase = PhaseHalf
	}
	if m.Unmended() && m.Unattended() && m.Mode != ModeLeaving && !m.healed() {
		m.mendNow(ByDemo)
	}
}

// lifted is the end of the fault; the stages of the recovery are proven from
// here. What is lifted again was lifted the first time.
func (m *machine) lifted(at time.Time, by string, p pendingEffect) {
	m.done(p)
	if !m.FaultOpen() {
		return
	}
	if m.Mode != ModeLeaving {
		m.settleProposal(by)
	}
	m.Phase, m.LiftedAt, m.MendedBy = PhaseMended, at, by
	m.AtLift = m.Snapshot
	m.nothingBroken()
	if m.Mode != ModeLeaving {
		m.timeStages()
	}
}

// noticeHealing ends the wait of the chapter of the recovery: for the fault, which went in
// after the chapter was entered, or for a presenter when nothing is left to repair.
func (m *machine) noticeHealing() {
	switch {
	case !m.Unmended():
	case m.Decision == Approved, m.Unattended() && m.Decision != Skipped && !m.healed():
		m.recover()
		m.limit(m.Reached)
	case m.healed():
		m.mendNow(ByItself)
	}
}

// healed says whether the fault has ended although nobody repaired it: the monitor
// has closed every ticket of the target, and the control plane has heard from it
// again.
func (s State) healed() bool {
	var closed time.Time
	for _, t := range s.Tickets {
		if t.Target != s.Plan.Target || t.OpenedAt.Before(s.FaultAt) {
			continue
		}
		if t.ClosedAt.IsZero() {
			return false
		}
		closed = t.ClosedAt
	}
	return !closed.IsZero() && s.heardAgain(closed, s.Before)
}

// heardAgain says whether the control plane has been asked after a moment, and
// has heard from every target since an earlier look. That compares the control
// plane's clock only with itself; of its own members it keeps no time.
func (s State) heardAgain(after time.Time, earlier Snapshot) bool {
	if s.Snapshot.Error != "" || !s.Snapshot.LastUpdated.After(after) {
		return false
	}
	return s.everyTarget(func(n Node) bool {
		was, _ := earlier.Node(n.Name)
		return n.Health == HealthUp && (n.Role == RoleControl || n.LastBeat.After(was.LastBeat))
	})
}

// everyTarget says whether something holds for all that was broken.
func (s State) everyTarget(holds func(Node) bool) bool {
	return !slices.ContainsFunc(s.Plan.Targets(), func(name string) bool {
		n, known := s.Snapshot.Node(name)
		return !known || !holds(n)
	})
}

// timeStages starts the clocks of the stages that are awaited now: the first
// while the action is carried out, the others when it has been.
func (m *machine) timeStages() {
	m.forget(forStage)
	m.Stages = slices.Clone(m.Stages)
	for i := range m.Stages {
		st := &m.Stages[i]
		if !st.At.IsZero() {
			continue
		}
		st.Late = false
		if m.Lifted() != (st.Name == StageProcess) {
			st.Due = m.Now.Add(st.Limit)
			m.await(pendingEffect{chapter: m.Reached, verb: Wait{For: st.Limit}, purpose: forStage, stage: st.Name})
		}
	}
}

// stageLate says that a stage did not come within its limit. What is to be done
// about it is the presenter's to say.
func (m *machine) stageLate(name string) {
	m.Stages = slices.Clone(m.Stages)
	for i := range m.Stages {
		if st := &m.Stages[i]; st.Name == name && st.At.IsZero() {
			st.Late = true
			m.note(StageSeen{Name: name, Late: true, Limit: Millis(st.Limit), SinceFault: Millis(m.Now.Sub(m.FaultAt))})
		}
	}
}

// LateStage gives the first stage that did not come within its limit and has
// not come since.
func (s State) LateStage() (Stage, bool) {
	for _, st := range s.Stages {
		if st.Late && st.At.IsZero() {
			return st, true
		}
	}
	return Stage{}, false
}

// leadersWanted is how many regions a node must lead again: half of what it led,
// and at least one. What it led beyond an even share is not counted: nothing brings
// that back. The balance of the rest is the cluster's own pace.
func (s State) leadersWanted(name string) int {
	data, all := 0, 0
	for _, n := range s.Before.Nodes {
		if n.Role == RoleData {
			data, all = data+1, all+n.Leaders
		}
	}
	before, _ := s.Before.Node(name)
	return max(1, min(before.Leaders, all/max(1, data))/2)
}

// leadsEnough says whether a node leads as many regions again as it must.
func (s State) leadsEnough(n Node) bool { return n.Leaders >= s.leadersWanted(n.Name) }

// proveStages marks each stage of the recovery when it is first seen.
func (m *machine) proveStages() {
	if m.Phase != PhaseMended || len(m.Stages) == 0 {
		return
	}
	open := 0
	m.Stages = slices.Clone(m.Stages)
	for i := range m.Stages {
		st := &m.Stages[i]
		// Throughput comes last: what was there once on the way need not be there at
		// the end.
		if st.At.IsZero() && (st.Name != StageThroughput || open == 0) && m.stageReached(st.Name) {
			st.At = m.Now
			m.note(StageSeen{Name: st.Name, Limit: Millis(st.Limit), SinceFault: Millis(m.Now.Sub(m.FaultAt))})
			if st.Name == StageLeaders {
				m.prove()
			}
		}
		if st.At.IsZero() {
			open++
		}
	}
	if open == 0 {
		m.forget(forStage)
		m.Phase = PhaseRecovered
		m.Recovered = &Recovered{TTR: Millis(m.Now.Sub(m.FaultAt)), FromAction: m.fromAction(), OpsRatio: m.OpsRatio(), By: m.MendedBy}
		m.note(*m.Recovered)
	}
}

// fromAction is the time since the repair was begun: the time since the fault
// contains the talking before it.
func (m *machine) fromAction() Millis {
	if m.MendedBy == ByItself {
		return 0
	}
	return Millis(m.Now.Sub(m.RepairAt))
}

// stageReached looks for the proof of one stage.
func (m *machine) stageReached(name string) bool {
	switch name {
	case StageProcess:
		return true // the action answered: what it repaired runs
	case StageServing:
		return m.everyTarget(func(n Node) bool { return !m.SignalActive(SignalStatusProbe, n.Name) })
	case StageMember:
		return m.heardAgain(m.LiftedAt, m.AtLift)
	case StageLeaders:
		return m.heardAgain(m.LiftedAt, m.AtLift) && m.everyTarget(m.leadsEnough)
	case StageThroughput:
		k := len(m.Load) - recoveredSeconds
		return k >= 0 && m.Load[k].At.After(m.LiftedAt) && m.OpsRatio() >= recoveredShare
	}
	return false
}
