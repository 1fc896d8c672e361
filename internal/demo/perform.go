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
	switch {
	case m.Options.Unseen:
		m.work(m.Reached, InjectFault{Plan: plan})
	case m.Options.Auto:
		m.do(Wait{For: aimPause}, forCountdown, m.Reached)
	}
}

// Aimed says whether the target is named and nothing has begun yet: the next
// press starts the countdown.
func (s State) Aimed() bool {
	return s.Chapters[s.Reached].OnEnter == OnEnterFault && s.Plan != nil && s.FaultAt.IsZero() &&
		s.Countdown == 0 && !s.FaultOpen() && !s.waits(forCountdown) && s.Visits[s.Reached].Work.State == WorkRunning
}

// shoot begins the countdown. Before a fault that costs the quorum the presenter
// is asked twice, for what it stops is everybody's work and not one node's.
func (m *machine) shoot() {
	if m.Plan.CostsQuorum {
		m.Question = AskQuorum
		return
	}
	m.countDown()
}

// answerQuorum is what a press means then. To go on is no yes.
func (m *machine) answerQuorum(a Asked) {
	switch a.Intent {
	case Confirm:
		if m.Question == AskQuorum {
			m.Question = AskQuorumAgain
			return
		}
		m.Question = NoQuestion
		m.countDown()
	case Dismiss, Back:
		m.Question = NoQuestion
	case Quit:
		m.Question = NoQuestion
		m.quit()
	}
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
	m.Before = m.Snapshot
	if plan.Nothing() {
		m.LiftedAt = at
	}
	m.done(p)
}
