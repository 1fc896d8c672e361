package display

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/guard"
	"github.com/tikv-demo/tikv-demo/internal/screentest"
)

// terminal keeps what it is sent, write by write.
type terminal struct {
	mu     sync.Mutex
	writes []string
	err    error // of every write
}

func (t *terminal) Write(b []byte) (int, error) { return t.WriteString(string(b)) }
func (t *terminal) Read([]byte) (int, error)    { return 0, errors.New("nobody types") }
func (t *terminal) Close() error                { return nil }
func (t *terminal) Fd() uintptr                 { return ^uintptr(0) }

func (t *terminal) WriteString(s string) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return 0, t.err
	}
	t.writes = append(t.writes, s)
	return len(s), nil
}

// sent gives what was written since it was asked last.
func (t *terminal) sent() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.writes
	t.writes = nil
	return out
}

const (
	enter = ansi.SetModeAltScreenSaveCursor
	leave = ansi.ResetModeAltScreenSaveCursor
)

// update is a frame as the terminal is sent it.
func update(rows string) []string {
	return []string{ansi.SetModeSynchronizedOutput + rows + ansi.ResetModeSynchronizedOutput}
}

// row is one row of a frame that is narrower than the screen.
func row(n int, text string) string {
	return ansi.CursorPosition(1, n) + text + ansi.ResetStyle + ansi.EraseLineRight
}

// begun is a painter of 20 by 2 cells whose screen is shown.
func begun(t *testing.T, tty *terminal, film func([]byte)) *Painter {
	t.Helper()
	p := New(tty, film)
	t.Cleanup(func() { require.NoError(t, p.End()) })
	p.Resize(20, 2)
	_, err := p.WriteString(enter)
	require.NoError(t, err)
	p.Show("one\ntwo")
	time.Sleep(2 * between)
	return p
}

func TestAFrameIsDrawnAtOnceAndOnlyWhatHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{}
		p := begun(t, tty, nil)
		require.Equal(t, append([]string{enter}, update(row(1, "one")+row(2, "two"))...), tty.sent())
		p.Show("one\n2")
		synctest.Wait()
		require.Equal(t, update(row(2, "2")), tty.sent(), "no time has passed")
		p.Show("one\n2")
		time.Sleep(time.Hour)
		require.Empty(t, tty.sent(), "nothing has changed")
	})
}

// The rows that a shorter frame has no more are not left standing below it.
func TestBelowAShorterFrameIsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{}
		p := begun(t, tty, nil)
		tty.sent()
		p.Show("one")
		synctest.Wait()
		require.Equal(t, update(ansi.CursorPosition(1, 2)+ansi.EraseScreenBelow), tty.sent())
	})
}

// Who has ended the painter has the terminal, and leaving the screen draws nothing more.
func TestAfterTheEndNothingIsDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{}
		p := begun(t, tty, nil)
		tty.sent()
		require.NoError(t, p.End())
		p.Show("one\nlate")
		_, _ = p.WriteString(leave)
		time.Sleep(time.Second)
		require.Equal(t, []string{leave}, tty.sent())
	})
}

func TestOfABurstOfFramesTheFirstAndTheLastAreDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{}
		p := begun(t, tty, nil)
		tty.sent()
		for i := range 100 {
			p.Show(fmt.Sprintf("one\n%d", i))
			synctest.Wait()
		}
		time.Sleep(between)
		synctest.Wait()
		require.Equal(t, append(update(row(2, "0")), update(row(2, "99"))...), tty.sent())
	})
}

// Before and after, and while a shell has it, the terminal is not the program's.
func TestNothingIsDrawnWhereTheScreenIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{}
		p := New(tty, nil)
		defer func() { require.NoError(t, p.End()) }()
		p.Resize(20, 2)
		p.Show("one\ntwo")
		time.Sleep(time.Second)
		require.Empty(t, tty.sent())
		_, _ = p.WriteString(enter)
		time.Sleep(time.Second)
		tty.sent()

		p.Show("one\nlast")
		_, _ = p.WriteString(leave)
		p.Show("one\nunseen")
		time.Sleep(time.Second)
		require.Equal(t, append(update(row(2, "last")), leave), tty.sent(), "the last frame comes before the screen is left")

		_, _ = p.WriteString(enter)
		time.Sleep(time.Second)
		require.Equal(t, append([]string{enter}, update(row(1, "one")+row(2, "unseen"))...), tty.sent(), "and all of it when it is entered again")
	})
}

func TestAScreenThatWasErasedOrResizedIsDrawnAfresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{}
		p := begun(t, tty, nil)
		tty.sent()
		_, _ = p.WriteString(ansi.EraseEntireScreen)
		time.Sleep(time.Second)
		require.Equal(t, append([]string{ansi.EraseEntireScreen}, update(row(1, "one")+row(2, "two"))...), tty.sent())
		p.Resize(2, 3)
		time.Sleep(time.Second)
		cut := ansi.CursorPosition(1, 1) + "on" + ansi.ResetStyle + ansi.CursorPosition(1, 2) + "tw" + ansi.ResetStyle
		require.Equal(t, update(cut+ansi.CursorPosition(1, 3)+ansi.EraseScreenBelow), tty.sent(), "the old frame, until there is a new one")
		p.Show("1\n2\n3\n4")
		time.Sleep(time.Second)
		require.Equal(t, update(row(1, "1")+row(2, "2")+row(3, "3")), tty.sent())
	})
}

// A film has what the terminal was given, without the marks of a synchronized update. It
// goes on where nobody reads the terminal, and not where the terminal has failed.
func TestAFilmHasWhatTheTerminalWasGiven(t *testing.T) {
	for err, filmed := range map[error]bool{nil: true, guard.ErrUnread: true, errors.New("closed"): false} {
		synctest.Test(t, func(t *testing.T) {
			tty := &terminal{}
			var film []string
			p := begun(t, tty, func(b []byte) { film = append(film, string(b)) })
			synctest.Wait()
			require.Equal(t, []string{enter, row(1, "one") + row(2, "two")}, film)
			tty.mu.Lock()
			tty.err = err
			tty.mu.Unlock()
			p.Show("one\n2")
			time.Sleep(time.Second)
			synctest.Wait()
			require.Equal(t, filmed, len(film) == 3, "%v", err)
		})
	}
}

// However two frames differ, what is drawn of the second makes the first into it.
func TestADifferenceMakesOneFrameTheOther(t *testing.T) {
	const width, height = 12, 6
	pieces := []string{"a", "bc", " ", "日", "é", "\x1b[31mr\x1b[0m", "\x1b[1;48;5;233m  \x1b[0m", "👩‍👩‍👧"}
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		frame := func() []string {
			rows := make([]string, height)
			for i := range rows {
				for range rnd.IntN(12) {
					rows[i] += pieces[rnd.IntN(len(pieces))]
				}
			}
			return rows
		}
		screen := screentest.NewCells(width, height)
		var drawn []string
		for range 5 {
			rows := frame()
			if drawn != nil {
				copy(rows, drawn[:rnd.IntN(height)])
			}
			screen.Write(Diff(drawn, rows, width))
			afresh := screentest.NewCells(width, height)
			for i, row := range rows {
				if ansi.StringWidth(row) > width {
					row = ansi.Truncate(row, width, "")
				}
				afresh.Write(ansi.CursorPosition(1, i+1) + row)
			}
			require.Equal(t, afresh.Text(), screen.Text(), "seed %d", seed)
			require.Empty(t, Diff(rows, rows, width))
			drawn = rows
		}
	}
}

// counter counts what it is told.
type counter struct {
	tea.Model
	n int
}

func (c counter) Init() tea.Cmd                       { return nil }
func (c counter) View() string                        { return strings.Repeat("n", c.n) }
func (c counter) Update(tea.Msg) (tea.Model, tea.Cmd) { c.n++; return c, nil }

func TestAProgramGivesItsModelBack(t *testing.T) {
	tty := &terminal{}
	p := NewProgram(counter{}, New(tty, nil), tea.WithInput(&bytes.Buffer{}), tea.WithoutSignalHandler())
	go func() {
		p.Send(tea.WindowSizeMsg{Width: 20, Height: 2})
		p.Send(tea.KeyMsg{})
		p.Quit()
	}()
	end, err := p.Run()
	require.NoError(t, err)
	require.Equal(t, counter{n: 2}, end)
	sent := strings.Join(tty.sent(), "")
	require.Contains(t, sent, row(1, "nn"), "the last frame")
	require.Less(t, strings.Index(sent, "nn"), strings.Index(sent, leave))
}

// Otherwise the talk would go on behind a screen that stands still.
func TestAPainterThatPanicsEndsTheProgram(t *testing.T) {
	tty := &terminal{}
	p := NewProgram(counter{}, New(tty, func(b []byte) {
		if bytes.Contains(b, []byte("n")) {
			panic("the film is torn")
		}
	}), tea.WithInput(&bytes.Buffer{}), tea.WithoutSignalHandler())
	go p.Send(tea.WindowSizeMsg{Width: 20, Height: 2})
	_, err := p.Run()
	require.ErrorIs(t, err, tea.ErrProgramKilled)
	require.ErrorContains(t, err, "the film is torn")
	require.Contains(t, tty.sent(), leave)
}
