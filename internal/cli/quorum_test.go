package cli

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a clicker sends is no yes, and one yes is not enough.
func TestQuorumLossIsAskedTwiceOnTheScreen(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := onScreen(t, state, "run", "--fault", "quorum-loss", "--seed", "3")
	shows := func(what string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(s.seen.String(), what) }, 60*time.Second, 20*time.Millisecond, what)
	}
	for _, id := range []string{`"id":"welcome"`, `"id":"health"`, `"id":"load"`} {
		s.until(state, id)
		time.Sleep(600 * time.Millisecond) // a person's pause: presses in a burst count as one
		if id != `"id":"load"` {
			s.press(pageDown)
		}
	}
	s.until(state, `"kind":"fault.sealed"`)
	time.Sleep(600 * time.Millisecond)
	s.press(pageDown)
	shows("at once: regions lose their quorum. Do it?")
	s.press(pageDown)
	s.press("yy") // a key that is held down answers one question
	shows("Nothing can be written there until one is back. Really?")
	time.Sleep(600 * time.Millisecond)
	require.NotContains(t, record(t, state), `"kind":"fault.injected"`)
	s.press("y")
	s.until(state, `"kind":"fault.injected"`)
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.NotEqual(t, exitOK, s.ends())
	require.Equal(t, exitInterrupted, s.cmd.ProcessState.ExitCode())
	require.Len(t, one(t, lines(t, record(t, state)), "fault.injected")["also"], 1)
	requireNothingLeft(t, state)
}
