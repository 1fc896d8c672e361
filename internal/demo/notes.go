package demo

import (
	"regexp"
	"slices"
	"strings"
)

// NotePart is a paragraph of a speaker's notes.
type NotePart struct {
	On   string // the mark that it waits for, "" for none
	Text string // Markdown
	Line int    // where it begins in the notes, 1 for the first line
}

// Marks of what a part of the notes may wait for: "[on: ticket]" at its beginning.
const (
	MarkFault     = "fault"     // the fault is in
	MarkTicket    = "ticket"    // a ticket for the target is open
	MarkDoubt     = "doubt"     // the control plane itself misses the target
	MarkAnswer    = "answer"    // the diagnosis is complete
	MarkRecovered = "recovered" // every stage of the recovery was seen
	MarkLate      = "late"      // a gate or a stage did not come in time
	MarkFailed    = "failed"    // an effect has failed
	MarkViolation = "violation" // a read broke what the store had promised
)

// MarkNames lists every name that [on: …] may have.
func MarkNames() []string {
	return []string{MarkFault, MarkTicket, MarkDoubt, MarkAnswer, MarkRecovered, MarkLate, MarkFailed, MarkViolation}
}

var onMark = regexp.MustCompile(`^\[on:\s*([^\]]*)\]\s*`)

// NoteParts cuts notes into their paragraphs.
func NoteParts(notes string) []NotePart {
	var parts []NotePart
	var lines []string
	from := 0
	end := func() {
		if len(lines) == 0 {
			return
		}
		p := NotePart{Text: strings.Join(lines, "\n"), Line: from}
		if m := onMark.FindStringSubmatch(p.Text); m != nil {
			p.On, p.Text = strings.TrimSpace(m[1]), p.Text[len(m[0]):]
		}
		parts, lines = append(parts, p), nil
	}
	for i, line := range strings.Split(notes, "\n") {
		if strings.TrimSpace(line) == "" {
			end()
			continue
		}
		if len(lines) == 0 {
			from = i + 1
		}
		lines = append(lines, line)
	}
	end()
	return parts
}

// OrderedNotes gives the parts of notes in the order in which they are shown: what has
// just become true, then what waits for nothing, and last what still waits.
func OrderedNotes(notes string, marks []string) (now, plain, later []NotePart) {
	for _, p := range NoteParts(notes) {
		switch {
		case p.On == "":
			plain = append(plain, p)
		case slices.Contains(marks, p.On):
			now = append(now, p)
		default:
			later = append(later, p)
		}
	}
	return now, plain, later
}

// Marks lists what has happened, for the notes that wait for it.
func (s State) Marks() []string {
	_, ticket := s.TargetTicket()
	_, late := s.LateStage()
	happened := map[string]bool{
		MarkFault: s.FaultIn(), MarkTicket: ticket, MarkDoubt: !s.DoubtedAt.IsZero(), MarkAnswer: s.Answer != nil,
		MarkRecovered: s.Recovered != nil, MarkLate: late, MarkViolation: s.Violated > 0,
	}
	if s.Reached >= 0 {
		happened[MarkLate] = late || s.Visits[s.Reached].Late
		happened[MarkFailed] = s.WorkOf(s.Reached).State == WorkFailed
	}
	return slices.DeleteFunc(MarkNames(), func(m string) bool { return !happened[m] })
}
