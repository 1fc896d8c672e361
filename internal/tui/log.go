package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// logView is the latest of who said what, when.
func (m Model) logView(r rect) string {
	var lines []string
	for i := len(m.state.Log) - 1; i >= 0 && len(lines) < r.H-1; i-- {
		e := m.state.Log[i]
		who, said := m.voice().Tell(e.Body)
		if who == "" {
			continue
		}
		when := fmt.Sprintf("%7.1fs ", e.At.Sub(m.state.Began).Seconds())
		lines = append(lines, m.styles.Dim.Render(when)+m.look(who).Render(fmt.Sprintf("%-10s", m.word(who)))+m.styles.Text.Render(said))
	}
	slices.Reverse(lines)
	return strings.Join(append([]string{m.heading(m.say("Events"), "", r.W)}, lines...), "\n")
}

// voice words facts as the subject would.
func (m Model) voice() words.Voice { return words.Of(m.tongue, m.state.Snapshot) }

// say gives a format's words in the language of the screen.
func (m Model) say(format string, args ...any) string { return m.tongue.Say(format, args...) }

// word gives words from a table in the language of the screen.
func (m Model) word(english string) string { return m.tongue.Word(english) }

// quote gives a fact in the language of the screen.
func (m Model) quote(fact string) string { return m.tongue.Quote(fact) }

// count is say for a number of things.
func (m Model) count(n int, one, many string) string { return m.tongue.Count(n, one, many) }

// look gives each speaker a look; the name stands there too.
func (m Model) look(who string) styles.Look {
	switch who {
	case "monitor":
		return m.styles.Warn
	case "chaos":
		return m.styles.Bad
	case "diagnosis":
		return m.styles.Accent
	case "cluster", "load":
		return m.styles.Good
	}
	return m.styles.Dim
}
