package tui

import (
	"fmt"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// shortHash is how much of a hash is shown where the whole of it has been seen.
const shortHash = 12

// sealLines are the whole hash of what will be done, for everybody to keep.
func (m Model) sealLines(w int) []string {
	hash := m.state.Sealed
	if hash == "" {
		return nil
	}
	const kind = "  sha256"
	width, whole := len(hash), nameWidth+len(hash)+len(kind)
	if w < whole {
		width = (len(hash) + 1) / 2
	}
	lines := m.entry(m.say("sealed"), ansi.Hardwrap(hash, width, false), w)
	if w >= nameWidth+width+len(kind) {
		lines[len(lines)-1] += m.styles.Dim.Render(kind)
	}
	return lines
}

// openedLine says whether what was sealed before the fault is what was done.
func (m Model) openedLine(w int) []string {
	o := m.state.Opened
	if o == nil {
		return nil
	}
	hash := ansi.Truncate(o.Hash, shortHash, "…")
	if o.Matches {
		return []string{m.styles.Good.Render("✓") + m.styles.Text.Render(" "+m.say("the seal %s holds", hash))}
	}
	return m.wrapped(m.styles.Bad, "✗ "+m.say("the seal %s does not hold: %s", hash, o.Why), w)
}

// The widths of the card's columns. Tokens and cost need room, and somebody who
// was paid.
const (
	markWidth  = 6 // at least
	tookWidth  = 7
	moneyWidth = 10
)

// cardLines are who was right about what, against what was sealed.
func (m Model) cardLines(w int) []string {
	if m.state.Opened == nil || len(m.state.Opened.Card) == 0 {
		return nil
	}
	card := m.state.Opened.Card
	name, paid := 0, false
	for _, c := range card {
		name = max(name, len(c.Source)+1)
		paid = paid || c.Usage != nil
	}
	paid = paid && w >= name+4*markWidth+tookWidth+2*moneyWidth
	head, marks := fmt.Sprintf("%-*s", name, ""), make([]int, 0, 4)
	for _, part := range []string{m.say("seen"), m.say("where"), m.say("what"), m.say("cure")} {
		width := max(markWidth, ansi.StringWidth(part)+1)
		head, marks = head+ended(part, width), append(marks, width)
	}
	head += fmt.Sprintf("%*s", tookWidth, m.say("time"))
	if paid {
		head += fmt.Sprintf("%*s%*s", moneyWidth, m.say("tokens"), moneyWidth, m.say("cost"))
	}
	lines := []string{m.styles.Title.Render(head)}
	for _, c := range card {
		line := m.styles.Strong.Render(fmt.Sprintf("%-*s", name, c.Source))
		for i, share := range []float64{c.Marks.Detection, c.Marks.Localization, c.Marks.FaultType, c.Marks.Action} {
			line += m.mark(share, marks[i])
		}
		line += m.styles.Text.Render(fmt.Sprintf("%*s", tookWidth, took(c.Took.Duration())))
		if paid {
			line += m.styles.Text.Render(fmt.Sprintf("%*s%*s", moneyWidth, tokens(c.Usage), moneyWidth, cost(c.Cost)))
		}
		lines = append(lines, line)
	}
	return lines
}

// mark is one part of a verdict, in w cells: right, wrong, or a share of it.
func (m Model) mark(share float64, w int) string {
	switch {
	case share >= 1:
		return m.styles.Good.Render(ended("✓", w))
	case share <= 0:
		return m.styles.Bad.Render(ended("✗", w))
	}
	return m.styles.Warn.Render(ended(fmt.Sprintf("%.0f%%", 100*share), w))
}

func took(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < 100*time.Millisecond:
		return "<0.1 s"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func tokens(u *demo.Usage) string {
	if u == nil {
		return "–"
	}
	return fmt.Sprint(u.InputTokens + u.OutputTokens)
}

func cost(dollars float64) string {
	if dollars <= 0 {
		return "–"
	}
	return fmt.Sprintf("$%.4f", dollars)
}
