package demo

// asked is what a press means now: one of the offers, or nothing.
func (m *machine) asked(a Asked) {
	m.Refusal = Refusal{}
	switch o, why := m.Grants(a); why {
	case NoReason:
		m.take(o)
	case WhyEarly, WhyNotOffered: // nothing is to be said on the screen
	default:
		m.refuse(why, a.N)
	}
}

// Grants says what becomes of a press: the offer that it takes, or why it takes
// none. It is how the play decides, and how whoever pressed elsewhere is told.
func (s State) Grants(a Asked) (Offer, Why) {
	o, known := find(Offers(s), a)
	switch {
	case !known:
		return Offer{}, WhyNotOffered
	case s.dead(a):
		return o, WhyEarly
	case a.Rev != 0 && a.Rev != s.Rev:
		return o, WhyStale
	case !o.Enabled:
		return o, o.Why
	}
	return o, NoReason
}

// take does what an offer says.
func (m *machine) take(o Offer) {
	if o.Intent == Advance {
		m.resumeClock() // going on ends a question
	}
	switch o.Label {
	case DoShowNext:
		m.Current++
	case DoNext:
		m.Current = m.Reached
		m.leave(ByKey)
	case DoWhenReady:
		m.Armed = true
	case DoStay:
		m.stay()
	case DoBack:
		m.stopWaiting()
		m.Current--
	case DoJump:
		m.stopWaiting()
		m.Current = o.N - 1
	case DoForce:
		m.Forced++
		m.cancelCountdown()
		m.leave(ByForced)
	case DoRetry:
		m.tryAgain(m.WorkOf(m.Reached).verb)
		m.limit(m.Reached)
	case DoMendAgain:
		m.repair(LiftFault{Plan: *m.Plan, By: m.MendedBy})
		m.limit(m.Reached)
	case DoRestart:
		m.restart(m.departure())
	case DoLeave, DoMendAndLeave:
		m.depart()
	case DoPause:
		m.pauseClock()
	case DoResume:
		m.resumeClock()
	case DoAbandon:
		m.abandoned = true
		m.finish(OutcomeQuit)
	default:
		m.reply(o)
	}
}

// reply does what an offer says that poses a question, or answers one.
func (m *machine) reply(o Offer) {
	switch o.Label {
	case DoAskLeave:
		m.pose(AskQuitFault)
	case DoAskTakeOver:
		m.pose(AskTakeOver)
	case DoTakeOver:
		m.takeOver()
	case DoLive:
		m.goLive()
	case DoAskRestart:
		m.pose(AskRestart)
	case DoAskQuorum:
		m.pose(AskQuorum)
	case DoAskReally:
		m.pose(AskQuorumAgain)
	case DoBreak:
		m.closeQuestion()
		m.countDown()
	case DoCancel, DoUndecided:
		m.closeQuestion()
	case DoMendByHand:
		m.mendNow(ByPresenter)
	case DoPropose:
		m.Current = m.Reached
		m.ask()
	case DoApprove:
		m.approve(ByPresenter)
		m.decided()
	case DoRefuse:
		m.pose(AskReason)
	case DoReason:
		m.deny(ByPresenter, o.About)
		m.decided()
	case DoReconsider:
		m.pose(AskApprove)
	case DoWithout:
		m.decided()
	case DoSee:
		m.AskedAt = m.Now
	}
}

// refuse says why a press did nothing.
func (m *machine) refuse(why Why, n int) {
	m.Refusal, m.refusedAt, m.refusedOpen = Refusal{why, n}, m.Now, m.Gate(m.Reached).Open
}

// forgetRefusal takes a refusal off the screen when it is old, or when the gate
// has opened or closed since.
func (m *machine) forgetRefusal() {
	if m.Now.Sub(m.refusedAt) > refusalShown || m.Gate(m.Reached).Open != m.refusedOpen {
		m.Refusal = Refusal{}
	}
}

// pose puts a question before the presenter, and stops whatever would go on by
// itself: an answer is never meant for something else.
func (m *machine) pose(q Question) {
	m.Question, m.posedAt = q, m.Now
	if q == AskApprove {
		m.AskedAt = m.Now
	}
	m.stopWaiting()
}

// closeQuestion takes the open question away.
func (m *machine) closeQuestion() { m.Question = NoQuestion }

// nothingBroken takes away a question about what was broken: nothing is left to decide,
// or to repair before leaving.
func (m *machine) nothingBroken() {
	switch m.Question {
	case AskQuitFault, AskApprove, AskReason:
		m.closeQuestion()
	}
}

// stopWaiting stops what would go on by itself, and the countdown: who looks at another
// chapter, or at a question, is left in peace there, and nothing is broken behind it.
// settle begins it again where it still applies.
func (m *machine) stopWaiting() {
	m.Armed = false
	m.forget(forAdvance)
	m.forget(forLoop)
	m.cancelCountdown()
}

// stay takes back that the play goes on as soon as it can. It does not until somebody
// says so, nor where it otherwise would after a moment.
func (m *machine) stay() {
	m.Armed = false
	m.forget(forAdvance)
	m.Visits[m.Reached].Stays = true
}

// tryAgain executes a failed effect again.
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

// leftBroken names what nobody waits to see repaired.
func (m *machine) leftBroken() []string {
	if !m.abandoned || !m.FaultOpen() {
		return nil
	}
	return m.Plan.Targets()
}

// depart begins to leave. Nothing takes that back: the run ends when nothing is
// broken any more, or when that cannot be repaired.
func (m *machine) depart() {
	m.closeQuestion()
	m.stopWaiting()
	m.forget(forHealing)
	m.liftTried = false // what the end of a round has tried in vain is tried once more
	m.turn(ModeLeaving)
}

// leaveWhenMended ends a run that is being left, when nothing is broken any more. The
// end of the runner repairs what could not be repaired here.
func (m *machine) leaveWhenMended() {
	if m.Phase == PhaseInjecting && m.Plan.ByHand { // it may never come
		m.finish(OutcomeQuit)
		return
	}
	switch m.mendToEnd(ByPresenter) {
	case whole:
		m.finish(m.departure())
	case unmended:
		m.finish(OutcomeQuit)
	}
}

// departure is the outcome of a talk that ends with nothing broken. Only one of which
// every key was read again is complete.
func (m *machine) departure() string {
	if m.Complete() {
		return OutcomeComplete
	}
	return OutcomeQuit
}

// restart ends one play and begins another on the cluster that is there.
func (m *machine) restart(outcome string) {
	m.resumeClock()
	m.send(Finish{At: m.Now, Outcome: m.ending(outcome)})
	fresh := New(m.Chapters, m.Options)
	fresh.Options.From = 0 // the talk is played from its beginning
	fresh.Now, fresh.Began = m.Now, m.Now
	// The cluster stays, and with it what is known of it.
	fresh.Play, fresh.Cluster, fresh.Snapshot = m.Play+1, m.Cluster, m.Snapshot
	fresh.nextStep, fresh.nextLine = m.nextStep, m.nextLine
	fresh.Rev = m.Rev // it counts on: what was pressed for the play before is stale in this one
	fresh.InVain = m.InVain
	m.State = fresh
	m.send(Reset{Play: m.Play})
	m.enter(0, ByKey)
}

// goOn is the end of the pause on an open gate.
func (m *machine) goOn() {
	if m.Question != NoQuestion || m.Mode != ModeRunning || !m.goesOn() || !m.Gate(m.Reached).Open {
		return // whatever came in between has stopped it; settle begins it again
	}
	if m.Reached < len(m.Chapters)-1 {
		by := ByAuto
		switch {
		case m.CatchingUp():
			by = ByFrom
		case m.Armed:
			by = ByGate
		}
		m.pass(by)
	} else if m.Options.Auto && !m.Options.Loop && !m.FaultOpen() {
		m.finish(m.departure())
	}
}

// leave goes from the furthest chapter to the next one. A question from the audience
// ends with its chapter.
func (m *machine) leave(by string) {
	m.resumeClock()
	c := m.Chapters[m.Reached]
	m.Visits[m.Reached].LeftAt, m.Visits[m.Reached].LeftBy = m.Now, by
	if m.Reached+1 == m.firstTimed() {
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
	if follows || by != ByAuto && by != ByFrom {
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
