package demo

import "fmt"

// asked is what a presenter's press means now.
func (m *machine) asked(a Asked) {
	m.Refusal = ""
	if m.Question != NoQuestion {
		m.answer(a)
		return
	}
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
			m.Question = Leaving
			m.forget(forCountdown)
			m.do(LiftFault{Plan: *m.Plan, By: ByPresenter}, forWork, m.Reached)
		case Dismiss:
			m.Question = NoQuestion
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
	} else if m.Visits[m.Reached].Work.State == WorkFailed {
		m.Refusal = "this failed: " + m.Visits[m.Reached].Work.Err
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
	if m.Armed {
		m.Armed = false
		m.forget(forAdvance)
		return
	}
	m.forget(forAdvance)
	if m.Current > 0 {
		m.Current--
	}
}

// jump shows chapter i when it has been reached, or is the next behind an open
// gate.
func (m *machine) jump(i int) {
	switch {
	case i < 0 || i >= len(m.Chapters):
		return
	case i <= m.Reached:
		m.Current = i
	case i == m.Reached+1 && m.Gate(m.Reached).Open:
		m.Current = m.Reached
		m.pass(ByKey)
	default:
		m.Refusal = fmt.Sprintf("chapter %d comes after chapter %d", i+1, i)
	}
}

// force leaves a chapter whose gate is closed. It is counted and recorded.
func (m *machine) force() {
	if !m.AtFront() || m.Reached == len(m.Chapters)-1 {
		m.Refusal = "there is nothing to force here"
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
	w := m.Visits[m.Reached].Work
	_, late := m.LateStage()
	switch {
	case w.State == WorkFailed:
		m.work(m.Reached, w.verb)
		if m.Chapters[m.Reached].OnEnter == OnEnterRecover {
			m.timeStages()
		}
	case late && w.State == WorkDone:
		m.work(m.Reached, LiftFault{Plan: *m.Plan, By: m.MendedBy})
		m.timeStages()
	case late:
		m.Refusal = "it is still being done"
		return
	default:
		m.Refusal = "nothing failed here"
		return
	}
	m.limit(m.Reached)
}

// quit leaves at once when nothing is broken, and asks first when something is.
func (m *machine) quit() {
	if m.FaultOpen() {
		m.Question = AskQuitFault
		return
	}
	outcome := OutcomeQuit
	if m.Ledger != nil && m.Reached == len(m.Chapters)-1 {
		outcome = OutcomeComplete
	}
	m.finish(outcome)
}

// again plays the talk once more when this one is over and nothing is broken.
func (m *machine) again() {
	switch {
	case m.Reached != len(m.Chapters)-1 || !m.Gate(m.Reached).Open:
		m.Refusal = "the talk begins again from its last chapter"
	case m.FaultOpen():
		m.Refusal = "a fault is still open; leaving mends it"
	default:
		m.restart()
	}
}

// restart ends one play and begins another on the cluster that is there.
func (m *machine) restart() {
	m.send(Finish{At: m.Now, Outcome: m.ending(OutcomeComplete)})
	fresh := New(m.Chapters, m.Options)
	fresh.Now, fresh.Began = m.Now, m.Now
	fresh.Snapshot, fresh.nextStep, fresh.nextLine = m.Snapshot, m.nextStep, m.nextLine
	m.State = fresh
	m.send(Reset{})
	m.enter(0, ByKey)
}

// goOn is the end of the pause on an open gate.
func (m *machine) goOn() {
	if !m.Gate(m.Reached).Open {
		return
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
