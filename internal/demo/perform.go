package demo

import "time"

// onEnter begins what a chapter does when it is entered for the first time.
func (m *machine) onEnter(i int, name string) {
	switch name {
	case OnEnterCluster:
		m.work(i, StartCluster{})
	case OnEnterLoad:
		m.work(i, StartLoad{})
	case OnEnterFault:
		m.work(i, PlanFault{})
	case OnEnterDiagnose:
		m.diagnose(i)
	case OnEnterRecover:
		m.recover(i)
	case OnEnterVerify:
		m.work(i, Verify{})
	}
}

// planned names the target. A presenter's press starts the countdown; without
// a presenter it starts by itself after a moment.
func (m *machine) planned(b FaultPlanned) {
	plan := b.Plan
	m.Plan = &plan
	if m.Options.Auto {
		m.do(Wait{For: aimPause}, forCountdown, m.Reached)
	}
}

// Aimed says whether the target is named and nothing has begun yet: the next
// press starts the countdown.
func (s State) Aimed() bool {
	return s.Chapters[s.Reached].OnEnter == OnEnterFault && s.Plan != nil && s.FaultAt.IsZero() &&
		s.Countdown == 0 && !s.FaultOpen() && !s.waits(forCountdown) && s.Visits[s.Reached].Work.State == WorkRunning
}

func (m *machine) countDown() {
	m.Countdown = countdownStart
	m.do(Wait{For: countdownBeat}, forCountdown, m.Reached)
}

// beat is one second of the countdown; after the last the fault is done.
func (m *machine) beat() {
	switch m.Countdown {
	case 0:
		m.countDown()
	case 1:
		m.Countdown = 0
		m.work(m.Reached, InjectFault{Plan: *m.Plan})
	default:
		m.Countdown--
		m.do(Wait{For: countdownBeat}, forCountdown, m.Reached)
	}
}

// cancelCountdown stops a countdown that has not ended: nothing is broken.
func (m *machine) cancelCountdown() {
	m.Countdown = 0
	m.forget(forCountdown)
}

// injected remembers the target as it was, so that recovery can be proven
// against it.
func (m *machine) injected(at time.Time, b FaultInjected, p pendingEffect) {
	plan := b.Plan
	m.Plan, m.FaultAt = &plan, at
	m.Before, _ = m.Snapshot.Node(plan.Target)
	m.done(p)
}

// diagnose asks for the cause of the target's ticket. When its gate was forced
// there may be no ticket: then nothing is asked, and the screen says so.
func (m *machine) diagnose(i int) {
	if t, ok := m.TargetTicket(); ok {
		m.work(i, Diagnose{Ticket: t.TicketOpened})
		return
	}
	m.Visits[i].Work.State = WorkDone
}

// answered takes the diagnosis in, and the action that it proposes.
func (m *machine) answered(at time.Time, b DiagnosisFinished) {
	m.Answer, m.AnswerAt = &b, at
	for i := range m.Visits {
		if m.Chapters[i].OnEnter == OnEnterDiagnose {
			m.Visits[i].Work.State = WorkDone
		}
	}
	if b.Action.Name != "" && b.Action.Name != ActionNone {
		m.note(ActionProposed{Action: b.Action, By: b.Source})
	}
}

// recover mends what was broken. The proposed action is carried out when the
// diagnosis was right; otherwise the fault's own inverse is, and the credit is
// the presenter's: a wrong answer never acts on a healthy node.
func (m *machine) recover(i int) {
	if m.FaultAt.IsZero() || !m.LiftedAt.IsZero() {
		m.Visits[i].Work.State = WorkDone
		return
	}
	m.Stages = []Stage{{Name: StageProcess}, {Name: StageServing}, {Name: StageMember}, {Name: StageLeaders}, {Name: StageThroughput}}
	by := ByPresenter
	if m.Options.AutoApprove {
		by = ByAuto
	}
	if a := m.Answer; a != nil && a.Correct && a.Action.Name != ActionNone && a.Action.Target == m.Plan.Target {
		m.Approved = by
		m.note(ActionApproved{Action: a.Action, By: by})
		m.work(i, Act{Action: a.Action, By: by})
		return
	}
	if a := m.Answer; a != nil && a.Action.Name != "" && a.Action.Name != ActionNone {
		m.note(ActionDenied{Action: a.Action, By: by})
	}
	m.work(i, LiftFault{Plan: *m.Plan})
}

// lifted is the end of the fault; the stages of the recovery are proven from here.
func (m *machine) lifted(at time.Time, p pendingEffect) {
	m.LiftedAt = at
	m.AtLift, _ = m.Snapshot.Node(m.Plan.Target)
	m.done(p)
	if m.Question == Leaving {
		m.finish(OutcomeQuit)
	}
}
