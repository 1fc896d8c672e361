package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// fill writes to a terminal or a pipe until it takes no more.
func fill(t *testing.T, path string) {
	t.Helper()
	fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	require.NoError(t, err)
	defer func() { _ = syscall.Close(fd) }()
	for err == nil {
		_, err = syscall.Write(fd, []byte("."))
	}
	require.True(t, errors.Is(err, syscall.EAGAIN), "%v", err)
}

// A terminal behind a connection that hangs is not read. The program waited for it,
// took no key and no signal, and what was broken stayed so.
func TestATerminalThatIsNotReadKeepsNobodyFromLeaving(t *testing.T) {
	t.Parallel()
	for _, how := range ways {
		if !slices.Contains([]string{"Ctrl-C", "Ctrl-C three times", "SIGTERM"}, how.name) {
			continue
		}
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			state := t.TempDir()
			// The shell stays: a terminal whose first program ends is hung up by the kernel,
			// and nobody could make it whole.
			shell := t.TempDir()
			cmd := exec.Command("sh", "-c", `sh -c 'echo $$ > pid; exec "$0" run' "$0"; echo $? > status; read -r answer`, program)
			cmd.Dir = shell
			cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM=xterm-256color")
			s := inTerminal(t, cmd)
			reach(t, s, state, slices.IndexFunc(phases, func(p phase) bool { return p.name == "the fault is open" }))
			s.seen.reads.Lock() // nobody reads from here on
			fill(t, s.slave.Name())
			for _, k := range how.keys {
				s.press(k)
			}
			said := func(file string) int {
				b, _ := os.ReadFile(filepath.Join(shell, file))
				n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
				return n
			}
			for _, sig := range how.signals {
				require.NoError(t, syscall.Kill(said("pid"), sig))
			}
			require.Eventually(t, func() bool { return said("status") != 0 }, awaitLimit, awaitEvery)
			s.seen.reads.Unlock()
			require.Equal(t, exitInterrupted, said("status"))
			s.requireWhole() // as soon as somebody reads again
			s.press("\n")
			require.Equal(t, exitOK, s.ends())
			requireNothingLeft(t, state)
			healed := call(t, state, "heal")
			require.Equal(t, exitOK, healed.status)
			if how.name != "Ctrl-C three times" { // the first wish repairs
				require.Contains(t, healed.stdout, "0 leftovers")
			}
		})
	}
}

func TestAScreenThatWasNotReadIsDrawnAgain(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := onScreen(t, state, "run")
	s.shows("Welcome")
	s.seen.reads.Lock()
	fill(t, s.slave.Name())
	s.press(pageDown)
	s.until(state, `"id":"health"`)
	s.press("?")
	s.until(state, `"kind":"cluster.ready"`)
	before := len(s.seen.String())
	s.seen.reads.Unlock()
	require.Eventually(t, func() bool { return strings.Contains(s.seen.String()[before:], "any key closes this") }, awaitLimit, awaitEvery)
	s.press("q")
	require.Equal(t, exitOK, s.ends())
	s.requireWhole()
}

func TestAPipeThatIsNotReadKeepsNobodyFromLeaving(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	pipe := filepath.Join(state, "pager")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	pager, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = pager.Close() })
	cmd := exec.Command(program, "run", "--auto", "--front", "json")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	cmd.Stdout = pager
	require.NoError(t, cmd.Start())
	s := &screen{t: t, cmd: cmd, seen: &sink{}, over: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(s.over) }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	go func() { // reads until the cluster is there, and no more
		for b := make([]byte, 4096); !strings.Contains(s.seen.String(), `"kind":"cluster.ready"`); {
			n, err := pager.Read(b)
			_, _ = s.seen.Write(b[:n])
			if err != nil {
				return
			}
		}
	}()
	s.shows(`"kind":"cluster.ready"`)
	fill(t, pipe)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, exitInterrupted, s.ends())
	requireNothingLeft(t, state)
}
