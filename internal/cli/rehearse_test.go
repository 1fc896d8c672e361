package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// rehearsed writes the record of a rehearsal in which each chapter took as long as
// given.
func rehearsed(t *testing.T, state string, took ...time.Duration) {
	t.Helper()
	cs, err := loadChapters("", "en")
	require.NoError(t, err)
	w, err := journal.CreateIn(filepath.Join(state, "runs"))
	require.NoError(t, err)
	s, effects := demo.Open(demo.New(cs, demo.Options{Rehearsal: true}), time.Now())
	write := func() {
		for _, e := range effects {
			if v, ok := e.Verb.(demo.Record); ok {
				require.NoError(t, w.Write(v.At, v.Body))
			}
		}
	}
	write()
	for _, d := range took {
		s, effects = demo.Take(s, demo.Event{At: s.Now.Add(d), Body: demo.Asked{Intent: demo.Force}})
		write()
	}
	require.NoError(t, w.Close())
}

func TestARehearsalOffersBudgetsAndWritesThemOnlyWhenAsked(t *testing.T) {
	state, dir := t.TempDir(), filepath.Join(t.TempDir(), "talk")
	t.Setenv("TIKV_DEMO_STATE_DIR", state)
	require.Contains(t, here(t, "rehearse", "--show").stdout, "no talk with these chapters has been given yet")
	rehearsed(t, state, 100*time.Second, 50*time.Second)
	rehearsed(t, state, 88*time.Second, 2*time.Minute)
	require.Zero(t, here(t, "chapters", "export", dir).status)
	before, err := os.ReadFile(filepath.Join(dir, "01-welcome.md"))
	require.NoError(t, err)

	r := here(t, "rehearse", "--show", dir)
	require.Zero(t, r.status, r.err)
	require.Contains(t, r.stdout, "rehearsal\n")
	require.Regexp(t, `1 welcome +1:28 1:40 +0:00 0:00 +0:00 0:00 +2:00 +1:35`, r.stdout)
	require.Regexp(t, `3 load +- - +- - +- - +3:00 +-`, r.stdout)
	require.Contains(t, r.stdout, "-budget: 2m\n+budget: 1m35s\n")
	require.Contains(t, r.stdout, "tikv-demo rehearse "+dir+" --show --write")
	now, err := os.ReadFile(filepath.Join(dir, "01-welcome.md"))
	require.NoError(t, err)
	require.Equal(t, before, now, "nothing is written unasked")

	require.Zero(t, here(t, "rehearse", "--show", "--write", dir).status)
	now, err = os.ReadFile(filepath.Join(dir, "01-welcome.md"))
	require.NoError(t, err)
	require.Equal(t, strings.Replace(string(before), "budget: 2m", "budget: 1m35s", 1), string(now))
	require.Contains(t, here(t, "rehearse", "--show", dir).stdout, "The budgets fit.")
	require.Contains(t, here(t, "rehearse", "--show").stdout, "These are the built-in chapters.")
}

func TestARehearsalThatCannotBeSaysWhy(t *testing.T) {
	t.Setenv("TIKV_DEMO_STATE_DIR", t.TempDir())
	for flag, why := range map[string]string{"--auto": "about the speaker", "--loop": "one talk", "--write": "give their directory"} {
		r := here(t, "rehearse", flag)
		require.Equal(t, exitUsage, r.status, flag)
		require.Contains(t, r.err, why)
	}
}

func TestARehearsalIsMarkedInItsRecord(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	stdin, hold, err := os.Pipe()
	require.NoError(t, err)
	defer stdin.Close()
	defer hold.Close()
	cmd := exec.Command(program, "rehearse", "--front", "plain")
	cmd.Env, cmd.Stdin = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state), stdin
	require.NoError(t, cmd.Start())
	await(t, state, `"kind":"chapter.entered"`)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	all := lines(t, record(t, state))
	require.Equal(t, true, kind(all, "run.started")[0]["rehearsal"])
}
