package cli

import (
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	updateBegins = "\x1b[?2026h"
	updateEnds   = "\x1b[?2026l"
)

// requireWholeUpdates holds that every synchronized update ends before the next
// begins, and that every frame is in one. An end more than needed does no harm:
// leaving by force sends one.
func requireWholeUpdates(t *testing.T, sent string) {
	t.Helper()
	updates := strings.Split(sent, updateBegins)
	require.Greater(t, len(updates), 2, "there are frames")
	for i, update := range updates[1:] {
		require.Contains(t, update, updateEnds, "update %d is not closed", i)
	}
	for i, outside := range strings.Split(sent, updateEnds) {
		outside, _, _ = strings.Cut(outside, updateBegins)
		require.NotContains(t, outside, "Welcome", "frame %d is outside of an update", i)
	}
}

func TestEveryFrameIsASynchronizedUpdateThatIsClosed(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*screen){
		"q":                        func(s *screen) { s.press("q") },
		"Ctrl-C":                   func(s *screen) { s.press("\x03") },
		"SIGTERM":                  func(s *screen) { _ = s.cmd.Process.Signal(syscall.SIGTERM) },
		"three Ctrl-C in one read": func(s *screen) { s.press("\x03\x03\x03") },
	} {
		t.Run(name, func(t *testing.T) {
			s := onScreen(t, t.TempDir(), "run", "--theme", "dark")
			s.shows("Welcome")
			s.press("?")
			s.shows("any key closes this")
			s.press("?")
			leave(s)
			s.ends()
			s.shows("\x1b[?1049l")
			requireWholeUpdates(t, s.seen.String())
		})
	}
}
