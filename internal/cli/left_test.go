package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// requireNothingLeft holds that no process of ours runs on a state directory
// any more, and that no cluster data is in it. The processes carry the
// directory in their arguments.
func requireNothingLeft(t testing.TB, state string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(processesOf(t, state)) == 0 }, 20*time.Second, 20*time.Millisecond,
		"processes are left: %v", processesOf(t, state))
}

func processesOf(t testing.TB, state string) []string {
	t.Helper()
	out, err := exec.Command("ps", "-Ao", "pid=,args=").Output()
	require.NoError(t, err)
	var left []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, state) && !strings.Contains(line, "<defunct>") {
			left = append(left, strings.TrimSpace(line))
		}
	}
	return left
}

func (s *screen) press(keys string) {
	_, err := s.tty.WriteString(keys)
	require.NoError(s.t, err)
}

// leave presses q until the program has ended: a press that comes while the
// screen is still changing is not taken.
func (s *screen) leave() {
	s.t.Helper()
	limit := time.After(awaitLimit)
	for {
		_, _ = s.tty.WriteString("q") // there may be nobody any more to read it
		select {
		case <-s.over:
			require.Equal(s.t, exitOK, s.cmd.ProcessState.ExitCode(), s.tail())
			return
		case <-time.After(time.Second):
		case <-limit:
			require.Fail(s.t, "the program does not end")
		}
	}
}

// record gives the lines of the newest record, which tells what has happened
// without reading the screen. The line with all chapters is left out: it names
// what is only to come.
func record(t *testing.T, state string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(state, "runs", "*.jsonl"))
	require.NoError(t, err)
	if len(files) == 0 {
		return ""
	}
	b, err := os.ReadFile(files[len(files)-1])
	require.NoError(t, err)
	return withoutChapters(string(b))
}

// withoutChapters is called for every look at a record, and a regular expression
// over all of it took most of the processor time of these tests.
func withoutChapters(record string) string {
	i := strings.Index(record, `"kind":"play.begun"`)
	if i < 0 {
		return record
	}
	before := record[:strings.LastIndexByte(record[:i], '\n')+1]
	_, after, _ := strings.Cut(record[i:], "\n")
	return before + after
}

func (s *screen) until(state, what string) {
	s.t.Helper()
	await(s.t, state, what)
}

// complete is the line with which the talk itself answers the end of the verification.
// The record has what was verified a moment before the screen hears of it, and who
// leaves in that moment leaves a talk that is not complete.
const complete = `"kind":"hypothesis.judged"`

// awaitLimit is for a machine that is busy with other things: it only says that
// something will never come.
const (
	awaitLimit = 3 * time.Minute
	awaitEvery = 50 * time.Millisecond
)

// await returns when the record tells of something.
func await(t *testing.T, state, what string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(record(t, state), what) }, awaitLimit, awaitEvery, what)
}

// personsPause is the time between two presses: those in a burst count as one.
const personsPause = 600 * time.Millisecond

// pageDown is what a clicker sends.
const pageDown = "\x1b[6~"

// screenTells begins what must be seen on the screen, not in the record.
const screenTells = "screen: "

// walk plays a whole talk on a screen: each key, and what must come of it before
// the next, in the record or on the screen; a key that is empty waits for what comes by
// itself.
func walk(t *testing.T, state string, s *screen, steps [][2]string) []map[string]any {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			tellWhatTheMonitorSaw(t, state)
		}
	})
	for _, step := range append([][2]string{{"", `"id":"welcome"`}}, steps...) {
		holds := func() bool { return strings.Contains(record(t, state), step[1]) }
		if words, onScreen := strings.CutPrefix(step[1], screenTells); onScreen {
			holds = func() bool { return s.tells(words) }
		}
		s.pressesUntil(step[0], 20*time.Second, holds, step[1])
		time.Sleep(personsPause)
	}
	s.until(state, complete)
	s.leave()
	ls := lines(t, record(t, state))
	require.Equal(t, "complete", one(t, ls, "run.finished")["outcome"])
	require.EqualValues(t, 0, one(t, ls, "ledger.verified")["lost"])
	require.Equal(t, one(t, ls, "fault.injected")["target"], one(t, ls, "diagnosis.finished")["component"])
	require.Contains(t, s.seen.String(), "\x1b[?1049l", "the terminal is as it was")
	requireNothingLeft(t, state)
	return ls
}

// tellWhatTheMonitorSaw is for whoever looks for the cause of a talk that stood still.
func tellWhatTheMonitorSaw(t *testing.T, state string) {
	t.Helper()
	for _, l := range lines(t, record(t, state)) {
		switch l["kind"] {
		case "signal", "ticket.opened", "ticket.closed", "fault.injected", "fault.confirmed", "chapter.entered":
			t.Log(l["t"], l["kind"], l["id"], l["name"], l["target"], l["message"], l["detail"], l["cleared"])
		}
	}
}

// A clicker completes the talk, and approves nothing: the presenter mends by hand.
func TestEightPressesOfAClickerCompleteTheTalk(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	ls := walk(t, state, onScreen(t, state, "run", "--seed", "3"), [][2]string{
		{pageDown, `"id":"health"`}, {pageDown, `"id":"load"`}, {"", `"kind":"hypothesis.stated"`}, {pageDown, `"kind":"fault.injected"`},
		{pageDown, `"id":"detection"`}, {pageDown, `"id":"diagnosis"`}, {pageDown, `"kind":"action.asked"`},
		{pageDown, `"id":"recovery"`}, {pageDown, `"id":"complete"`},
	})
	require.Empty(t, kind(ls, "action.approved"))
	require.Equal(t, "mended by hand instead", one(t, ls, "action.denied")["reason"])
	require.Equal(t, "presenter", one(t, ls, "recovered")["by"])
}

func TestAYesCarriesOutWhatWasProposed(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	ls := walk(t, state, onScreen(t, state, "run", "--seed", "4"), [][2]string{
		{" ", `"id":"health"`}, {" ", `"id":"load"`}, {"", `"kind":"hypothesis.stated"`}, {" ", `"kind":"fault.injected"`},
		{" ", `"id":"detection"`}, {" ", `"id":"diagnosis"`}, {" ", `"kind":"action.asked"`},
		{"y", `"id":"recovery"`}, {"", `"id":"complete"`},
	})
	require.Equal(t, "presenter", one(t, ls, "action.approved")["by"])
	require.Equal(t, "agent", one(t, ls, "action.done")["by"])
	require.Equal(t, "agent", one(t, ls, "recovered")["by"])
	require.Len(t, kind(ls, "recovery.stage"), 5)
	require.Contains(t, one(t, ls, "action.proposed")["precondition"], "is still gone")
}

func TestAProgramKilledAtAnyChapterLeavesNoProcess(t *testing.T) {
	t.Parallel()
	for _, at := range []string{`"id":"welcome"`, `"kind":"cluster.ready"`, `"kind":"fault.injected"`, `"kind":"action.approved"`} {
		t.Run(at, func(t *testing.T) {
			if at != `"kind":"fault.injected"` {
				long(t)
			}
			state := t.TempDir()
			cmd := exec.Command(program, "run", "--auto", "--front", "json")
			cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
			require.NoError(t, cmd.Start())
			await(t, state, at)
			require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
			require.Error(t, cmd.Wait())
			requireNothingLeft(t, state)

			healed := call(t, state, "heal")
			require.Equal(t, exitOK, healed.status, healed.err)
			left, err := filepath.Glob(filepath.Join(state, "clusters", "*"))
			require.NoError(t, err)
			require.Empty(t, left, "the next start removes the data")
		})
	}
}

var openedSinceFault = regexp.MustCompile(`"kind":"ticket\.opened","seq":(\d+),[^\n]*"since_fault_ms"`)

// heardOfTheFault says whether a ticket was opened since the fault and the play has taken
// it: an input names the line of what was taken.
func heardOfTheFault(record string) bool {
	opened := openedSinceFault.FindStringSubmatch(record)
	return opened != nil && strings.Contains(record, `"of":`+opened[1]+`,`)
}

func TestAnInterruptMendsAndLeavesWithItsOwnStatus(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	cmd := exec.Command(program, "run", "--auto", "--front", "plain")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return heardOfTheFault(record(t, state)) }, awaitLimit, awaitEvery)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode())
	ls := lines(t, record(t, state))
	require.Equal(t, "quit", one(t, ls, "run.finished")["outcome"])
	require.Equal(t, ticketOfFault(t, ls)["since_fault_ms"], one(t, ls, "run.finished")["ttd_ms"], "what was measured stays true")
	requireNothingLeft(t, state)
}
