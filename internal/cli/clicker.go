package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/tui"
)

// pressesShown are the latest presses that are kept on the screen.
const pressesShown = 12

// clicker shows what somebody's clicker sends. It ends with Enter, which no clicker
// has: q may be one of its buttons.
type clicker struct {
	now    func() time.Time
	last   string
	lastAt time.Time
	lines  []string
}

// Init waits for the first press.
func (clicker) Init() tea.Cmd { return nil }

// Update adds a line for each press.
func (m clicker) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
		return m, nil
	case k.Type == tea.KeyEnter, k.Type == tea.KeyCtrlC:
		return m, tea.Quit
	}
	sent, at := tui.Meaning(k), m.now()
	does := sent.Does
	switch {
	case sent.Key == m.last && at.Sub(m.lastAt) < tui.ClickGap:
		does = fmt.Sprintf("again after %d ms: the second half of a double click, or a held key; it counts once", at.Sub(m.lastAt).Milliseconds())
	case !sent.Safe:
		does = "NOT what clickers send: " + does + ". Look for another mode of it"
	}
	m.last, m.lastAt = sent.Key, at
	m.lines = append(m.lines[:len(m.lines):len(m.lines)], fmt.Sprintf("  %-9s %s", sent.Key, does))
	m.lines = m.lines[max(0, len(m.lines)-pressesShown):]
	return m, nil
}

// View draws the latest presses.
func (m clicker) View() string {
	return "Press every button of the clicker, once and twice. Enter ends this.\n\n" + strings.Join(m.lines, "\n") + "\n"
}

// tryClicker shows what a clicker sends, until Enter.
func tryClicker(ctx context.Context, std IO) error {
	if err := needScreen(std, "--clicker"); err != nil {
		return err
	}
	defer guarded(std)()
	m := clicker{now: time.Now}
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(terminalInput(std)), tea.WithOutput(std.Out), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}
