// Command yardstick is a small Bubble Tea program, as its tutorials teach: a
// styled page, and a key that turns it. The benchmarks of the screen measure it in
// the same run, so that a slow machine is not taken for a slow screen.
package main

import (
	"fmt"
	"os"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
)

type model struct {
	width, height, turned int
}

func (m model) Init() tea.Cmd { return nil }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyMsg:
		if msg.Type == tea.KeyCtrlC {
			return m, tea.Quit
		}
		m.turned++
	}
	return m, nil
}

func (m model) View() string {
	look := lipgloss.NewStyle().Foreground(lipgloss.Color("117"))
	lines := []string{look.Bold(true).Render(fmt.Sprintf("page %d.", m.turned))}
	for i := 1; i < m.height; i++ {
		lines = append(lines, look.Render(strings.Repeat(fmt.Sprint((m.turned+i)%10), max(0, m.width-1))))
	}
	return strings.Join(lines, "\n")
}

func main() {
	if _, err := tea.NewProgram(model{}, tea.WithAltScreen()).Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
