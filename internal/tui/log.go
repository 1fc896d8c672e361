package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// logView is the latest of who said what, when.
func (m Model) logView(r rect) string {
	lines := []string{m.heading("Events", "", r.W)}
	log := m.state.Log
	for _, e := range log[max(0, len(log)-(r.H-1)):] {
		when := fmt.Sprintf("%7.1fs ", e.At.Sub(m.state.Began).Seconds())
		lines = append(lines, m.styles.Dim.Render(when)+m.voice(e.Who).Render(fmt.Sprintf("%-10s", e.Who))+m.styles.Text.Render(m.controlWord(e.Text)))
	}
	return strings.Join(lines, "\n")
}

// voice gives each speaker a look; the name stands there too.
func (m Model) voice(who string) lipgloss.Style {
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
