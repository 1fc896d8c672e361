package cli

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/screentest"
)

// screen is the program on a real pseudo-terminal.
type screen struct {
	t      *testing.T
	cmd    *exec.Cmd
	tty    *os.File    // our end
	slave  *os.File    // the program's end, which tells how the terminal is set
	was    *term.State // before the program
	seen   *sink
	taking sync.Mutex    // held while what the terminal was sent goes to seen
	over   chan struct{} // closed when the program has ended

	shown *screentest.Cells // what the terminal shows, after so many bytes
	taken int
}

func onScreen(t *testing.T, state string, args ...string) *screen {
	t.Helper()
	return onTerminal(t, state, "xterm-256color", args...)
}

func onTerminal(t *testing.T, state, term string, args ...string) *screen {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM="+term)
	return inTerminal(t, cmd)
}

// inTerminal starts a command on a terminal of its own, with 120 by 36 characters.
func inTerminal(t *testing.T, cmd *exec.Cmd) *screen {
	t.Helper()
	tty, slave, err := pty.Open()
	require.NoError(t, err)
	require.NoError(t, pty.Setsize(tty, &pty.Winsize{Rows: 36, Cols: 120}))
	was, err := term.GetState(int(slave.Fd()))
	require.NoError(t, err)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, cmd.Start())
	s := &screen{t: t, cmd: cmd, tty: tty, slave: slave, was: was, seen: &sink{}, shown: screentest.NewCells(120, 36), over: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(s.over) }()
	go s.read()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = slave.Close()
		_ = tty.Close()
	})
	return s
}

// read hands on what the terminal is sent, until the terminal ends. Nothing is on its
// way to seen while nobody holds taking: a test that had only looked whether something
// was unread missed what was read and not yet there.
func (s *screen) read() {
	b := make([]byte, 32<<10)
	for {
		if s.ready(awaitEvery) == 0 {
			continue
		}
		s.taking.Lock()
		n, err := s.tty.Read(b)
		_, _ = s.seen.Write(b[:max(0, n)])
		s.taking.Unlock()
		if err != nil {
			return
		}
	}
}

// ready waits until the terminal can be read, or has ended, and says which; 0 for
// neither.
func (s *screen) ready(wait time.Duration) int16 {
	fds := []unix.PollFd{{Events: unix.POLLIN}}
	c, err := s.tty.SyscallConn()
	if err == nil {
		err = c.Control(func(fd uintptr) {
			fds[0].Fd = int32(fd)
			_, _ = unix.Poll(fds, int(wait.Milliseconds()))
		})
	}
	if err != nil { // it is closed
		return unix.POLLHUP
	}
	return fds[0].Revents
}

// ended says whether the program has.
func (s *screen) ended() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// tail gives the end of what the terminal was sent.
func (s *screen) tail() string {
	seen := s.seen.String()
	return seen[max(0, len(seen)-4000):]
}

// ends waits for the program and gives its exit status; -1 after a signal.
func (s *screen) ends() int {
	s.t.Helper()
	select {
	case <-s.over:
	case <-time.After(awaitLimit):
		require.Fail(s.t, "the program does not end", s.tail())
	}
	for until := time.Now().Add(awaitLimit); s.unread() && time.Now().Before(until); time.Sleep(time.Millisecond) {
	}
	return s.cmd.ProcessState.ExitCode()
}

// unread says whether the terminal was sent what nobody has read yet, and somebody will.
func (s *screen) unread() bool {
	if !s.seen.reads.TryLock() {
		return false // the test has stopped reading
	}
	s.seen.reads.Unlock()
	s.taking.Lock()
	defer s.taking.Unlock()
	return s.ready(0)&unix.POLLIN != 0
}

var modes = regexp.MustCompile(`\x1b\[\?([0-9;]+)([hl])`)

// on lists the modes of the terminal that differ from a new one's.
func (s *screen) on() (list []string) {
	fresh := map[string]string{"25": "h", "7": "h"} // a cursor, lines that wrap; everything else is off
	now := map[string]string{}
	for _, m := range modes.FindAllStringSubmatch(s.seen.String(), -1) {
		now[m[1]] = m[2]
	}
	for mode, is := range now {
		if fresh[mode] != is && (is == "h" || fresh[mode] != "") {
			list = append(list, mode+is)
		}
	}
	slices.Sort(list)
	return list
}

// requireWhole holds that the terminal is as it was before the program.
func (s *screen) requireWhole() {
	s.t.Helper()
	whole := func() bool {
		now, err := term.GetState(int(s.slave.Fd()))
		return err == nil && *now == *s.was && len(s.on()) == 0
	}
	for until := time.Now().Add(time.Minute); !whole(); time.Sleep(4 * awaitEvery) {
		require.True(s.t, time.Now().Before(until), "the terminal is not whole: its modes %v, and how it was set", s.on())
	}
}
