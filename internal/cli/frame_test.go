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

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/runner"
)

// shows waits for something on the terminal.
func (s *screen) shows(what string) {
	s.t.Helper()
	if !assert.Eventually(s.t, func() bool { return strings.Contains(s.seen.String(), what) }, awaitLimit, awaitEvery) {
		require.Fail(s.t, "the terminal does not show "+what, s.tail())
	}
}

// tells says whether the terminal has shown words, which may stand in more than one line.
func (s *screen) tells(words string) bool {
	return strings.Contains(strings.Join(strings.Fields(ansi.Strip(s.seen.String())), " "), words)
}

// These terminals answer nothing. Bubble Tea and Lip Gloss asked for the
// background before the first frame, and waited 5 seconds for it.
func TestTheFirstFrameWaitsForNoAnswer(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"auto", "dark", "mono"} {
		t.Run(theme, func(t *testing.T) {
			began := time.Now()
			s := onScreen(t, t.TempDir(), "run", "--theme", theme)
			s.shows("Welcome")
			// Who waits does so at every start; a busy machine holds up one of them.
			for again := 0; time.Since(began) >= 5*time.Second; again++ {
				require.Less(t, again, 5, "the first frame waits")
				s.press("q")
				require.Equal(t, exitOK, s.ends())
				began = time.Now()
				s = onScreen(t, t.TempDir(), "run", "--theme", theme)
				s.shows("Welcome")
			}
			require.NotContains(t, s.seen.String(), "\x1b[6n")
			s.press("q")
			require.Equal(t, exitOK, s.ends())
			require.Equal(t, theme == "auto", strings.Contains(s.seen.String(), "\x1b]11;?"), "who gave a theme is not asked for one")
		})
	}
	s := onScreen(t, t.TempDir(), "version")
	s.shows("tikv-demo")
	require.Equal(t, exitOK, s.ends())
	require.NotContains(t, s.seen.String(), "\x1b", "a command without a screen asks nothing at all")
}

func TestALateAnswerIsNoKey(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := onScreen(t, state, "run")
	s.until(state, `"id":"welcome"`)
	s.press(pageDown)
	s.until(state, `"id":"health"`)
	for _, c := range "\x1b[1;1R\x1b]11;rgb:1111/1111/1111\x1b\\" {
		s.press(string(c))
		time.Sleep(5 * time.Millisecond) // each byte is a read of its own
	}
	s.press("q")
	require.Equal(t, exitOK, s.ends())
	require.Len(t, kind(lines(t, record(t, state)), "chapter.entered"), 2)
	require.NotContains(t, s.seen.String(), "cannot jump", "and nothing was refused")
}

func TestADumbTerminalGetsLines(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, t.TempDir(), "dumb", "run")
	s.shows("--front plain")
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, exitInterrupted, s.ends())
	require.NotContains(t, s.seen.String(), "\x1b")
}

// A chapter or a record that is a pipe has made the program wait for ever.
func TestAPipeIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.Equal(t, exitOK, call(t, dir, "chapters", "export", filepath.Join(dir, "talk")).status)
	pipe := filepath.Join(dir, "talk", "02-health.md")
	require.NoError(t, os.Remove(pipe))
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, args := range [][]string{{"run", "--auto", "--chapters", filepath.Join(dir, "talk")}, {"chapters", "lint", filepath.Join(dir, "talk")}, {"run", "--auto", "--record", pipe}} {
		r := call(t, dir, args...)
		require.NotEqual(t, exitOK, r.status, args)
		require.Contains(t, r.err+r.stdout, "02-health.md", args)
		require.Equal(t, 1, strings.Count(r.err+r.stdout, "02-health.md"), "said once: %s", r.err+r.stdout)
	}
}

func TestASecondSignalLeavesAndSaysWhatStaysBroken(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	cmd := exec.Command(program, "run", "--auto", "--front", "plain")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	await(t, state, `"kind":"fault.confirmed"`) // before that there may be nothing to repair
	holdRepair(t, state, one(t, lines(t, record(t, state)), "fault.injected")["target"].(string))
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT)) // another one: two of a kind may arrive as one
	began := time.Now()
	require.Error(t, cmd.Wait())
	require.Less(t, time.Since(began), runner.CloseLimit, "it waited for the repair")
	require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode())
	require.Contains(t, errs.String(), "may still be broken; run `tikv-demo heal` to repair it")
	requireNothingLeft(t, state)
}

// holdRepair has the repair of a killed store wait for ever: a file that the store
// reads when it starts is a pipe.
func holdRepair(t *testing.T, state, store string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(state, "*", "*", store, "store.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.Remove(files[0]))
	require.NoError(t, syscall.Mkfifo(files[0], 0o600))
}

func TestTheThirdWishToLeaveIsInstant(t *testing.T) {
	gone := 0
	l := newLeaving(func() {})
	l.gone = func() { gone++ }
	l.again()
	require.Error(t, l.ctx.Err())
	require.NoError(t, l.now.Err())
	l.again()
	require.Error(t, l.now.Err())
	require.Zero(t, gone)
	l.again()
	require.Equal(t, 1, gone)

	byItself := newLeaving(func() {})
	byItself.ownEnd()
	require.NoError(t, byItself.ctx.Err(), "nobody has interrupted it")
	byItself.again()
	require.Error(t, byItself.now.Err(), "the press that it asks for")

	window := newLeaving(func() {})
	for range 3 { // a closed window is told by the shell, by the kernel and by who reads
		window.hangUp()
	}
	require.Error(t, window.ctx.Err())
	require.NoError(t, window.now.Err(), "what is broken is repaired")
	window.again()
	require.Error(t, window.now.Err())

	screen := newLeaving(func() {})
	screen.gone = func() { gone++ }
	for range 5 { // a screen that answers: any number
		screen.press()
		screen.heard()
	}
	require.Equal(t, 1, gone)
	screen.press()
	screen.press()
	screen.press()
	require.Equal(t, 2, gone, "a screen that hangs")
	screen.abandon()
	screen.again()
	require.Equal(t, 3, gone)
}

// What is drawn for a terminal depends on how the program opens it: no test that fixes
// the depth of colour sees that.
func TestAScreenOnATerminalHasColours(t *testing.T) {
	for _, name := range []string{"NO_COLOR", "COLORTERM"} {
		t.Setenv(name, "")
	}
	s := onScreen(t, t.TempDir(), "replay", "--example", "kill", "--theme", "light")
	s.shows("leave")
	require.Contains(t, s.seen.String(), ";48;5;", "a background of the 256 colours")
	s.leave()
}

// A serial line, or the terminal of some containers, says that it has no cells.
func TestATerminalThatDoesNotKnowItsSizeShowsTheTalkAndItsConsole(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	blind := func(args ...string) *screen {
		cmd := exec.Command("sh", "-c", `stty rows 0 columns 0; exec "$0" "$@"`, program)
		cmd.Args = append(cmd.Args, args...)
		cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM=xterm-256color")
		return inTerminal(t, cmd)
	}
	talk := blind("run", "--theme", "dark")
	talk.shows("Welcome")
	console := blind("console", "--socket", socketOf(t, talk))
	console.shows("1 of 8")
	console.press(ctrlC)
	talk.press("q")
	for _, s := range []*screen{console, talk} {
		require.Equal(t, exitOK, s.ends())
		s.requireWhole()
	}
}
