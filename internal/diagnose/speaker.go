package diagnose

import (
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// speaker turns the prose of one diagnoser into events, with each claim as it
// is completed and checked.
type speaker struct {
	say     func(demo.Body)
	source  string
	about   Bundle // what the prose speaks of
	checker *Checker
	prose   strings.Builder

	excluded, unshown string // why the facts do not support the answer, once it is given
}

func newSpeaker(say func(demo.Body), source string, about Bundle) *speaker {
	return &speaker{say: say, source: source, about: about, checker: NewChecker(about)}
}

// begin says who speaks; why is empty for the first who was asked.
func (s *speaker) begin(why string, beside ...demo.Verdict) {
	s.say(demo.DiagnosisStarted{Source: s.source, Ticket: s.about.Ticket.ID, Evidence: s.about.Items, Why: why, Beside: beside})
}

// delta hands on a piece of prose.
func (s *speaker) delta(piece string) {
	s.prose.WriteString(piece)
	s.say(demo.DiagnosisDelta{Source: s.source, Text: piece, Claims: slices.Clone(s.checker.Add(piece))})
}

// end gives the answer with all its claims. One that the prose left open, and
// those that the answer adds, are part of it.
func (s *speaker) end(d demo.DiagnosisFinished) demo.DiagnosisFinished {
	r := check(s.about, s.prose.String(), d)
	d.Claims, d.Verified, d.Grounded = r.Claims, r.Verified, r.Grounded
	s.excluded, s.unshown = r.Excluded, r.Unshown
	return d
}
