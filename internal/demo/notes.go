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
	Line int    // where it begins in the notes, 1 for the first line; its lines follow
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

// A mark on a line of its own leaves that line blank: the indentation of the next one
// has a meaning, and the lines count from the mark.
var onMark = regexp.MustCompile(`^\[on:\s*([^\]]*)\][ \t]*`)

var (
	// fenced tells the first line of a piece of code in Markdown, as an item of a list too.
	// Behind code within a line there are more backticks.
	fenced = regexp.MustCompile("^ {0,3}(?:(?:[-+*]|\\d{1,9}[.)]) +)*(?:(`{3,})[^`]*|(~{3,}).*)$")
	// definition tells a line that says where a link of Markdown leads.
	definition = regexp.MustCompile(`^ {0,3}(\[[^\]]+\]):\s`)
)

// NoteParts cuts notes into their paragraphs. Code is not cut, and a part has the
// definitions of the links in it.
func NoteParts(notes string) []NotePart {
	var parts []NotePart
	var part []string
	from, fence := 0, ""
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
		switch bare := strings.TrimSpace(line); {
		case fence != "": // ends with at least as many of its signs, and nothing else
			if strings.HasPrefix(bare, fence) && strings.Trim(bare, fence[:1]) == "" {
				fence = ""
			}
		case bare == "":
			end()
			continue
		default:
			first := line
			if len(part) == 0 {
				from, first = i+1, onMark.ReplaceAllString(line, "")
			}
			if m := fenced.FindStringSubmatch(first); m != nil {
				fence = m[1] + m[2]
			}
		}
		part = append(part, line)
	}
	end()
	return linked(parts)
}

// linked moves the definitions of links into the parts that use them. A line stays blank
// where one stood, so that the others keep their numbers. A definition that no part uses
// stays: lint says that nobody sees it.
func linked(parts []NotePart) []NotePart {
	lines, begins := make([][]string, len(parts)), make([]int, len(parts)) // behind the definitions
	words := make([]string, len(parts))
	for i, p := range parts {
		lines[i] = strings.Split(p.Text, "\n")
		for begins[i] < len(lines[i]) && definition.MatchString(lines[i][begins[i]]) {
			begins[i]++
		}
		words[i] = strings.ToLower(strings.Join(lines[i][begins[i]:], "\n"))
	}
	links := make([][]string, len(parts))
	for i := range parts {
		for n, line := range lines[i][:begins[i]] {
			label := strings.ToLower(definition.FindStringSubmatch(line)[1])
			for k := range parts {
				if strings.Contains(words[k], label) {
					links[k] = append(links[k], line)
					lines[i][n] = ""
				}
			}
		}
	}
	var out []NotePart
	for i, p := range parts {
		p.Text = strings.Join(lines[i], "\n")
		if begins[i] > 0 && strings.TrimSpace(p.Text) == "" {
			continue // only definitions
		}
		if len(links[i]) > 0 {
			p.Text += "\n\n" + strings.Join(links[i], "\n")
		}
		out = append(out, p)
	}
	return out
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
