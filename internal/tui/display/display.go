// Package display puts the frames of a full-screen program on its terminal: at once, only
// the rows that have changed, each frame as one synchronized update.
//
// Bubble Tea's own renderer looks 60 times a second, or 120 at most, whether there is a
// new frame. That is 8 ms between a key and its frame, and most of the processor time of
// a screen on which nothing happens. So it is given nothing to draw. Keys, sizes and the
// modes of the terminal are still Bubble Tea's.
package display

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/guard"
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// TTY is what a screen is shown on: a file, so that its size can be asked for.
type TTY interface {
	io.ReadWriteCloser
	io.StringWriter
	Fd() uintptr
}

// between is the least time between two frames: of a burst of events only the last one
// is seen anyway.
const between = 4 * time.Millisecond

// A Painter draws on a terminal. To Bubble Tea it is the terminal.
type Painter struct {
	TTY
	film    func(b []byte) // told what was written; may be nil
	changed chan struct{}  // there is something to draw
	alive   context.Context
	drawing *safe.Group

	mu     sync.Mutex // guards what is to be drawn
	frame  string
	width  int
	height int
	afresh bool // nothing of what was drawn can be relied on

	pen   sync.Mutex // held while something is written
	on    bool       // the alternate screen is shown: before and after, the terminal is the shell's
	drawn []string   // the rows that are there
}

// New gives the painter of a terminal; film is told what was written there, and may be
// nil. End ends it.
func New(tty TTY, film func(b []byte)) *Painter {
	p := &Painter{TTY: tty, film: film, changed: make(chan struct{}, 1)}
	p.drawing, p.alive = safe.Within(context.Background())
	p.drawing.Go(p.paint)
	return p
}

// End ends the drawing, waits for the frame that is being drawn, and gives what the
// painter may have panicked with.
func (p *Painter) End() error {
	p.drawing.Stop()
	return safe.Do(func() error { p.drawing.Wait(); return nil })
}

// Show draws a frame as soon as it can be drawn, unless a newer one comes first.
func (p *Painter) Show(frame string) {
	p.mu.Lock()
	same := p.frame == frame
	p.frame = frame
	p.mu.Unlock()
	if !same {
		p.wake()
	}
}

// Resize says that the terminal has another size: what was on it is cut or moved.
func (p *Painter) Resize(width, height int) {
	p.mu.Lock()
	p.width, p.height, p.afresh = width, height, true
	p.mu.Unlock()
	p.wake()
}

// Write takes what Bubble Tea's renderer draws, which is nothing of ours.
func (p *Painter) Write(b []byte) (int, error) { return len(b), nil }

// WriteString writes a mode of the terminal. The last frame is on the screen before the
// screen is left, and a screen that was entered or erased is drawn afresh.
func (p *Painter) WriteString(seq string) (int, error) {
	p.pen.Lock()
	defer p.pen.Unlock()
	if strings.Contains(seq, ansi.ResetModeAltScreenSaveCursor) {
		if p.alive.Err() == nil {
			p.draw()
		}
		p.on = false
	}
	n, err := p.write(seq)
	entered := strings.Contains(seq, ansi.SetModeAltScreenSaveCursor)
	p.on = p.on || entered
	if entered || strings.Contains(seq, ansi.EraseEntireScreen) {
		p.mu.Lock()
		p.afresh = true
		p.mu.Unlock()
		p.wake()
	}
	return n, err
}

func (p *Painter) wake() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// paint draws whenever something has changed.
func (p *Painter) paint() {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-p.changed:
		case <-p.alive.Done():
			return
		}
		p.drawNow()
		pause.Reset(between)
		select {
		case <-pause.C:
		case <-p.alive.Done():
			return
		}
	}
}

func (p *Painter) drawNow() {
	p.pen.Lock()
	defer p.pen.Unlock()
	p.draw()
}

// draw draws the newest frame. The pen is held.
func (p *Painter) draw() {
	if !p.on {
		return
	}
	rows, width, height := p.next()
	if len(rows) == 0 {
		return
	}
	diff := Diff(p.drawn, rows, width)
	if len(rows) < height && (p.drawn == nil || len(p.drawn) > len(rows)) {
		diff += ansi.CursorPosition(1, len(rows)+1) + ansi.EraseScreenBelow
	}
	p.drawn = rows
	if diff != "" {
		// One write: whatever happens between two of them, a panic included, the update
		// is closed.
		_, _ = p.write(ansi.SetModeSynchronizedOutput + diff + ansi.ResetModeSynchronizedOutput)
	}
}

// next gives the rows of the newest frame, and the size of the screen: no rows where
// nothing can be drawn yet. The pen is held.
func (p *Painter) next() (rows []string, width, height int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frame == "" || p.width == 0 {
		return nil, 0, 0
	}
	if p.afresh {
		p.drawn, p.afresh = nil, false
	}
	rows = strings.Split(p.frame, "\n")
	return rows[:min(len(rows), p.height)], p.width, p.height
}

// write writes to the terminal, and tells the film: the terminal does not wait for it,
// and it goes on where nobody reads the terminal.
func (p *Painter) write(s string) (int, error) {
	n, err := p.TTY.WriteString(s)
	if p.film != nil && (err == nil || errors.Is(err, guard.ErrUnread)) {
		s = strings.TrimPrefix(s, ansi.SetModeSynchronizedOutput)
		p.film([]byte(strings.TrimSuffix(s, ansi.ResetModeSynchronizedOutput)))
	}
	return n, err
}

// Diff gives what makes the rows of one frame those of the next on a screen of a width
// in cells: nothing where they are the same. No row is drawn beyond the width, where it
// would begin another.
func Diff(drawn, rows []string, width int) string {
	var b strings.Builder
	for i, row := range rows {
		if i < len(drawn) && drawn[i] == row {
			continue
		}
		b.WriteString(ansi.CursorPosition(1, i+1))
		w := ansi.StringWidth(row)
		if w > width {
			row = ansi.Truncate(row, width, "")
			w = ansi.StringWidth(row) // less, where a wide character stands across the edge
		}
		b.WriteString(row + ansi.ResetStyle)
		if w < width {
			b.WriteString(ansi.EraseLineRight)
		}
	}
	return b.String()
}

// Program is a Bubble Tea program whose frames a painter draws on the alternate screen.
type Program struct {
	*tea.Program
	painter *Painter
}

// NewProgram makes the program of a model on a terminal. When somebody reads the terminal
// again that was not read for a while, the whole screen is drawn: what was drawn
// meanwhile is not on it.
func NewProgram(m tea.Model, p *Painter, options ...tea.ProgramOption) *Program {
	options = append(slices.Clone(options), tea.WithAltScreen(), tea.WithOutput(p), tea.WithFPS(1))
	program := &Program{tea.NewProgram(painted{m, p}, options...), p}
	if o, ok := p.TTY.(*guard.Output); ok {
		o.OnBack(func() { program.Send(tea.ClearScreen()) })
	}
	return program
}

// Run runs the program, and gives the last model. A painter that panics ends it.
func (p *Program) Run() (tea.Model, error) {
	going := context.AfterFunc(p.painter.alive, p.Kill)
	end, err := p.Program.Run()
	going()
	if last, ok := end.(painted); ok {
		end = last.Model
	}
	return end, errors.Join(err, p.painter.End())
}

// painted is a model whose frames go to a painter.
type painted struct {
	tea.Model
	on *Painter
}

func (m painted) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		size = usable(size)
		m.on.Resize(size.Width, size.Height)
		msg = size
	}
	next, cmd := m.Model.Update(msg)
	return painted{next, m.on}, cmd
}

func (m painted) View() string {
	m.on.Show(m.Model.View())
	return ""
}

// usable gives what may be drawn on a terminal. One that does not know its own size, such
// as a serial line or that of a container, says 0 by 0.
func usable(size tea.WindowSizeMsg) tea.WindowSizeMsg {
	if size.Width <= 0 || size.Height <= 0 {
		return tea.WindowSizeMsg{Width: 80, Height: 24}
	}
	return size
}
