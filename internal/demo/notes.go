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

// fenced tells the first and the last line of a piece of code in Markdown.
var fenced = regexp.MustCompile("^ {0,3}(```|~~~)")

// definition tells a line that says where a link of Markdown leads, wherever it stands.
var definition = regexp.MustCompile(`^ {0,3}(\[[^\]]+\]):\s`)

// NoteParts cuts notes into their paragraphs. Code is not cut, and a part has the
// definitions of the links in it.
func NoteParts(notes string) []NotePart {
	var parts []NotePart
	var part, links []string
	from, code := 0, ""
	end := func() {
		if len(part) == 0 {
			return
		}
		p := NotePart{Text: strings.Join(part, "\n"), Line: from}
		if m := onMark.FindStringSubmatch(p.Text); m != nil {
			p.On, p.Text = strings.TrimSpace(m[1]), p.Text[len(m[0]):]
		}
		parts, part = append(parts, p), nil
	}
	for i, line := range strings.Split(notes, "\n") {
		switch m := fenced.FindStringSubmatch(line); {
		case m != nil && code == "":
			code = m[1]
		case m != nil && code == m[1]:
			code = ""
		}
		switch {
		case code == "" && strings.TrimSpace(line) == "":
			end()
			continue
		case code == "" && definition.MatchString(line):
			links = append(links, line)
			continue
		case len(part) == 0:
			from = i + 1
		}
		part = append(part, line)
	}
	end()
	for i := range parts {
		parts[i].define(links)
	}
	return parts
}

// define appends the definitions of those links that are in the part.
func (p *NotePart) define(links []string) {
	var used []string
	for _, l := range links {
		if strings.Contains(p.Text, definition.FindStringSubmatch(l)[1]) {
			used = append(used, l)
		}
	}
	if len(used) > 0 {
		p.Text += "\n\n" + strings.Join(used, "\n")
	}
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
