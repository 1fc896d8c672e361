package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// Film records the screen. What is typed is not told to it. It is safe for several
// goroutines.
type Film interface {
	// Output takes what was written to the terminal.
	Output(at time.Time, b []byte)
	// Resize says that the terminal has another size than before.
	Resize(at time.Time, width, height int)
	// Mark says that a chapter begins.
	Mark(at time.Time, label string)
}

// filmSize tells the film of another size than before. The first one it knows.
func (m Model) filmSize(before rect) tea.Cmd {
	if m.cfg.Film == nil || before.W == 0 || before == (rect{m.width, m.height}) {
		return nil
	}
	film, now, width, height := m.cfg.Film, m.cfg.Now, m.width, m.height
	return func() tea.Msg {
		film.Resize(now(), width, height)
		return nil
	}
}

// filmChapter tells the film which chapter has begun, if another one has.
func (m Model) filmChapter(before int) tea.Cmd {
	if m.cfg.Film == nil || before == m.state.Reached {
		return nil
	}
	c := m.state.Chapters[m.state.Reached]
	film, now, label := m.cfg.Film, m.cfg.Now, fmt.Sprintf("%d %s", c.N, c.Title)
	return func() tea.Msg {
		film.Mark(now(), label)
		return nil
	}
}
