package tui

import "github.com/tikv-demo/tikv-demo/internal/tui/display"

// painter gives what draws on the terminal; the film hears what is written there.
func (m Model) painter(tty display.TTY) *display.Painter {
	if m.cfg.Film == nil {
		return display.New(tty, nil)
	}
	film, now := m.cfg.Film, m.cfg.Now
	return display.New(tty, func(b []byte) { film.Output(now(), b) })
}
