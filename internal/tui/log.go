package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"

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
		lines = append(lines, m.styles.Dim.Render(when)+m.look(who).Render(fmt.Sprintf("%-10s", who))+m.styles.Text.Render(said))
	}
	slices.Reverse(lines)
	return strings.Join(append([]string{m.heading("Events", "", r.W)}, lines...), "\n")
}

// voice words facts as the subject would.
func (m Model) voice() words.Voice { return words.Of(m.state.Snapshot) }

// look gives each speaker a look; the name stands there too.
func (m Model) look(who string) lipgloss.Style {
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
