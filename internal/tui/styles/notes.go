package styles

import (
	"strings"

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
	drawn := func(p demo.NotePart) []string {
		rows := markdown.Rows(markdown.Parse(p.Text, s.Markdown()).Blocks(inner))
		for len(rows) > 0 && rows[len(rows)-1] == "" {
			rows = rows[:len(rows)-1]
		}
		return rows
	}
	var rows []string
	now, plain, later := demo.OrderedNotes(notes, marks)
	for _, p := range now {
		for _, row := range drawn(p) {
			rows = append(rows, s.Accent.Render(bar)+row)
		}
		rows = append(rows, "")
	}
	for _, p := range plain {
		rows = append(append(rows, drawn(p)...), "")
	}
	for _, p := range later {
		waiting := t.Waiting(p.On, ansi.Strip(strings.Join(drawn(p), " ")))
		for row := range strings.SplitSeq(ansi.Wrap(waiting, inner, ""), "\n") {
			rows = append(rows, s.Dim.Render(row))
		}
	}
	return rows
}
