package tui

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// overviewDocument lists the chapters with what was done in each. One of them is
// picked; where the play allows a jump to it, Enter jumps.
func (m Model) overviewDocument() document {
	s := m.state
	width := 0
	for _, c := range s.Chapters {
		width = max(width, ansi.StringWidth(c.Title))
	}
	var lines []string
	for i, c := range s.Chapters {
		mark, look := "  ", m.styles.Text
		if i == m.picked {
			mark, look = m.styles.Accent.Render("▸ "), m.styles.Strong
		}
		if i > s.Reached {
			look = m.styles.Dim
		}
		title := ansi.Truncate(fmt.Sprintf("%d %s", c.N, c.Title), width+2, "…")
		line := mark + m.standing(i) + look.Render(fitLine(title, width+2)) + m.styles.Dim.Render(fmt.Sprintf("  %5s  ", m.spentIn(i)))
		lines = append(lines, line+m.styles.Text.Render(m.voice().Happened(s, i)))
	}
	d := document{title: m.say("Overview"), lines: lines, foot: m.overviewFoot()}
	if s.Options.From > 1 {
		d.said = m.styles.Warn.Render("» ") + m.styles.Dim.Render(m.say("played without a presenter"))
	}
	return d
}

// standing is the sign of a chapter, as on the rail.
func (m Model) standing(i int) string {
	switch s := m.state; {
	case i == s.Current:
		return m.styles.Strong.Render("● ")
	case s.Visits[i].LeftBy == demo.ByFrom:
		return m.styles.Warn.Render("» ")
	case i < s.Reached || !s.Visits[i].LeftAt.IsZero():
		return m.styles.Good.Render("✓ ")
	case i == s.Reached:
		return m.styles.Accent.Render("◉ ")
	}
	return m.styles.Dim.Render("○ ")
}

// spentIn is how long the talk was in a chapter, "" where it was not.
func (m Model) spentIn(i int) string {
	if m.state.Visits[i].EnteredAt.IsZero() {
		return ""
	}
	return words.Clock(m.state.Spent(i, m.now))
}

// jump gives the offer to show the picked chapter.
func (m Model) jump() demo.Offer {
	for _, o := range demo.Offers(m.state) {
		if o.Intent == demo.Jump && o.N == m.picked+1 {
			return o
		}
	}
	return demo.Offer{Intent: demo.Jump, N: m.picked + 1, Why: demo.WhyNotOffered}
}

// overviewFoot says what Enter does about the picked chapter, or why it does nothing.
func (m Model) overviewFoot() string {
	o := m.jump()
	does := m.styles.Strong.Render(m.say("Enter")+" ") + m.styles.Dim.Render(m.voice().Offer(o))
	if !o.Enabled {
		does = m.styles.Dim.Render(m.voice().Why(m.state, demo.Refusal{Why: o.Why, N: o.N}))
	}
	return m.styles.Strong.Render("↑ ↓") + m.styles.Dim.Render(" "+m.say("choose")+" • ") + does + m.styles.Dim.Render(" • "+m.say("any other key closes this"))
}

// openOverview shows the overview with the chapter picked that is shown.
func (m Model) openOverview() (tea.Model, tea.Cmd) {
	m.picked = m.state.Current
	next, cmd := m.open(overviewOverlay)
	return next.(Model).pick(m.picked), cmd
}

// pick moves to another chapter, and scrolls to it where not all have room.
func (m Model) pick(i int) Model {
	m.picked = min(max(i, 0), len(m.state.Chapters)-1)
	room := m.viewport(m.document()).Height
	m.scroll = min(m.scroll, m.picked)
	m.scroll = max(m.scroll, m.picked-room+1)
	return m
}

// choose is what a key means in the overview. Of what jumps no clicker has any: they
// have neither Enter nor digits.
func (m Model) choose(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	switch {
	case key.Matches(k, m.keys.Up):
		return m.pick(m.picked - 1), nil
	case key.Matches(k, m.keys.Down):
		return m.pick(m.picked + 1), nil
	case key.Matches(k, m.keys.Jump):
		m = m.pick(int(k.Runes[0] - '1'))
	case !key.Matches(k, m.keys.Pick):
		return m.uncover()
	}
	if !m.jump().Enabled {
		return m, nil // the line below says why
	}
	m.over = noOverlay
	return m.ask(demo.Jump, m.picked+1)
}
