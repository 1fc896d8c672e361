package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/remote"
)

// socketOf gives where a talk serves its consoles.
func socketOf(t *testing.T, talk *screen) string {
	t.Helper()
	dir, err := remote.Dir()
	require.NoError(t, err)
	return filepath.Join(dir, fmt.Sprintf("talk-%d.sock", talk.cmd.Process.Pid))
}

func TestTwoConsolesDriveOneTalk(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	talk := onScreen(t, state, "run")
	talk.until(state, `"id":"welcome"`)
	socket := socketOf(t, talk)
	first, second := onScreen(t, state, "console", "--socket", socket), onScreen(t, state, "console", "--socket", socket)
	for _, c := range []*screen{first, second} {
		c.shows("1 of 8")
		c.shows("attached")
	}
	first.goesOn(state, `"id":"health"`)
	for _, c := range []*screen{first, second} {
		c.shows("2 of 8")
	}

	// Closing one of them leaves the talk and the other alone.
	first.press("\x03")
	require.Zero(t, first.ends())
	first.requireWhole()
	talk.until(state, `"kind":"cluster.ready"`)
	second.shows("LIVE")

	// Who leaves from the console is asked which is meant.
	mark := len(second.seen.String())
	second.press("q")
	second.shows("leave the talk, or close this console?")
	second.press("t")
	require.Eventually(t, func() bool {
		if seen := second.seen.String(); strings.Contains(seen[mark:], "the choices have changed") {
			mark = len(seen)
			second.press("qt")
		}
		return talk.ended()
	}, awaitLimit, awaitEvery, "the talk ends")
	require.Zero(t, talk.ends())
	second.shows("NO LINK")
	second.press("\x03")
	require.Zero(t, second.ends())
	require.NoFileExists(t, socket)
	requireNothingLeft(t, state)
}

func TestAConsoleFindsTheTalkAgainAfterItWasKilled(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	talk := onScreen(t, state, "run", "--lang", "de") // the console speaks as the talk does
	talk.until(state, `"id":"welcome"`)
	c := onScreen(t, state, "console", "--socket", socketOf(t, talk))
	c.shows("1 von 8")
	require.NoError(t, talk.cmd.Process.Signal(syscall.SIGKILL))
	c.shows("GETRENNT")
	c.press(" ")
	c.shows("keine Verbindung zum Vortrag")
	c.press("q")
	require.Zero(t, c.ends())
	c.requireWhole()
	talk.requireWhole() // its guard has seen to that
}

func TestAConsoleNeedsATerminal(t *testing.T) {
	r := call(t, t.TempDir(), "console")
	require.Equal(t, exitPrecondition, r.status)
	require.Contains(t, r.err, "needs a terminal")
}
