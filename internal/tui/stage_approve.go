package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// questionPiece puts the proposed action before the presenter, in a frame that
// stands in the place of the chapter.
func (m Model) questionPiece(r rect) []string {
	if m.state.Question == demo.AskReason {
		return m.framed(m.say("Why not?"), m.reasonLines(), r)
	}
	a, terms := m.state.Answer, m.state.Answer.OnTerms()
	w := max(1, r.W-frameWidth)
	lines := []string{m.styles.Strong.Render(a.Action.String()), ""}
	for _, x := range []struct{ name, words string }{
		{m.say("effect"), m.quote(terms.Effect)}, {m.say("only if"), m.quote(terms.Precondition)}, {m.say("undo"), m.quote(terms.Undo)}, {m.say("risk"), m.quote(terms.Risk)},
	} {
		if x.words != "" {
			lines = append(lines, m.entry(x.name, x.words, w)...)
		}
	}
	foot := []string{"", m.styles.Strong.Render("y") + m.styles.Text.Render(" "+m.say("approves. No other key does."))}
	if m.state.Deaf(m.now) {
		foot[1] = m.styles.Dim.Render(m.say("one moment"))
	}
	room := max(1, r.H-frameHeight-len(foot))
	if len(lines) > room {
		lines = append(lines[:room-1:room-1], m.styles.Dim.Render("…"))
	}
	return m.framed(m.say("Approve?"), append(lines, foot...), r)
}

func (m Model) reasonLines() []string {
	var lines []string
	for _, o := range demo.Offers(m.state) {
		if o.Intent == demo.Choose {
			lines = append(lines, m.styles.Strong.Render(fmt.Sprint(o.N))+m.styles.Text.Render("  "+m.voice().Offer(o)))
		}
	}
	return lines
}

// The cells and lines that a frame takes.
const (
	frameWidth  = 4
	frameHeight = 2
)

// framed draws a frame around lines, as wide as r.
func (m Model) framed(title string, lines []string, r rect) []string {
	w := max(1, r.W-frameWidth)
	rule := m.styles.Warn
	top := "┌ " + title + " "
	out := []string{rule.Render(top + strings.Repeat("─", max(0, r.W-1-ansi.StringWidth(top))) + "┐")}
	for _, l := range lines {
		out = append(out, rule.Render("│ ")+fitLine(l, w)+rule.Render(" │"))
	}
	return append(out, rule.Render("└"+strings.Repeat("─", max(0, r.W-2))+"┘"))
}
