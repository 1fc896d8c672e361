package demo

import "time"

// deadKeys is how long no key does anything after the action was put before the
// presenter, and after a yes has posed the next question: a press that was meant for
// what was there before decides nothing.
const deadKeys = 500 * time.Millisecond

// Proposal gives the action that waits for somebody's yes.
func (s State) Proposal() (Action, bool) {
	a := s.Answer
	if a == nil || a.Action.Name == "" || a.Action.Name == ActionNone {
		return Action{}, false
	}
	waits := s.Decision == Undecided && s.FaultOpen()
	return a.Action, waits
}

// Deaf says whether the keys of an open question are still dead.
func (s State) Deaf(now time.Time) bool {
	switch s.Question {
	case AskApprove:
		return now.Sub(s.AskedAt) < deadKeys
	case AskQuorumAgain:
		return now.Sub(s.posedAt) < deadKeys
	}
	return false
}

// Unattended says whether the play decides by itself what is carried out.
func (s State) Unattended() bool { return s.byItself() || s.Options.AutoApprove }

// pass leaves the furthest chapter through its open gate when nobody presses a
// key for it. What was proposed is asked about first.
func (m *machine) pass(by string) {
	if _, ask := m.asks(); ask {
		m.ask()
		return
	}
	m.leave(by)
}

func (m *machine) ask() {
	m.pose(AskApprove)
	m.note(ActionAsked{Action: m.Answer.Action})
}

// approve allows what was proposed.
func (m *machine) approve(by string) {
	m.Decision, m.DecidedBy = Approved, by
	m.note(ActionApproved{Action: m.Answer.Action, By: by})
}

// deny settles what was proposed: it will not be done.
func (m *machine) deny(by, why string) {
	m.Decision, m.DecidedBy, m.DecidedFor = Denied, by, why
	m.note(ActionDenied{Action: m.Answer.Action, By: by, Reason: why})
}

// decided goes on where the question was asked.
func (m *machine) decided() {
	m.closeQuestion()
	switch {
	case m.Chapters[m.Reached].OnEnter == OnEnterDiagnose:
		m.leave(ByKey)
	case m.Decision == Approved && m.Unmended():
		m.carryOut()
		m.limit(m.Reached)
	}
}
