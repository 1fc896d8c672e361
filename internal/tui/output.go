package tui

import (
	"io"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/guard"
	"github.com/tikv-demo/tikv-demo/internal/tui/display"
)

// painter gives what draws on the terminal; the film hears what is written there.
func (m Model) painter(tty display.TTY) *display.Painter {
	if m.cfg.Film == nil {
		return display.New(tty, nil)
	}
	film, now := m.cfg.Film, m.cfg.Now
	return display.New(tty, func(b []byte) { film.Output(now(), b) })
}

// PaintAgain draws the whole screen when somebody reads the terminal again that was
// not read for a while: what was drawn meanwhile is not on it.
func PaintAgain(out io.Writer, p *tea.Program) {
	if o, ok := out.(*guard.Output); ok {
		o.OnBack(func() { p.Send(tea.ClearScreen()) })
	}
}
