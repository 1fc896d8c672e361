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
