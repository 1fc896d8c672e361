package cli

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// A library asks the terminal for its colours before main begins, and waits 5 s for the
// answer of one that gives none. A shell may have no TERM.
func TestATerminalWithoutANameIsNotAsked(t *testing.T) {
	cmd := exec.Command(program, "version")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "TERM=") || strings.HasPrefix(v, "CI=") // where CI is set nobody is asked
	})
	f, err := pty.Start(cmd)
	require.NoError(t, err)
	defer f.Close()
	said, _ := io.ReadAll(f) // Linux ends it with EIO
	require.NoError(t, cmd.Wait())
	require.Contains(t, string(said), "tikv-demo ")
	require.NotContains(t, string(said), "\x1b")
}

// terms are the values of TERM with which no screen is shown, with what is said.
var terms = map[string]string{"TERM=dumb": "TERM=dumb cannot show a screen", "TERM=": "TERM is not set", "": "TERM is not set"}

// withTerm runs the program on a terminal with a TERM, "" for none.
func withTerm(t *testing.T, term string, args ...string) *screen {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TERM=") })
	cmd.Env = append(cmd.Env, "TIKV_DEMO_STATE_DIR="+t.TempDir())
	if term != "" {
		cmd.Env = append(cmd.Env, term)
	}
	return inTerminal(t, cmd)
}

func TestATerminalThatCanShowNoScreenIsGivenLines(t *testing.T) {
	t.Parallel()
	for term, why := range terms {
		s := withTerm(t, term, "replay", "--example", "kill", atOnceSpeed)
		require.Equal(t, exitOK, s.ends(), s.tail())
		require.Contains(t, s.seen.String(), "tikv-demo: "+why+", so --front plain is chosen", term)
		require.NotContains(t, s.seen.String(), "\x1b", term)

		s = withTerm(t, term, "run")
		s.shows(why + ", so --front plain is chosen")
		s.press(ctrlC)
		require.Equal(t, exitInterrupted, s.ends(), s.tail())
		require.NotContains(t, s.seen.String(), "\x1b", term)

		for _, args := range [][]string{{"console"}, {"doctor", "--clicker"}} {
			s := withTerm(t, term, args...)
			require.Equal(t, exitPrecondition, s.ends(), s.tail())
			require.Contains(t, s.seen.String(), why+"; set TERM to the kind of this terminal", args)
			require.NotContains(t, s.seen.String(), "\x1b", args)
		}
		s = withTerm(t, term, "doctor", "--cluster", "embedded")
		s.ends()
		require.Contains(t, s.seen.String(), why, "doctor says it before the talk")
	}
}
