package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// View draws the screen, and keeps what it drew for whoever is attached.
func (m Model) View() string {
	*m.shown = m.draw()
	return *m.shown
}

func (m Model) draw() string {
	switch {
	case m.width == 0:
		return "" // nobody has said how large the terminal is
	case m.cover != Uncovered:
		return m.styles.Paint(m.coverView())
	}
	return m.styles.Paint(m.frame())
}

// frame is the talk, or the page that is open over it, in the theme's looks and
// on no background yet.
func (m Model) frame() string {
	if m.standsIn() {
		return m.shownStandIn().frame()
	}
	m = m.displayed()
	l := m.layout()
	switch {
	case l.small:
		return m.stamped(m.tooSmall())
	case m.over.paged():
		return m.stamped(m.pageView())
	}
	var drawn [paneCount]string
	stage, hidden := m.stageView(l.at[stagePane].rect)
	for p, draw := range map[pane]func(rect) string{
		headerPane: m.headerView,
		railPane:   m.railView,
		rulePane:   func(rect) string { return m.ruleView(hidden) },
		stagePane:  func(r rect) string { return strings.Join(m.atMost(stage, r.H), "\n") },
		mapPane:    m.mapView,
		chartPane:  m.chartView,
		logPane:    m.logView,
		footerPane: m.footerView,
	} {
		if r := l.at[p].rect; r.W > 0 && r.H > 0 {
			drawn[p] = draw(r)
		}
	}
	return compose(l, drawn, rect{m.width, m.height})
}

// compose puts the panes where the layout has them. Panes never overlap.
func compose(l layout, drawn [paneCount]string, size rect) string {
	var lines [paneCount][]string
	for p, text := range drawn {
		if at := l.at[p]; at.W > 0 && at.H > 0 {
			lines[p] = strings.Split(fit(text, at.W, at.H), "\n")
		}
	}
	rows := make([]string, size.H)
	for y := range rows {
		x := 0
		var row strings.Builder
		for p := range paneCount { // those that stand side by side are in the order of the columns
			at := l.at[p]
			if y < at.Y || y >= at.Y+len(lines[p]) {
				continue
			}
			row.WriteString(strings.Repeat(" ", at.X-x) + lines[p][y-at.Y])
			x = at.X + at.W
		}
		rows[y] = row.String() + strings.Repeat(" ", size.W-x)
	}
	return strings.Join(rows, "\n")
}

// ruleView is the line below the rail. It says how much of the narration is
// hidden, and how to read it: below, the text would have to give way to that. A
// violation takes its place, on every chapter and until the end.
func (m Model) ruleView(hidden int) string {
	if s := m.state; s.Violated > 0 {
		text := " " + m.say("DATA VIOLATION · %d so far · %s", s.Violated, m.voice().Violation(s.Violations[0].Violation))
		return m.styles.BadgeBad.Render(fitLine(text, m.width))
	}
	if hidden == 0 {
		return m.styles.Rule.Render(strings.Repeat("─", m.width))
	}
	more := " ↓ " + m.count(hidden, "%d more line of text", "%d more lines of text") + " "
	return m.styles.Rule.Render(strings.Repeat("─", m.width-ansi.StringWidth(more)-1)) + m.styles.Dim.Render(more) + m.styles.Rule.Render("─")
}

// atMost cuts lines that are too many, and says so in the last one.
func (m Model) atMost(lines []string, h int) []string {
	if len(lines) <= h || h < 1 {
		return lines
	}
	return append(lines[:h-1:h-1], m.styles.Dim.Render("… "+m.count(len(lines)-h+1, "%d more line", "%d more lines")))
}

// tooSmall says so calmly; everything goes on behind it.
func (m Model) tooSmall() string {
	text := m.say("please enlarge the terminal\nto 60 × 18 or more\nthe talk goes on")
	if m.height < 3 || m.width < 27 {
		text = m.say("enlarge")
	}
	return fit(lipgloss.Place(m.width, m.height, lipgloss.Center, lipgloss.Center, text), m.width, m.height)
}

// fit cuts and fills text to exactly w by h cells: nothing that a pane draws
// can push another one off the screen.
func fit(text string, w, h int) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	lines := strings.Split(text, "\n")
	if len(lines) > h {
		lines = lines[:h]
	}
	for i, line := range lines {
		lines[i] = fitLine(line, w)
	}
	for len(lines) < h {
		lines = append(lines, strings.Repeat(" ", w))
	}
	return strings.Join(lines, "\n")
}

func fitLine(line string, w int) string {
	has := ansi.StringWidth(line)
	if has > w {
		line = ansi.Truncate(line, w, "…")
		has = ansi.StringWidth(line)
	}
	return line + strings.Repeat(" ", max(0, w-has))
}

// heading is a pane's first line: its name, and a quiet remark at the right.
func (m Model) heading(name, remark string, w int) string {
	return heading(m.styles, name, remark, w)
}

func heading(s styles.Styles, name, remark string, w int) string {
	left := s.Title.Render(name)
	if remark == "" {
		return left
	}
	space := w - ansi.StringWidth(name) - ansi.StringWidth(remark)
	if space < 2 {
		return left
	}
	return left + strings.Repeat(" ", space) + s.Dim.Render(remark)
}

// wrap breaks text into lines of at most w cells.
func wrap(text string, w int) []string {
	if w <= 0 {
		return nil
	}
	return strings.Split(ansi.Wrap(text, w, ""), "\n")
}
