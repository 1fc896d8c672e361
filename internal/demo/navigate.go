package demo

import "fmt"

// asked is what a presenter's press means now. Who leaves, leaves: only a second
// interrupt means anything then.
func (m *machine) asked(a Asked) {
	m.Refusal = ""
	switch {
	case a.Intent == Interrupt:
		m.interrupt()
	case m.Leaving:
	case m.Question != NoQuestion:
		m.answer(a)
	default:
		m.move(a)
	}
}

// move is what a press means while no question is open.
func (m *machine) move(a Asked) {
	switch a.Intent {
	case Advance:
		m.advance()
	case Back:
		m.back()
	case Jump:
		m.jump(a.N - 1)
	case Force:
		m.force()
	case Retry:
		m.retry()
	case Quit:
		m.quit()
	case Restart:
		m.again()
	case Decide:
		m.decideNow()
	}
}

// refuse says why a press did nothing.
func (m *machine) refuse(why string) {
	m.Refusal, m.refusedAt, m.refusedOpen = why, m.Now, m.Gate(m.Reached).Open
}

// forgetRefusal takes a refusal off the screen when it is old, or when the gate
// has opened or closed since.
func (m *machine) forgetRefusal() {
	if m.Now.Sub(m.refusedAt) > refusalShown || m.Gate(m.Reached).Open != m.refusedOpen {
		m.Refusal = ""
	}
}

// pose puts a question before the presenter, and stops whatever would go on by
// itself: an answer is never meant for something else.
func (m *machine) pose(q Question) {
	m.Question = q
	if q == AskApprove {
		m.AskedAt = m.Now
	}
	m.stopWaiting()
}

// closeQuestion takes the open question away.
func (m *machine) closeQuestion() { m.Question = NoQuestion }

// stopWaiting stops what would go on by itself. settle begins it again where it
// still applies.
func (m *machine) stopWaiting() {
	m.Armed = false
	m.forget(forAdvance)
	m.forget(forLoop)
	m.cancelCountdown()
}

// answer is what a press means while a question is open.
func (m *machine) answer(a Asked) {
	switch m.Question {
	case AskApprove:
		m.decide(a)
	case AskReason:
		m.reason(a)
	case AskQuorum, AskQuorumAgain:
		m.answerQuorum(a)
	case AskQuitFault:
		switch a.Intent {
		case Confirm:
			m.depart()
		case Dismiss, Back:
			m.closeQuestion()
		}
	}
}

// advance shows the next chapter: one that was seen before at once, a new one
// when the gate is open. A press on a closed gate is remembered.
func (m *machine) advance() {
	if !m.AtFront() {
		m.Current++
		return
	}
	if m.tooSoon() {
		return
	}
	if m.Aimed() {
		m.shoot()
		return
	}
	if m.Unmended() {
		m.mendNow(ByPresenter)
		return
	}
	if m.Reached == len(m.Chapters)-1 {
		return
	}
	if g := m.Gate(m.Reached); g.Open {
		m.pass(ByKey)
		return
	} else if w := m.WorkOf(m.Reached); w.State == WorkFailed {
		m.refuse("this failed: " + w.Err)
		return
	}
	m.Armed = true
}

// tooSoon says whether a press is the echo of the one that brought us here.
func (m *machine) tooSoon() bool {
	return m.Reached > 0 && m.Now.Sub(m.Visits[m.Reached].EnteredAt) < pressGap
}

// back shows the chapter before, and takes back an advance that still waits.
// It never repeats an effect.
func (m *machine) back() {
	stays := m.Armed
	m.lookAway()
	if !stays && m.Current > 0 {
		m.Current--
	}
}

// lookAway stops an advance that waits: who looks at another chapter is left in
// peace there.
func (m *machine) lookAway() {
	m.Armed = false
	m.forget(forAdvance)
}

// jump shows chapter i when it has been reached, or is the next behind an open
// gate.
func (m *machine) jump(i int) {
	switch {
	case i < 0 || i >= len(m.Chapters):
		return
	case i <= m.Reached:
		m.lookAway()
		m.Current = i
	case i == m.Reached+1 && m.Gate(m.Reached).Open:
		m.Current = m.Reached
		m.pass(ByKey)
	default:
		m.refuse(fmt.Sprintf("chapter %d comes after chapter %d", i+1, i))
	}
}

// force leaves a chapter whose gate is closed. It is counted and recorded.
func (m *machine) force() {
	if !m.AtFront() || m.Reached == len(m.Chapters)-1 {
		m.refuse("there is nothing to force here")
		return
	}
	if m.Gate(m.Reached).Open {
		m.pass(ByKey)
		return
	}
	m.Forced++
	m.cancelCountdown()
	m.leave(ByForced)
}

// retry performs a failed effect again, or mends again what does not recover.
func (m *machine) retry() {
	w := m.WorkOf(m.Reached)
	_, late := m.LateStage()
	switch {
	case w.State == WorkFailed:
		m.tryAgain(w.verb)
	case late && w.State == WorkDone:
		m.repair(LiftFault{Plan: *m.Plan, By: m.MendedBy})
	case late:
		m.refuse("it is still being done")
		return
	default:
		m.refuse("nothing failed here")
		return
	}
	m.limit(m.Reached)
}

func (m *machine) tryAgain(v Verb) {
	switch v := v.(type) {
	case InjectFault:
		m.inject()
	case Act, LiftFault:
		m.repair(v)
	default:
		m.work(m.Reached, v)
	}
}

// quit leaves at once when nothing is broken, and asks first when something is.
func (m *machine) quit() {
	if m.FaultOpen() {
		m.pose(AskQuitFault)
		return
	}
	m.depart()
}

// interrupt leaves without a question. The second one does not wait for what is
// being mended.
func (m *machine) interrupt() {
	if !m.Leaving {
		m.depart()
		return
	}
	m.abandoned = true
	m.finish(OutcomeQuit)
}

// leftBroken names what nobody waits to see mended.
func (m *machine) leftBroken() []string {
	if !m.abandoned || !m.FaultOpen() {
		return nil
	}
	return m.Plan.Targets()
}

// depart begins to leave. Nothing takes that back: the run ends when nothing is
// broken any more, or when that cannot be mended.
func (m *machine) depart() {
	m.closeQuestion()
	m.stopWaiting()
	m.Leaving = true
}

// leaveWhenMended ends a run that is being left. An injection or a repair that
// is under way is waited for: undoing a fault while it is being done may miss
// it. The end of the runner mends what could not be mended here.
func (m *machine) leaveWhenMended() {
	_, lifting := m.Repair.verb.(LiftFault)
	switch {
	case !m.FaultOpen():
		m.finish(m.departure())
	case m.Phase == PhaseInjecting && m.Plan.ByHand: // it may never come
		m.finish(OutcomeQuit)
	case m.waits(forInjection) || m.waits(forRepair):
	case lifting && m.Repair.State == WorkFailed && m.liftTried:
		m.finish(OutcomeQuit)
	default:
		m.liftTried = true
		m.repair(LiftFault{Plan: *m.Plan, By: ByPresenter})
	}
}

// departure is the outcome of a talk that is left with nothing broken.
func (m *machine) departure() string {
	if m.Ledger != nil && m.Reached == len(m.Chapters)-1 {
		return OutcomeComplete
	}
	return OutcomeQuit
}

// again plays the talk once more when this one is over and nothing is broken.
func (m *machine) again() {
	switch {
	case m.Reached != len(m.Chapters)-1 || !m.Gate(m.Reached).Open:
		m.refuse("the talk begins again from its last chapter")
	case m.FaultOpen():
		m.refuse("a fault is still open; leaving mends it")
	default:
		m.restart()
	}
}

// restart ends one play and begins another on the cluster that is there.
func (m *machine) restart() {
	m.send(Finish{At: m.Now, Outcome: m.ending(OutcomeComplete)})
	fresh := New(m.Chapters, m.Options)
	fresh.Now, fresh.Began = m.Now, m.Now
	// The cluster stays, and with it what is known of it.
	fresh.Play, fresh.Cluster, fresh.Snapshot = m.Play+1, m.Cluster, m.Snapshot
	fresh.nextStep, fresh.nextLine = m.nextStep, m.nextLine
	m.State = fresh
	m.send(Reset{Play: m.Play})
	m.enter(0, ByKey)
}

// goOn is the end of the pause on an open gate.
func (m *machine) goOn() {
	if m.Question != NoQuestion || m.Leaving || !m.goesOn() || !m.Gate(m.Reached).Open {
		return // whatever came in between has stopped it; settle begins it again
	}
	if m.Reached < len(m.Chapters)-1 {
		by := ByAuto
		if m.Armed {
			by = ByGate
		}
		m.pass(by)
	} else if m.Options.Auto && !m.Options.Loop {
		m.finish(OutcomeComplete)
	}
}

// leave goes from the furthest chapter to the next one.
func (m *machine) leave(by string) {
	c := m.Chapters[m.Reached]
	m.Visits[m.Reached].LeftAt = m.Now
	if m.Reached == 0 {
		m.TalkAt = m.Now
	}
	m.note(ChapterDone{N: c.N, ID: c.ID, Title: c.Title, By: by})
	m.enter(m.Reached+1, by)
}

// enter shows a chapter for the first time and begins its effect.
func (m *machine) enter(i int, by string) {
	m.Armed = false
	m.forget(forAdvance)
	m.forget(forLimit)
	m.forget(forStage)
	follows := m.Current == m.Reached || m.Reached < 0
	m.Reached = i
	// A presenter who looked back at an earlier chapter is not pulled away from it.
	if follows || by != ByAuto {
		m.Current = i
	}
	m.Visits[i].EnteredAt = m.Now
	c := m.Chapters[i]
	m.note(ChapterEntered{N: c.N, ID: c.ID, Title: c.Title, By: by})
	m.onEnter(i, c.OnEnter)
	m.limit(i)
}

// limit starts the clock of a chapter's gate.
func (m *machine) limit(i int) {
	m.forget(forLimit)
	m.Visits[i].Late = false
	if m.Unmended() {
		return // it is the presenter's to begin
	}
	if g := m.Gate(i); g.Name != "" && g.Name != GateFault && !g.Open {
		m.do(Wait{For: g.Limit}, forLimit, i)
	}
}
