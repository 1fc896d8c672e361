package tui

import (
	"errors"
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/guard"
)

// tty is what a screen is shown on: a file, so that its size can be asked for.
type tty interface {
	io.ReadWriteCloser
	io.StringWriter
	Fd() uintptr
}

// synchronized is the terminal as Bubble Tea writes to it. Each frame is one
// synchronized update (mode 2026), so that a terminal that knows the mode never shows
// half a frame; others ignore it.
//
// Begin, frame and end are one write. So whatever happens between two writes, a
// panic included, the update is closed.
type synchronized struct {
	tty
	film Film
	now  func() time.Time
}

// Write writes a frame: Bubble Tea's renderer calls it for nothing else.
func (s synchronized) Write(frame []byte) (int, error) {
	n, err := s.tty.Write(update(frame))
	s.filmed(frame, err)
	return min(max(0, n-len(ansi.SetModeSynchronizedOutput)), len(frame)), err
}

// WriteString writes what is not a frame, such as a mode of the terminal.
func (s synchronized) WriteString(seq string) (int, error) {
	n, err := s.tty.WriteString(seq)
	s.filmed([]byte(seq), err)
	return n, err
}

// filmed tells the film what has been written: the terminal does not wait for it, and
// it goes on where nobody reads the terminal.
func (s synchronized) filmed(b []byte, err error) {
	if s.film != nil && (err == nil || errors.Is(err, guard.ErrUnread)) {
		s.film.Output(s.now(), b)
	}
}

func update(frame []byte) []byte {
	out := make([]byte, 0, len(ansi.SetModeSynchronizedOutput)+len(frame)+len(ansi.ResetModeSynchronizedOutput))
	out = append(out, ansi.SetModeSynchronizedOutput...)
	out = append(out, frame...)
	return append(out, ansi.ResetModeSynchronizedOutput...)
}

// output gives what Bubble Tea writes to.
func output(to io.Writer, film Film, now func() time.Time) io.Writer {
	if f, ok := to.(tty); ok {
		return synchronized{f, film, now}
	}
	return to
}

// PaintAgain draws the whole screen when somebody reads the terminal again that was
// not read for a while: what was drawn meanwhile is not on it.
func PaintAgain(out io.Writer, p *tea.Program) {
	if o, ok := out.(*guard.Output); ok {
		o.OnBack(func() { p.Send(tea.ClearScreen()) })
	}
}
