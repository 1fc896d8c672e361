package styles

import (
	"regexp"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/markdown"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// Notes draws a speaker's notes in rows of at most w cells: what has just become true
// first, with a bar beside it, then the rest, and last what waits for something that
// has not happened.
func (s Styles) Notes(t words.Tongue, notes string, marks []string, w int) []string {
	const bar = "▌ "
	inner := max(10, w-ansi.StringWidth(bar))
	drawn := func(text string) []string {
		rows := markdown.Rows(markdown.Parse(text, s.Markdown()).Blocks(inner))
		for len(rows) > 0 && rows[len(rows)-1] == "" {
			rows = rows[:len(rows)-1]
		}
		return rows
	}
	var rows []string
	now, plain, later := demo.OrderedNotes(notes, marks)
	for _, p := range now {
		for _, row := range drawn(p.Text) {
			rows = append(rows, s.Accent.Render(bar)+row)
		}
		rows = append(rows, "")
	}
	for _, p := range plain {
		rows = append(append(rows, drawn(p.Text)...), "")
	}
	for _, p := range later {
		for _, row := range drawn(waiting(t, p)) {
			rows = append(rows, s.Dim.Render(ansi.Strip(row)))
		}
	}
	return rows
}

// notProse is the beginning of what has a shape of its own: a list, a quotation, a
// table, a heading, or code.
var notProse = regexp.MustCompile("^(\\s*([-*+>|#]|[0-9]+[.)]|```|~~~)| {4}|\t)")

// waiting says what a part waits for, in the first line of prose or else above it.
func waiting(t words.Tongue, p demo.NotePart) string {
	if notProse.MatchString(p.Text) {
		return t.Waiting(p.On, "") + "\n\n" + p.Text
	}
	return t.Waiting(p.On, p.Text)
}
