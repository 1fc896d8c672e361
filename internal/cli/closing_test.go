package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// leaving is a program that ends, and what it has said.
type leaving struct {
	*exec.Cmd
	said sink
}

// startLeaving starts the program, whose words are kept.
func startLeaving(t *testing.T, state string, args ...string) (*leaving, io.WriteCloser) {
	t.Helper()
	l := &leaving{Cmd: exec.Command(program, args...)}
	l.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	l.Stdout, l.Stderr = &l.said, &l.said
	in, err := l.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, l.Start())
	t.Cleanup(func() { _ = l.Process.Kill() })
	return l, in
}

// leftAtOnce waits for the end of a program whose repair hangs: it must not be waited for.
func (l *leaving) leftAtOnce(t *testing.T, state string) {
	t.Helper()
	require.Error(t, l.Wait())
	require.Contains(t, l.said.String(), "may still be broken; run `tikv-demo heal` to repair it")
	require.NotContains(t, l.said.String(), "to repair it: ", "it waited until the repair had failed")
	requireNothingLeft(t, state)
}

// brokenForGood waits for the fault, and has its repair hang.
func brokenForGood(t *testing.T, state string) {
	t.Helper()
	await(t, state, `"kind":"fault.confirmed"`)
	holdRepair(t, state, one(t, lines(t, record(t, state)), "fault.injected")["target"].(string))
}

// A talk that ended by itself said "press Ctrl-C to leave it broken", and took the
// press for the first one, which begins what had long begun.
func TestATalkThatEndsByItselfIsLeftWithThePressThatItAsksFor(t *testing.T) {
	long(t)
	t.Parallel()
	state := t.TempDir()
	l, in := startLeaving(t, state, "run", "--front", "plain")
	stop := make(chan struct{})
	var pressing sync.WaitGroup
	pressing.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(personsPause):
				_, _ = in.Write([]byte("\n"))
			}
		}
	})
	brokenForGood(t, state)
	close(stop)
	pressing.Wait()
	require.NoError(t, in.Close())
	require.Eventually(t, func() bool { return strings.Contains(l.said.String(), "press Ctrl-C to leave it broken") }, awaitLimit, awaitEvery)
	require.NoError(t, l.Process.Signal(syscall.SIGINT))
	l.leftAtOnce(t, state)
}

func TestASecondWishLeavesAnEvaluation(t *testing.T) {
	long(t)
	t.Parallel()
	state := t.TempDir()
	l, _ := startLeaving(t, state, "eval", "--fault", "kill", "--runs", "1", "--seed", "3")
	brokenForGood(t, state)
	require.NoError(t, l.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return strings.Contains(l.said.String(), "press Ctrl-C to leave it broken") }, awaitLimit, awaitEvery)
	require.NoError(t, l.Process.Signal(syscall.SIGINT))
	l.leftAtOnce(t, state)
	require.Equal(t, exitInterrupted, l.ProcessState.ExitCode())
}

// nohup has SIGHUP ignored, and a shell SIGINT for what a script starts in the
// background; a talk that was begun so ended with its window all the same.
func TestWhatIsIgnoredStaysIgnored(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	cmd := exec.Command("sh", "-c", `trap '' HUP INT; exec "$0" cluster up --stores 3`, program)
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	_, err = out.Read(make([]byte, 1)) // it is up
	require.NoError(t, err)

	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "status"))
	if err != nil {
		t.Skip("skipped: it needs Linux's /proc, which tells what is ignored")
	}
	_, after, found := strings.Cut(string(status), "SigIgn:\t")
	require.True(t, found)
	mask, err := strconv.ParseUint(after[:16], 16, 64)
	require.NoError(t, err)
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT} {
		require.NotZero(t, mask&(1<<(s-1)), "%s is heard", s)
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait())
	requireNothingLeft(t, state)
}
