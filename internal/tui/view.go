package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/words"
)

// View draws the screen.
func (m Model) View() string {
	if m.width == 0 {
		return "" // nobody has said how large the terminal is
	}
	l := arrange(m.width, m.height)
	switch {
	case m.over == blankOverlay:
		return fit("", m.width, m.height)
	case l.small:
		return m.tooSmall()
	case m.over == helpOverlay:
		return m.helpView()
	case m.over.paged():
		return m.pageView()
	}
	body, hidden := m.bodyView(l)
	rows := []string{
		fit(m.headerView(l.header), l.header.W, l.header.H),
		fit(m.railView(l.rail), l.rail.W, l.rail.H),
		m.ruleView(hidden),
		body,
		fit(m.logView(l.log), l.log.W, l.log.H),
		fit(m.footerView(l.footer), l.footer.W, l.footer.H),
	}
	return strings.Join(rows, "\n")
}

// ruleView is the line below the rail. It says how much of the narration is
// hidden, and how to read it: below, the text would have to give way to that. A
// violation takes its place, on every chapter and until the end.
func (m Model) ruleView(hidden int) string {
	if s := m.state; s.Violated > 0 {
		text := fmt.Sprintf(" DATA VIOLATION · %d so far · %s", s.Violated, words.Violation(s.Violations[0].Violation))
		return m.styles.BadgeBad.Render(fitLine(text, m.width))
	}
	if hidden == 0 {
		return m.styles.Rule.Render(strings.Repeat("─", m.width))
	}
	more := fmt.Sprintf(" ↓ %s of text ", count(hidden, "more line"))
	return m.styles.Rule.Render(strings.Repeat("─", m.width-ansi.StringWidth(more)-1)) + m.styles.Dim.Render(more) + m.styles.Rule.Render("─")
}

// bodyView is the stage and, beside it, cluster and chart. It also says how many
// rows of the narration are hidden.
func (m Model) bodyView(l layout) (string, int) {
	if m.nothingYet() {
		return m.opening(rect{m.width, l.stage.H})
	}
	lines, hidden := m.stageView(l.stage)
	stage := fit(strings.Join(m.atMost(lines, l.stage.H), "\n"), l.stage.W, l.stage.H)
	if l.single {
		return stage, hidden
	}
	side := fit(m.sideView(l.side), l.side.W, l.side.H)
	return lipgloss.JoinHorizontal(lipgloss.Top, stage, strings.TrimSuffix(strings.Repeat(strings.Repeat(" ", l.gap)+"\n", l.stage.H), "\n"), side), hidden
}

// nothingYet says whether there are only words to be shown: no cluster, no
// load, and no piece of the chapter's own.
func (m Model) nothingYet() bool {
	s := m.state
	return s.Chapter().OnEnter == "" && len(s.Snapshot.Nodes) == 0 && len(s.Load) == 0 && s.Chapter().Gate == ""
}

// openingWidth is how wide the narration is where nothing stands beside it.
const openingWidth = 60

// opening is the narration in the middle of the screen.
func (m Model) opening(r rect) (string, int) {
	story, hidden := m.head(m.narration(min(openingWidth, r.W)), r.H)
	wide := 0
	for _, l := range story {
		wide = max(wide, ansi.StringWidth(l))
	}
	block := fit(strings.Join(story, "\n"), wide, len(story))
	return fit(lipgloss.Place(r.W, r.H, lipgloss.Center, lipgloss.Center, block), r.W, r.H), hidden
}

// atMost cuts lines that are too many, and says so in the last one.
func (m Model) atMost(lines []string, h int) []string {
	if len(lines) <= h || h < 1 {
		return lines
	}
	return append(lines[:h-1:h-1], m.styles.Dim.Render("… "+count(len(lines)-h+1, "more line")))
}

// tooSmall says so calmly; everything goes on behind it.
func (m Model) tooSmall() string {
	text := "please enlarge the terminal\nto 60 × 18 or more\nthe talk goes on"
	if m.height < 3 || m.width < 27 {
		text = "enlarge"
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
	if ansi.StringWidth(line) > w {
		line = ansi.Truncate(line, w, "…")
	}
	return line + strings.Repeat(" ", max(0, w-ansi.StringWidth(line)))
}

// heading is a pane's first line: its name, and a quiet remark at the right.
func (m Model) heading(name, remark string, w int) string {
	left := m.styles.Title.Render(name)
	if remark == "" {
		return left
	}
	space := w - ansi.StringWidth(name) - ansi.StringWidth(remark)
	if space < 2 {
		return left
	}
	return left + strings.Repeat(" ", space) + m.styles.Dim.Render(remark)
}

// wrap breaks text into lines of at most w cells.
func wrap(text string, w int) []string {
	if w <= 0 {
		return nil
	}
	return strings.Split(ansi.Wrap(text, w, ""), "\n")
}
