package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

// now gives what the terminal shows, up to the last frame that is whole.
func (s *screen) now() string {
	fresh := s.seen.String()[s.taken:]
	if i := strings.LastIndex(fresh, ansi.ResetModeSynchronizedOutput); i >= 0 {
		whole := fresh[:i+len(ansi.ResetModeSynchronizedOutput)]
		s.shown.Write(whole)
		s.taken += len(whole)
	}
	return s.shown.Text()
}

// becomes waits until the terminal shows something.
func (s *screen) becomes(what string, ok func(text string) bool) {
	s.t.Helper()
	for until := time.Now().Add(awaitLimit); !ok(s.now()); time.Sleep(4 * awaitEvery) {
		require.True(s.t, time.Now().Before(until), "%s:\n%s", what, s.now())
	}
}

func (s *screen) has(what string) {
	s.t.Helper()
	s.becomes("it must show "+what, func(text string) bool { return strings.Contains(text, what) })
}

func (s *screen) hasNot(what string) {
	s.t.Helper()
	s.becomes("it must not show "+what, func(text string) bool { return !strings.Contains(text, what) })
}

// insists presses a key until the terminal shows something: keys are dead for a moment
// after a question is put.
func (s *screen) insists(key, what string) {
	s.t.Helper()
	s.insistsUntil(key, what, func(text string) bool { return strings.Contains(text, what) })
}

func (s *screen) insistsUntil(key, what string, ok func(text string) bool) {
	s.t.Helper()
	for until := time.Now().Add(awaitLimit); !ok(s.now()); time.Sleep(personsPause) {
		require.True(s.t, time.Now().Before(until), "%s:\n%s", what, s.now())
		s.press(key)
	}
}

func phaseOf(name string) int {
	return slices.IndexFunc(phases, func(p phase) bool { return p.name == name })
}

// While the fault is open the whole screen goes back to before it and forth again; the
// talk goes on meanwhile, and no key of the play does anything.
func TestTheScreenLooksBackWhileTheFaultIsOpen(t *testing.T) {
	t.Parallel()
	long(t)
	state := t.TempDir()
	s := onScreen(t, state, "run", "--seed", "3")
	require.True(t, reach(t, s, state, phaseOf("detection")))
	s.has("chapter 5 of 8")
	for range 3 {
		s.press("[")
	}
	s.has("live goes on")
	s.has("[ ] back and forth")
	s.insists("[[[", "chapter 4 of 8") // as far as it was another chapter
	require.Contains(t, s.now(), "now it is chapter 5")
	before := strings.Count(record(t, state), "\n")
	for _, k := range []string{"y", "n", "F", "1", "q", "R", "t"} {
		s.press(k)
	}
	s.has("this is the past")
	require.Eventually(t, func() bool { return strings.Count(record(t, state), "\n") > before+10 }, awaitLimit, awaitEvery, "the talk goes on")
	require.NotContains(t, record(t, state), `"intent":"force"`)
	s.insists("]]]", "chapter 5 of 8")
	s.insists("]]]]]]]]", " LIVE ") // after minutes on a busy machine
	s.hasNot("REWIND")
	s.press("[")
	s.has("REWIND")
	s.press("\x1b")
	s.hasNot("REWIND")
	s.press("[")
	s.has("REWIND")
	s.press(pageDown)
	s.hasNot("REWIND")
	require.NotContains(t, record(t, state), `"id":"diagnosis"`, "returning is no press of next")
	s.insists("q", "is still broken.")
	s.press("y")
	require.Equal(t, exitOK, s.ends())
	s.requireWhole()
	requireNothingLeft(t, state)
}

// storesOf gives the processes of a talk's stores.
func storesOf(t *testing.T, state string) (pids []int) {
	t.Helper()
	for _, p := range processesOf(t, state) {
		if pid, args, _ := strings.Cut(p, " "); strings.Contains(args, `"kind":"tikv"`) {
			n, err := strconv.Atoi(pid)
			require.NoError(t, err)
			pids = append(pids, n)
		}
	}
	return pids
}

// hang stops every store, as a machine does that hangs. What it gives lets them go on.
func hang(t *testing.T, state string) (goOn func()) {
	t.Helper()
	pids := storesOf(t, state)
	send := func(sig syscall.Signal) {
		for _, pid := range pids {
			_ = syscall.Kill(pid, sig) // one may have been killed meanwhile
		}
	}
	send(syscall.SIGSTOP)
	t.Cleanup(func() { send(syscall.SIGCONT) })
	return func() { send(syscall.SIGCONT) }
}

// Where each chapter can hang.
var hangs = []string{"welcome", "the cluster is ready", "the load runs", "before the fault", "the fault is open", "detection", "the diagnosis streams", "the repair runs", "complete"}

// In every chapter the talk goes on from a record while every store of the live cluster
// hangs, and comes back to a cluster that is well, and only to that one.
func TestATalkGoesOnFromARecordWhileTheLiveSideHangs(t *testing.T) {
	t.Parallel()
	for _, at := range hangs {
		t.Run(at, func(t *testing.T) {
			if at != "detection" {
				long(t)
			}
			t.Parallel()
			takesOver(t, at)
		})
	}
}

func takesOver(t *testing.T, at string) {
	state := t.TempDir()
	s := onScreen(t, state, "run", "--seed", "3")
	reach(t, s, state, phaseOf(at))
	goOn := hang(t, state)
	s.insists("R", "Go on from the record of")
	s.insists("y", "not live")
	shown := one(t, lines(t, record(t, state)), "talk.record_shown")
	require.EqualValues(t, one(t, lines(t, record(t, state)), "talk.taken_over")["n"], shown["n"])
	require.Len(t, shown["head"], 64)

	if len(storesOf(t, state)) > 0 {
		s.has("live: ")
		s.hasNot("live: well")
		s.press("R")
		s.has("not live")
	}
	for n := int(shown["n"].(float64)) + 1; n <= 8; n++ { // the record goes on to its end
		s.insists(" ", fmt.Sprintf("chapter %d of 8", n))
		s.has("not live")
		told := func() bool {
			return len(kind(lines(t, record(t, state)), "talk.record_shown")) > n-int(shown["n"].(float64))
		}
		require.Eventually(t, told, awaitLimit, awaitEvery, "its chapter %d is in the record", n)
	}
	goOn()
	s.has("live: well again")
	s.insistsUntil("R", "it must be live", func(text string) bool { return !strings.Contains(text, "not live") })
	told := lines(t, record(t, state))
	one(t, told, "talk.live_again")
	require.NotEmpty(t, kind(told, "talk.live_well"))
	s.leave()
	s.requireWhole()
	requireNothingLeft(t, state)

	files, err := filepath.Glob(filepath.Join(state, "runs", "*.jsonl"))
	require.NoError(t, err)
	r := here(t, "verify", files[0])
	require.Zero(t, r.status, r.stdout+r.err)
	require.Contains(t, r.stdout, "the screen went on from the record of")
	require.Contains(t, r.stdout, shown["head"].(string)[:8])
	r = here(t, "report", "--as", "json", files[0])
	require.Zero(t, r.status, r.err)
	var made struct {
		TakeOvers []struct {
			Head  string
			Shown []struct{ Text string }
			Until *time.Time
		} `json:"take_overs"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &made))
	require.Len(t, made.TakeOvers, 1)
	require.NotNil(t, made.TakeOvers[0].Until)
	require.Equal(t, "8 complete", made.TakeOvers[0].Shown[len(made.TakeOvers[0].Shown)-1].Text)
	r = here(t, "replay", "--front", "plain", atOnceSpeed, files[0])
	require.Zero(t, r.status, r.err)
	require.Contains(t, r.stdout, "the record shows chapter 8, complete")
}
