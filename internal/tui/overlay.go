package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// helpView lists every key: what the play offers now, or why it does not, and
// beside that what is the screen's own.
func (m Model) helpView() string {
	var own []string
	for _, b := range m.keys.own() {
		own = append(own, m.helpLine(b.Help().Key, b.Help().Desc, true))
	}
	columns := lipgloss.JoinHorizontal(lipgloss.Top, strings.Join(m.offerLines(), "\n"), "   ", strings.Join(own, "\n"))
	text := m.styles.Title.Render("Keys") + "\n\n" + columns + "\n\n" +
		m.styles.Dim.Render("Enter → PageDown l are Space; ← PageUp h p go back.\nA clicker can neither leave, nor force, nor approve. Any key closes this.")
	return fit(lipgloss.Place(m.width, m.height, lipgloss.Center, lipgloss.Center, text), m.width, m.height)
}

// offerLines are the play's offers, a line each. Jumps have a line of the
// screen's.
func (m Model) offerLines() []string {
	var lines []string
	for _, i := range []demo.Intent{demo.Advance, demo.Back, demo.Confirm, demo.Dismiss, demo.Choose, demo.Decide, demo.Force, demo.Retry, demo.Restart, demo.Quit, demo.Interrupt} {
		for _, o := range demo.Offers(m.state) {
			if o.Intent != i || o.Label == demo.DoSee {
				continue
			}
			shown := m.keys.binding(i).Help().Key
			if i == demo.Choose {
				shown = fmt.Sprint(o.N)
			}
			said := words.Offer(o)
			if !o.Enabled {
				said = words.Why(m.state, demo.Refusal{Why: o.Why, N: o.N})
			}
			lines = append(lines, m.helpLine(shown, said, o.Enabled))
		}
	}
	return lines
}

func (m Model) helpLine(shown, does string, enabled bool) string {
	look := m.styles.Text
	if !enabled {
		look = m.styles.Dim
	}
	return m.styles.Strong.Render(fmt.Sprintf("%-7s", shown)) + look.Render(does)
}
