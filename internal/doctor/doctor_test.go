package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func gives(name string, s Status) Check {
	return Check{name, func(context.Context) Finding { return Finding{s, name + " was looked at", "mend " + name} }}
}

func TestTheWorstFindingDecides(t *testing.T) {
	ctx := t.Context()
	assert.Equal(t, 0, Run(ctx, nil).ExitStatus())
	warned := Run(ctx, []Check{gives("a", Warn), gives("b", OK)})
	assert.Equal(t, Warn, warned.Status)
	assert.Equal(t, 0, warned.ExitStatus())
	failed := Run(ctx, []Check{gives("a", Fail), gives("b", Warn)})
	assert.Equal(t, Fail, failed.Status)
	assert.Equal(t, 3, failed.ExitStatus())
}

func TestWhatNeedsSomethingThatFailedIsNotLookedAt(t *testing.T) {
	r := Run(t.Context(), Behind(gives("docker", Fail), gives("images", Fail), gives("ports", OK)))
	assert.Equal(t, Fail, r.Status)
	for _, c := range r.Checks[1:] {
		assert.Equal(t, Finding{Warn, "not looked at", "see to docker first"}, c.Finding)
	}
	r = Run(t.Context(), Behind(gives("docker", Warn), gives("images", Fail)))
	assert.Equal(t, "images was looked at", r.Checks[1].Text)
}

// A daemon that takes 2 s over each call was asked by five checks, one after the
// other: 50 s.
func TestChecksOfASlowDaemonWaitTogether(t *testing.T) {
	meet := make(chan bool)
	r := Run(t.Context(), Behind(gives("docker", Warn),
		Check{"one", func(context.Context) Finding { meet <- true; return Finding{Status: OK} }},
		Check{"two", func(ctx context.Context) Finding {
			select {
			case <-meet:
				return Finding{Status: OK}
			case <-ctx.Done():
				return Finding{Fail, "nobody else began", ""}
			}
		}}))
	require.Equal(t, []Status{Warn, OK, OK}, []Status{r.Checks[0].Status, r.Checks[1].Status, r.Checks[2].Status})
}

func TestTheReportReadsAsTextAndAsJSON(t *testing.T) {
	r := Run(t.Context(), []Check{
		{"disk", func(context.Context) Finding { return Finding{OK, "2 GiB <free>", ""} }}, gives("clock", Warn),
	})
	var b bytes.Buffer
	require.NoError(t, r.WriteText(&b))
	assert.Equal(t, "ok    disk   2 GiB <free>\nwarn  clock  clock was looked at\n             → mend clock\n", b.String())

	b.Reset()
	require.NoError(t, r.WriteJSON(&b))
	assert.Contains(t, b.String(), "<free>")
	var back Report
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	assert.Equal(t, r, back)
}

func TestAnInterruptedDoctorSaysWhatItDidNotLookAt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := Run(ctx, []Check{{"first", func(context.Context) Finding { cancel(); return Finding{Status: OK} }}, gives("second", OK)})
	assert.Equal(t, OK, r.Checks[0].Status)
	assert.Equal(t, Fail, r.Checks[1].Status)
	assert.Contains(t, r.Checks[1].Text, "not looked at")
}

func look(t *testing.T, c Check) Finding {
	t.Helper()
	f := c.Run(t.Context())
	assert.NotEmpty(t, f.Text)
	assert.Equal(t, f.Status != OK, f.Remedy != "", "a remedy when, and only when, something is wrong: %+v", f)
	return f
}

func TestTheStateDirectoryMustTakeAFileAndHaveRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	assert.Equal(t, OK, look(t, StateDir(dir, 1)).Status)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left, "the doctor leaves nothing behind")

	assert.Equal(t, Fail, look(t, StateDir(dir, 1<<62)).Status)
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	assert.Equal(t, Fail, look(t, StateDir(file, 1)).Status)
}

func TestTheMachineIsMeasuredAgainstWhatIsNeeded(t *testing.T) {
	assert.Equal(t, OK, look(t, FileDescriptors(8)).Status)
	assert.Equal(t, OK, look(t, Loopback(4)).Status)
	assert.Equal(t, OK, look(t, Child(func(context.Context) error { return nil })).Status)
	f := look(t, Child(func(context.Context) error { return errors.New("permission denied") }))
	assert.Equal(t, Fail, f.Status)
	assert.Contains(t, f.Text, "permission denied")
}

func TestMissingBuildToolsAreAWarning(t *testing.T) {
	find := func(at string, err error) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return at, err }
	}
	assert.Contains(t, look(t, BuildTools(find("/Library/Developer", nil))).Text, "/Library/Developer")
	f := look(t, BuildTools(find("", errors.New("exit status 2"))))
	assert.Equal(t, Warn, f.Status)
	assert.Equal(t, "xcode-select --install", f.Remedy)
}

func TestATerminalThatIsSmallOrMissingIsAWarningWithItsSize(t *testing.T) {
	for _, c := range []struct {
		s    Screen
		want Status
		says string
	}{
		{Screen{}, Warn, "no terminal"},
		{Screen{true, 120, 36, 0, "TERM is not set"}, Warn, "TERM is not set"},
		{Screen{true, 59, 18, 256, ""}, Warn, "59×18"},
		{Screen{true, 60, 18, 256, ""}, Warn, "80×24"},
		{Screen{true, 80, 24, 0, ""}, OK, "without colours"},
		{Screen{true, 120, 36, 256, ""}, OK, "256 colours"},
	} {
		f := look(t, Terminal(c.s))
		assert.Equal(t, c.want, f.Status, "%+v", c.s)
		assert.Contains(t, f.Text, c.says)
	}
}

func TestAClockBeforeTheProgramIsWrong(t *testing.T) {
	built := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(t time.Time) func() time.Time { return func() time.Time { return t } }
	assert.Equal(t, OK, look(t, Clock(at(built.Add(time.Hour)), built)).Status)
	assert.Equal(t, Warn, look(t, Clock(at(built.Add(-time.Hour)), built)).Status)
}

func TestLeftoversAreCountedAndNotRemoved(t *testing.T) {
	find := func(n int, err error) func(context.Context) (int, error) {
		return func(context.Context) (int, error) { return n, err }
	}
	assert.Equal(t, OK, look(t, Leftovers(find(0, nil))).Status)
	assert.Contains(t, look(t, Leftovers(find(3, nil))).Text, "3 left")
	assert.Equal(t, Warn, look(t, Leftovers(find(0, errors.New("unreadable")))).Status)
}
