package demo

import "time"

// deadKeys is how long no key does anything after the action was put before the
// presenter: a press that was meant for the chapter before it decides nothing.
const deadKeys = 500 * time.Millisecond

// Proposal gives the action that waits for somebody's yes.
func (s State) Proposal() (Action, bool) {
	a := s.Answer
	if a == nil || a.Action.Name == "" || a.Action.Name == ActionNone {
		return Action{}, false
	}
	waits := s.Approved == "" && s.Denied == "" && s.FaultOpen()
	return a.Action, waits
}

// Deaf says whether the keys of an open question are still dead.
func (s State) Deaf(now time.Time) bool {
	return s.Question == AskApprove && now.Sub(s.AskedAt) < deadKeys
}

// Unattended says whether the play decides by itself what is carried out.
func (s State) Unattended() bool { return s.Options.Auto || s.Options.AutoApprove }

// pass leaves the furthest chapter through its open gate. Before the diagnosis
// is left, the action that it proposes is put before the presenter.
func (m *machine) pass(by string) {
	_, waits := m.Proposal()
	if waits && !m.Unattended() && m.Chapters[m.Reached].OnEnter == OnEnterDiagnose {
		m.ask()
		return
	}
	m.leave(by)
}

func (m *machine) ask() {
	m.pose(AskApprove)
	m.note(ActionAsked{Action: m.Answer.Action})
}

// decideNow asks again for what was left undecided.
func (m *machine) decideNow() {
	_, waits := m.Proposal()
	at := m.Chapters[m.Reached].OnEnter
	switch {
	case waits && m.AtFront() && (m.Unmended() || at == OnEnterDiagnose && !m.Unattended() && m.Gate(m.Reached).Open):
		m.ask()
	default:
		m.refuse("there is nothing to approve here")
	}
}

// decide is what a press means before the proposed action. Only one key is a
// yes; to go on is to go on without.
func (m *machine) decide(a Asked) {
	if m.Deaf(m.Now) {
		return
	}
	switch a.Intent {
	case Confirm:
		m.Approved = ByPresenter
		m.note(ActionApproved{Action: m.Answer.Action, By: ByPresenter})
		m.decided()
	case Dismiss:
		m.pose(AskReason)
	case Advance:
		m.decided()
	case Back:
		m.closeQuestion()
	case Decide: // it was covered until now
		m.AskedAt = m.Now
	case Quit:
		m.closeQuestion()
		m.quit()
	}
}

// reason is what a press means when a refusal waits for its reason.
func (m *machine) reason(a Asked) {
	switch reasons := DenyReasons(); a.Intent {
	case Choose:
		if a.N >= 1 && a.N <= len(reasons) {
			m.deny(ByPresenter, reasons[a.N-1])
			m.decided()
		}
	case Back:
		m.pose(AskApprove)
	case Quit:
		m.closeQuestion()
		m.quit()
	}
}

// deny settles what was proposed: it will not be done.
func (m *machine) deny(by, why string) {
	m.Denied = why
	m.note(ActionDenied{Action: m.Answer.Action, By: by, Reason: why})
}

// decided goes on where the question was asked.
func (m *machine) decided() {
	m.closeQuestion()
	switch {
	case m.Chapters[m.Reached].OnEnter == OnEnterDiagnose:
		m.leave(ByKey)
	case m.Approved != "" && m.Unmended():
		m.carryOut()
		m.limit(m.Reached)
	}
}
