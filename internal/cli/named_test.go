package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Whatever somebody names may be a pipe that nobody writes to. The program could be
// ended by SIGKILL alone then.
func TestWaitingForANamedFileCanBeEnded(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"run", "--dry-run", "--config", "PIPE"}, {"verify", "PIPE"}, {"report", "PIPE"}, {"export", "--as", "trace", "PIPE"},
		{"replay", "--front", "plain", "PIPE"}, {"compare", "PIPE"}, {"compare", "DIR"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			// A pipe of its own, which no other process inherits: one whose last writer goes
			// away is at its end.
			pipe := filepath.Join(dir, "pipe.jsonl")
			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			named := strings.NewReplacer("PIPE", pipe, "DIR", dir)
			cmd := exec.Command(program)
			for _, arg := range args {
				cmd.Args = append(cmd.Args, named.Replace(arg))
			}
			var errs bytes.Buffer
			cmd.Stderr = &errs
			require.NoError(t, cmd.Start())
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			var writer *os.File
			require.Eventually(t, func() bool { // it fails while nobody is at the other end
				var err error
				writer, err = os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
				return err == nil || len(ended) > 0
			}, awaitLimit, awaitEvery)
			require.Empty(t, ended, "it did not wait")
			defer func() { _ = writer.Close() }()
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			select {
			case err := <-ended:
				require.Error(t, err) // its status
				require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), errs.String())
			case <-time.After(awaitLimit):
				require.Fail(t, "it does not end")
			}
		})
	}
}

func TestANamedFileMayNeverEnd(t *testing.T) {
	t.Parallel()
	r := call(t, t.TempDir(), "run", "--dry-run", "--config", "/dev/zero")
	require.Equal(t, exitPrecondition, r.status)
	require.Contains(t, r.err, "longer than 1024 KiB")
}

// A record that somebody still writes has no end. Who leaves its replay does not wait
// for one.
func TestAReplayOfARecordThatNeverEndsIsLeft(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe.jsonl")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	writer, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = writer.Close() })
	lines := strings.Join(exampleLines(t)[:12], "") // the first chapter; a pipe takes as much unread
	require.Less(t, len(lines), 1<<15)
	_, err = writer.WriteString(lines)
	require.NoError(t, err)
	s := onScreen(t, t.TempDir(), "replay", "--auto", "--speed", "1000", pipe)
	s.shows("REPLAY")
	require.Eventually(t, func() bool { return !holds(t, writer) }, awaitLimit, awaitEvery, "all of it is read")
	s.press("q")
	require.Equal(t, exitOK, s.ends(), s.tail())
	require.NotContains(t, s.seen.String(), "NOT WHOLE", "nothing is wrong with what was played")
	s.requireWhole()
}

// holds says whether a pipe holds what nobody has read yet.
func holds(t *testing.T, pipe *os.File) bool {
	t.Helper()
	ready := []unix.PollFd{{Events: unix.POLLIN}}
	c, err := pipe.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, c.Control(func(fd uintptr) {
		ready[0].Fd = int32(fd)
		_, err = unix.Poll(ready, 0)
	}))
	return ready[0].Revents&unix.POLLIN != 0
}
