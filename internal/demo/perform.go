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
		m.recover()
	case OnEnterVerify:
		m.work(i, Verify{})
	}
}

// planned names the target. A presenter's press starts the countdown; without
// a presenter settle starts it.
func (m *machine) planned(b FaultPlanned, p pendingEffect) {
	m.done(p)
	if m.FaultBegun() {
		return // the gate was forced, tried again, and this came late
	}
	plan, expected := b.Plan, hypothesisOf(m.Options.Profile, b.Plan, m.Baseline)
	m.Plan, m.Phase, m.Hypothesis = &plan, PhaseAimed, &expected
	m.note(HypothesisStated{expected})
	if m.Options.Unseen || m.CatchingUp() {
		m.inject()
	}
}

// inject asks for the fault. The cluster as it is now is what the recovery is
// proven against: a look that comes while the fault is being done may show its
// effects already. Each injection begins a new incident: one that failed and was
// repaired behind a record left a proven recovery, which says nothing about the next.
func (m *machine) inject() {
	v := InjectFault{Plan: *m.Plan}
	before := m.Snapshot
	if m.Phase == PhaseHalf { // what failed may have broken something
		before = m.Before
	}
	m.Incident = Incident{
		Phase: PhaseInjecting, Plan: m.Plan, Sealed: m.Sealed, Opened: m.Opened, Hypothesis: m.Hypothesis,
		FaultAt: m.Now, Before: before, Injection: Work{State: WorkRunning, verb: v},
	}
	m.Proof = nil
	m.forget(forStage)
	m.forget(forProof)
	m.do(v, forInjection, m.Reached)
}

// Aimed says whether the target is named and nothing has begun yet: the next
// press starts the countdown.
func (s State) Aimed() bool {
	return s.Chapters[s.Reached].OnEnter == OnEnterFault && s.Phase == PhaseAimed && !s.waits(forCountdown)
}

// aiming says whether the target is still being chosen. A press does not count
// ahead: it would have to break something that nobody has named yet.
func (s State) aiming() bool {
	return s.Chapters[s.Reached].OnEnter == OnEnterFault && s.Phase == PhaseNone && !s.Options.Unseen
}

// takeAim starts the countdown of a play without a presenter after a moment, or after
// the question during which the target was named.
func (m *machine) takeAim() {
	if m.Options.Auto && m.Aimed() && m.Question == NoQuestion && m.Mode == ModeRunning {
		m.do(Wait{For: aimPause}, forCountdown, m.Reached)
	}
}

func (m *machine) countDown() {
	m.Phase, m.Countdown = PhaseCounting, countdownStart
	m.do(Wait{For: countdownBeat}, forCountdown, m.Reached)
}

// beat is one second of the countdown; after the last the fault is done.
func (m *machine) beat() {
	switch m.Countdown {
	case 0:
		m.countDown()
	case 1:
		m.Countdown = 0
		m.inject()
	default:
		m.Countdown--
		m.do(Wait{For: countdownBeat}, forCountdown, m.Reached)
	}
}

// cancelCountdown stops a countdown that has not ended: nothing is broken.
func (m *machine) cancelCountdown() {
	if m.Phase == PhaseCounting {
		m.Phase, m.Countdown = PhaseAimed, 0
	}
	m.forget(forCountdown)
}

// injected takes the time at which the fault began.
func (m *machine) injected(at time.Time, b FaultInjected) {
	if m.Lifted() {
		return
	}
	plan := b.Plan
	m.cancelCountdown()
	if !m.FaultBegun() { // nobody here asked for it
		m.Before = m.Snapshot
	}
	m.Plan, m.FaultAt, m.Phase = &plan, at, max(m.Phase, PhaseInjecting)
	m.Dip, m.Return = Dip{}, Return{}
	for _, p := range m.Load {
		m.Dip = m.dipped(p)
		m.returned(p)
	}
}

// confirmed says that the fault is in.
func (m *machine) confirmed(at time.Time, p pendingEffect) {
	m.done(p)
	if !m.FaultBegun() || m.FaultIn() {
		return
	}
	m.Phase = PhaseOpen
	if m.Plan.Nothing() {
		m.Phase, m.LiftedAt = PhaseMended, at
		m.nothingBroken()
	}
}
