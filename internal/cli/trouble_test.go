package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatNeedsEveryNodeIsGivenUpWhenOneEnds(t *testing.T) {
	gone := errors.New("tikv-2 has ended: killed")
	looks := 0
	err := whileAllRun(t.Context(), func() error {
		if looks++; looks > 2 {
			return gone
		}
		return nil
	}, func(ctx context.Context) error {
		<-ctx.Done()
		return fmt.Errorf("timeout at tikv-2: %w", ctx.Err())
	})
	require.ErrorIs(t, err, gone)

	fine := func() error { return nil }
	require.NoError(t, whileAllRun(t.Context(), fine, func(context.Context) error { return nil }))
	other := errors.New("another reason")
	require.ErrorIs(t, whileAllRun(t.Context(), fine, func(context.Context) error { return other }), other)
}

func TestAFullDiskIsCalledThat(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, explained(nil, dir))
	other := errors.New("timeout at tikv-2")
	require.Equal(t, other, explained(other, dir), "there is room here")
	err := explained(fmt.Errorf("write: %w", syscall.ENOSPC), dir)
	require.ErrorContains(t, err, "the disk of the state directory "+dir+" is full")
	require.ErrorContains(t, err, "TIKV_DEMO_STATE_DIR")

	for _, quota := range []error{fmt.Errorf("write: %w", syscall.EDQUOT), errors.New("tikv-2 ended: write store.log: disk quota exceeded")} {
		err = explained(quota, dir)
		require.ErrorIs(t, err, quota)
		require.ErrorContains(t, err, "the disk quota for the state directory "+dir+" is used up")
		require.ErrorContains(t, err, "TIKV_DEMO_STATE_DIR")
	}
}

// On a disk of 4 MiB the records do not find room. The mount is the test's own,
// and gone with it.
func TestAFullStateDiskIsSaidWhenItHappens(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	small := func(script string) *exec.Cmd {
		return exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=4m none "+state+" && "+script)
	}
	if out, err := small("true").CombinedOutput(); err != nil {
		t.Skipf("skipped: needs a small disk, and none can be mounted here: %s", strings.TrimSpace(string(out)))
	}
	cmd := small("exec " + program + " run --auto --front json --records 100000 --stores 3")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	var errs strings.Builder
	cmd.Stderr = &errs
	from := time.Now()
	require.Error(t, cmd.Run())
	require.Contains(t, errs.String(), "the disk of the state directory "+state+" is full")
	require.Contains(t, errs.String(), "TIKV_DEMO_STATE_DIR to another disk")
	require.Equal(t, exitPrecondition, cmd.ProcessState.ExitCode(), errs.String())
	t.Logf("said after %s", time.Since(from).Round(100*time.Millisecond))
}
