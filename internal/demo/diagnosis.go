package demo

import (
	"cmp"
	"slices"
)

// diagnose asks for the cause of the target's ticket. When its gate was forced
// there may be no ticket: then nothing is asked, and the screen says so.
func (m *machine) diagnose(i int) {
	if t, ok := m.ticketToAsk(); ok {
		m.work(i, Diagnose{Ticket: t})
		return
	}
	m.Visits[i].Work.State = WorkDone
}

// heard takes a piece of the answer in, with the claims that it completed. What
// is longer than any answer ought to be is not kept.
func (m *machine) heard(b DiagnosisDelta) {
	if len(m.Prose)+len(b.Text) <= proseKept {
		m.Prose += b.Text
	}
	room := claimsKept - len(m.Claims)
	m.Claims = append(slices.Clip(m.Claims), b.Claims[:min(room, len(b.Claims))]...)
}

// answered takes the diagnosis in, and the action that it proposes. Its claims
// are those that were heard and what the structured answer adds.
func (m *machine) answered(b DiagnosisFinished) {
	m.Answer = &b
	m.answerVersion(m.Now, &b)
	if len(b.Claims) > 0 {
		m.Claims = b.Claims
	}
	for i := range m.Visits {
		if m.Chapters[i].OnEnter == OnEnterDiagnose {
			m.Visits[i].Work.State = WorkDone
		}
	}
	m.openSeal()
	if b.Action.Name != "" && b.Action.Name != ActionNone {
		m.note(ActionProposed{Action: b.Action, Terms: b.OnTerms(), By: b.Source})
	}
}

// openSeal shows what was sealed, once nothing that is said can be fitted to it
// any more: when the answer is there, or when nobody waits for one.
func (m *machine) openSeal() {
	if m.Sealed != "" && !m.waits(forSeal) {
		_, ticket := m.AskedTicket()
		m.do(OpenSeal{Answer: m.Answer, Ticket: ticket}, forSeal, m.Reached)
	}
}

// OnTerms gives the terms of the proposed action. An answer knows its risk
// better than what is written of the action in general.
func (b DiagnosisFinished) OnTerms() Terms {
	t := b.Terms
	t.Risk = cmp.Or(b.Risk, t.Risk)
	return t
}

// VerifiedClaims counts the claims so far, and those of them that the evidence
// supports.
func (s State) VerifiedClaims() (good, all int) {
	for _, c := range s.Claims {
		if c.OK {
			good++
		}
	}
	return good, len(s.Claims)
}
