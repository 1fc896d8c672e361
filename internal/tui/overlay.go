package tui

import (
	"github.com/charmbracelet/lipgloss"
)

// helpView lists every key.
func (m Model) helpView() string {
	m.help.Width = m.width
	text := m.styles.Title.Render("Keys") + "\n\n" + m.help.FullHelpView(m.keys.full()) + "\n\n" +
		m.styles.Dim.Render("Enter → PageDown l are Space; ← PageUp h p go back.\nA clicker can neither leave, nor force, nor approve. Any key closes this.")
	return fit(lipgloss.Place(m.width, m.height, lipgloss.Center, lipgloss.Center, text), m.width, m.height)
}
