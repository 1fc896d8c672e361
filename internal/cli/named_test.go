package cli

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever somebody names may be a pipe that nobody writes to, or never ends. The
// program could be ended by SIGKILL alone then.
func TestWaitingForANamedFileCanBeEnded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.jsonl")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, args := range [][]string{
		{"run", "--dry-run", "--config", pipe}, {"verify", pipe}, {"report", pipe}, {"export", "--as", "trace", pipe},
		{"replay", "--front", "plain", pipe}, {"compare", pipe}, {"compare", dir},
	} {
		cmd := exec.Command(program, args...)
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		writer := 0
		require.Eventually(t, func() bool { // it fails while nobody is at the other end
			var err error
			writer, err = syscall.Open(pipe, syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
			return err == nil
		}, awaitLimit, awaitEvery, "%v", args)
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		select {
		case err := <-ended:
			require.Error(t, err, args) // its status
			require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), args)
		case <-time.After(awaitLimit):
			require.Fail(t, "it does not end", "%v", args)
		}
		require.NoError(t, syscall.Close(writer))
	}
	r := call(t, dir, "run", "--dry-run", "--config", "/dev/zero")
	require.Equal(t, exitPrecondition, r.status)
	require.Contains(t, r.err, "longer than 1024 KiB")
}
