package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// helpView lists every key.
func (m Model) helpView() string {
	m.help.Width = m.width
	text := m.styles.Title.Render("Keys") + "\n\n" + m.help.FullHelpView(m.keys.full()) + "\n\n" +
		m.styles.Dim.Render("Enter → PageDown l are Space; ← PageUp h p go back.\nA clicker can neither leave, nor force, nor approve. Any key closes this.")
	return fit(lipgloss.Place(m.width, m.height, lipgloss.Center, lipgloss.Center, text), m.width, m.height)
}

// notesView is what only the speaker reads; it covers the screen, so it is for
// rehearsals and emergencies.
func (m Model) notesView() string {
	c := m.state.Chapter()
	w := min(maxStage, m.width-4)
	lines := []string{m.styles.Title.Render("Notes: " + c.Title), ""}
	for _, b := range markdown(c.Notes, w, m.styles) {
		lines = append(lines, b...)
	}
	lines = append(lines, "", m.styles.Dim.Render("any key closes this"))
	return fit("\n  "+strings.Join(lines, "\n  "), m.width, m.height)
}
