package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

// A phase of the talk: the keys that lead from the one before to it, and the line
// of the record that tells of it; "" where the screen must have changed.
type phase struct {
	name string
	keys string
	told string
}

// phases are the moments at which a presenter may have enough, in their order.
var phases = []phase{
	{"welcome", "", `"id":"welcome"`},
	{"the cluster starts", " ", `"id":"health"`},
	{"the cluster is ready", "", `"kind":"cluster.ready"`},
	{"the load starts", " ", `"id":"load"`},
	{"the load runs", "", `"kind":"load",`},
	{"before the fault", "", `"kind":"fault.sealed"`},
	{"the countdown", " ", ""},
	{"the fault is open", "", `"kind":"fault.injected"`},
	{"detected", "", `"kind":"ticket.opened"`},
	{"detection", " ", `"id":"detection"`},
	{"the diagnosis streams", " ", `"kind":"diagnosis.started"`},
	{"approve?", " ", `"kind":"action.asked"`},
	{"why not?", "n", ""},
	{"back at approve?", "p", ""},
	{"the repair runs", "y", `"kind":"action.approved"`},
	{"recovered", "", `"kind":"recovered"`},
	{"complete", "", complete},
}

// A way to end the talk. What it is told is told at once, key by key.
type way struct {
	name    string
	keys    []string
	signals []syscall.Signal
	status  func(at phase) []int // any of these
	killed  bool                 // it has no time for anything: what was broken stays so
}

func is(status int) func(phase) []int { return func(phase) []int { return []int{status} } }

const ctrlC = "\x03"

// interrupted is the status of Ctrl-C: a talk that is complete has not failed.
func interrupted(at phase) []int {
	if at.name == "complete" {
		return []int{exitOK}
	}
	return []int{exitInterrupted}
}

// cutShort is the status of the third Ctrl-C. At the end of a talk the first may have
// done all before the others come.
func cutShort(at phase) []int {
	if at.name == "complete" {
		return []int{exitOK, exitInterrupted}
	}
	return []int{exitInterrupted}
}

var ways = []way{
	{name: "Ctrl-C", keys: []string{ctrlC}, status: interrupted},
	{name: "Ctrl-C twice", keys: []string{ctrlC, ctrlC}, status: interrupted},
	{name: "Ctrl-C three times", keys: []string{ctrlC, ctrlC, ctrlC}, status: cutShort},
	{name: "q", keys: []string{"q"}, status: is(exitOK)},
	{name: "SIGTERM", signals: []syscall.Signal{syscall.SIGTERM}, status: is(exitInterrupted)},
	{name: "SIGHUP", signals: []syscall.Signal{syscall.SIGHUP}, status: is(exitInterrupted)},
	{name: "a crash", signals: []syscall.Signal{syscall.SIGQUIT}, status: is(2), killed: true}, // Go's runtime gives up as after a panic of a library's
	{name: "SIGKILL", signals: []syscall.Signal{syscall.SIGKILL}, status: is(-1), killed: true},
}

// tell sends what a way sends.
func (w way) tell(t *testing.T, s *screen) {
	t.Helper()
	for _, k := range w.keys {
		_, _ = s.tty.WriteString(k) // it may have ended before the last one
	}
	for _, sig := range w.signals {
		require.NoError(t, s.cmd.Process.Signal(sig))
	}
}

// reach brings a talk to a phase, and says whether something is broken then.
func reach(t *testing.T, s *screen, state string, to int) (broken bool) {
	t.Helper()
	for _, p := range phases[:to+1] {
		before := len(s.seen.String())
		if p.keys != "" {
			time.Sleep(personsPause)
			s.press(p.keys)
		}
		switch {
		case p.keys == "y": // its keys are dead for a moment after a question is put
			for until := time.Now().Add(awaitLimit); !strings.Contains(record(t, state), p.told); time.Sleep(personsPause) {
				require.True(t, time.Now().Before(until), p.told)
				s.press(p.keys)
			}
		case p.told != "":
			s.until(state, p.told)
		default:
			require.Eventually(t, func() bool { return len(s.seen.String()) > before }, awaitLimit, awaitEvery, p.name)
		}
	}
	told := record(t, state)
	return strings.Contains(told, `"kind":"fault.injected"`) && !strings.Contains(told, `"kind":"fault.lifted"`)
}

// streams plays a Claude that begins to answer and never ends, until the test does.
func streams(t *testing.T) string {
	t.Helper()
	over := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n"))
		w.(http.Flusher).Flush()
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(over); s.Close() })
	return s.URL
}

// At every moment of the talk, every way to leave ends the program, leaves the
// terminal whole and no process behind, and repairs what is broken or says that it
// did not.
func TestEveryWayToLeaveAtEveryMoment(t *testing.T) {
	t.Parallel()
	usual := map[string]string{"welcome": "q", "the fault is open": "Ctrl-C twice", "approve?": "a crash", "complete": "Ctrl-C"}
	for i, at := range phases {
		for _, how := range ways {
			t.Run(at.name+", "+how.name, func(t *testing.T) {
				if usual[at.name] != how.name && os.Getenv("TIKV_DEMO_TEST_LEAVING") == "" {
					t.Skip("skipped: one of 136 ways and moments; run `make test-leaving`")
				}
				t.Parallel()
				leaves(t, i, how)
			})
		}
	}
}

func leaves(t *testing.T, i int, how way) {
	at, state := phases[i], t.TempDir()
	cmd := exec.Command(program, "run", "--seed", "3")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM=xterm-256color")
	if at.name == "the diagnosis streams" {
		cmd.Args = append(cmd.Args, "--diagnoser", "claude")
		cmd.Env = append(cmd.Env, "ANTHROPIC_API_KEY=test", "ANTHROPIC_BASE_URL="+streams(t))
	}
	s := inTerminal(t, cmd)
	broken := reach(t, s, state, i)
	how.tell(t, s)
	if how.name == "q" && broken { // it is asked first, unless it was repaired meanwhile
		asked := func() bool { return s.ended() || strings.Contains(s.seen.String(), "is still broken.") }
		for until := time.Now().Add(awaitLimit); !asked(); time.Sleep(personsPause) { // keys are dead for a moment after a question is put
			require.True(t, time.Now().Before(until), s.tail())
			_, _ = s.tty.WriteString("q")
		}
		_, _ = s.tty.WriteString("y")
	}
	status := s.ends()
	require.Contains(t, how.status(at), status, s.tail())
	s.requireWhole()
	requireNothingLeft(t, state)
	told := record(t, state)
	if strings.Contains(told, `"left_broken"`) && how.name != "Ctrl-C three times" { // the third does not wait for words
		require.Contains(t, s.tail(), "tikv-demo heal", "what stays broken is said")
	}
	if len(how.keys) == 1 || len(how.signals) == 1 && !how.killed {
		require.NotContains(t, told, `"left_broken"`, "the first wish to leave repairs")
	}
	if how.killed {
		s.shows("run `tikv-demo heal` to repair") // the guard's words: another process, which may outlive the program
	}
	require.Equal(t, exitOK, call(t, state, "heal").status)
}

// A window that is closed ends the talk and repairs, also under a parent that is
// told of it and tells nobody, as make is: the talk of a closed window went on for
// ever, with its store dead.
func TestAClosedWindowRepairsAndLeavesThoughNobodySaysSo(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	cmd := exec.Command("sh", "-c", "trap : HUP; "+program+" run --seed 3; exit $?")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM=xterm-256color")
	s := inTerminal(t, cmd)
	require.True(t, reach(t, s, state, slices.IndexFunc(phases, func(p phase) bool { return p.name == "the fault is open" })))
	require.NoError(t, s.tty.Close())
	s.ends()
	requireNothingLeft(t, state)
	told := record(t, state)
	require.Contains(t, told, `"kind":"run.finished"`)
	require.NotContains(t, told, `"left_broken"`)
	require.Contains(t, call(t, state, "heal").stdout, "0 leftovers")
}

// So does a console, which would be listed as attached for ever.
func TestAConsoleEndsWithItsWindow(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	talk := onScreen(t, state, "run")
	talk.until(state, `"id":"welcome"`)
	cmd := exec.Command("sh", "-c", "trap : HUP; "+program+" console --socket "+socketOf(t, talk)+"; exit $?")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	s := inTerminal(t, cmd)
	s.shows("1 of 8")
	require.NoError(t, s.tty.Close()) // it is gone once whoever reads it has read once more
	talk.press(" ")
	s.ends()
	talk.leave()
}

// A shell that stops the program gets its terminal back, and gives it again.
func TestCtrlZGivesTheTerminalToTheShell(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	cmd := exec.Command("sh", "-i")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM=xterm-256color", "PS1=ready> ", "ENV=")
	s := inTerminal(t, cmd)
	s.shows("ready> ")
	s.press(program + " run\n")
	s.until(state, `"id":"welcome"`)
	s.shows("Welcome")
	s.press("\x1a")
	s.shows("Stopped")
	s.requireWhole()
	s.press("fg\n")
	require.Eventually(t, func() bool {
		now, err := term.GetState(int(s.slave.Fd()))
		return err == nil && *now != *s.was && strings.Contains(strings.Join(s.on(), " "), "1049h")
	}, awaitLimit, awaitEvery, "the screen comes back")
	s.press("q")
	s.shows("record: ")
	s.requireWhole()
	s.press("exit\n")
	require.Equal(t, exitOK, s.ends())
}

// So does a console, which goes on where it was.
func TestCtrlZOnAConsoleGivesTheTerminalToTheShell(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	talk := onScreen(t, state, "run")
	talk.until(state, `"id":"welcome"`)
	cmd := exec.Command("sh", "-i")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM=xterm-256color", "PS1=ready> ", "ENV=")
	s := inTerminal(t, cmd)
	s.shows("ready> ")
	s.press(program + " console --socket " + socketOf(t, talk) + "\n")
	s.shows("1 of 8")
	s.press("\x1a")
	s.shows("Stopped")
	s.requireWhole()
	s.press("fg\n")
	require.Eventually(t, func() bool { return slices.Contains(s.on(), "1049h") }, awaitLimit, awaitEvery, "the screen comes back")
	s.goesOn(state, `"id":"health"`)
	s.press("\x03")
	require.Eventually(t, func() bool { return len(s.on()) == 0 }, awaitLimit, awaitEvery, "it closes")
	s.requireWhole()
	s.press("exit\n")
	require.Equal(t, exitOK, s.ends())
	talk.leave()
}

// Where no shell waits, as in a window of its own, Ctrl-Z says so and does no harm. On a
// console it did nothing and said nothing.
func TestCtrlZWithoutAShellSaysSo(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	talk := onScreen(t, state, "run")
	talk.until(state, `"id":"welcome"`)
	console := onScreen(t, state, "console", "--socket", socketOf(t, talk))
	console.shows("1 of 8")
	for _, s := range []*screen{console, talk} {
		s.press("\x1a")
		s.shows("Ctrl-Z needs a shell")
	}
	console.press("\x03")
	talk.press("q")
	for _, s := range []*screen{console, talk} {
		require.Equal(t, exitOK, s.ends())
		s.requireWhole()
	}
}

// Keys that a fast typist, or a slow connection, sends in one read are keys one by
// one. What is pasted is none.
func TestKeysThatComeTogetherAreKeys(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := onScreen(t, state, "run")
	s.until(state, `"id":"welcome"`)
	s.press("\x1b[200~qqqq\x1b[201~")
	s.press("ll") // a burst counts as one press
	s.until(state, `"id":"health"`)
	s.press("qq")
	require.Equal(t, exitOK, s.ends())
	s.requireWhole()
}
