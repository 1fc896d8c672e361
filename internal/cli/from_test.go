package cli

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATalkIsTakenOverInTheMiddle(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	stdin, hold, err := os.Pipe() // nobody presses anything
	require.NoError(t, err)
	defer stdin.Close()
	defer hold.Close()
	cmd := exec.Command(program, "run", "--front", "plain", "--from", "detection")
	cmd.Env, cmd.Stdin = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state), stdin
	require.NoError(t, cmd.Start())
	await(t, state, `"kind":"ticket.opened"`)
	await(t, state, `"id":"detection"`) // the ticket may come first
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	all := lines(t, record(t, state))
	entered := kind(all, "chapter.entered")
	require.Len(t, entered, 5)
	require.Equal(t, "key", entered[0]["by"])
	for _, e := range entered[1:] {
		require.Equal(t, "from", e["by"])
	}
	require.Len(t, kind(all, "fault.injected"), 1, "it is really done")
	require.Equal(t, "detection", kind(all, "run.started")[0]["flags"].(map[string]any)["from"])
	requireNothingLeft(t, state)
}

func TestAChapterToTakeOverAtMustExist(t *testing.T) {
	t.Setenv("TIKV_DEMO_STATE_DIR", t.TempDir())
	r := here(t, "run", "--auto", "--front", "plain", "--from", "detecton")
	require.Equal(t, exitUsage, r.status)
	require.Contains(t, r.err, `--from "detecton" is not known; did you mean detection?`)
	require.Equal(t, exitUsage, here(t, "run", "--auto", "--front", "plain", "--from", "9").status)

	r = here(t, "--dry-run", "--from", "99")
	require.Equal(t, exitUsage, r.status, "the plan of a talk that would be refused")
	require.Contains(t, r.err, `--from "99" is not known; choose one of welcome, health, load, fault, detection, diagnosis, recovery, complete`)
	require.Empty(t, r.stdout)
	require.Equal(t, exitUsage, here(t, "--dry-run", "--chapters", t.TempDir()).status, "no chapters there")
	require.Zero(t, here(t, "--dry-run", "--from", "detection").status)
}
