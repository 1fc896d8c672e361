// Package shell is what the full-screen programs, the talk and its console, share: what
// came in one read, key by key, and the way back to the shell that Ctrl-Z asks for.
package shell

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/sys/unix"
)

// SuspendedMsg says how a Ctrl-Z ended.
type SuspendedMsg struct{ Err error }

// Suspend gives the terminal to the shell until it says fg. Bubble Tea's own
// Suspend waits for that for ever; where no shell waits, as in a window that runs
// only this program, the system ignores the signal.
func Suspend() tea.Cmd {
	return tea.Exec(stop{}, func(err error) tea.Msg { return SuspendedMsg{err} })
}

// OneByOne presses keys that came in one read one by one. A link over a network brings
// them so, and fingers that are quick.
func OneByOne(m tea.Model, k tea.KeyMsg, press func(tea.Model, tea.KeyMsg) (tea.Model, tea.Cmd)) (tea.Model, tea.Cmd) {
	if k.Type != tea.KeyRunes || len(k.Runes) < 2 {
		return press(m, k)
	}
	var cmds []tea.Cmd
	for _, r := range k.Runes {
		one := k
		one.Runes = []rune{r}
		var cmd tea.Cmd
		m, cmd = press(m, one)
		cmds = append(cmds, cmd)
	}
	return m, tea.Batch(cmds...)
}

// stop stops the process as a command that Bubble Tea has left the terminal to.
type stop struct{}

// How long a signal may take to stop the process. A busy machine takes its time, and a
// process that has drawn its screen again is stopped with the terminal in its hands, so
// it waits for long where a shell has given it a group of its own: there the signal is
// obeyed. Time goes on while it is stopped, so that the wait may be over before a process
// that comes back has heard that it does: heardIn is for that.
const (
	notStopped = 200 * time.Millisecond
	stopsIn    = 10 * time.Second
	heardIn    = 200 * time.Millisecond
)

// limit says how long it may take to be stopped. The first process of a session is its
// shell, unless a window or a container runs only this program.
func limit() time.Duration {
	session, err := unix.Getsid(0)
	if err != nil {
		return notStopped
	}
	if group, err := unix.Getpgid(session); err != nil || group == unix.Getpgrp() {
		return notStopped
	}
	return stopsIn
}

// ErrNoShell says that nothing would bring the program back.
var ErrNoShell = errors.New("Ctrl-Z needs a shell to come back from, and none waits here")

func (stop) Run() error {
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, syscall.SIGCONT)
	defer signal.Stop(resumed)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err
	}
	select {
	case <-resumed:
		return nil
	case <-time.After(limit()):
	}
	select {
	case <-resumed:
		return nil
	case <-time.After(heardIn):
		return ErrNoShell
	}
}

func (stop) SetStdin(io.Reader)  {}
func (stop) SetStdout(io.Writer) {}
func (stop) SetStderr(io.Writer) {}
