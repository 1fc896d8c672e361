package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func writeRound(t *testing.T, dir string, n int, loop bool, outcome string) string {
	t.Helper()
	name := fmt.Sprintf("20260102T10%02d00.000Z-7.jsonl", n)
	w, err := Create(filepath.Join(dir, name))
	require.NoError(t, err)
	flags := map[string]string{"loop": fmt.Sprint(loop)}
	require.NoError(t, w.Write(at, demo.RunStarted{Flags: flags}))
	if outcome != "" {
		require.NoError(t, w.Write(at, demo.RunFinished{Outcome: outcome}))
	}
	require.NoError(t, w.Close())
	return name
}

func TestOfALoopTheNewestRoundsStayAndTheNewestThatFailedAndEveryTalk(t *testing.T) {
	dir := t.TempDir()
	var stays []string
	keep := func(name string) { stays = append(stays, name) }
	keep(writeRound(t, dir, 1, false, demo.OutcomeComplete)) // a talk, older than all
	writeRound(t, dir, 2, true, demo.OutcomeFailed)          // a failure, older than those that stay
	writeRound(t, dir, 3, true, "")                          // cut off, older than those that stay
	keep(writeRound(t, dir, 4, true, demo.OutcomeFailed))
	writeRound(t, dir, 5, true, demo.OutcomeComplete)
	keep(writeRound(t, dir, 6, true, demo.OutcomeFailed))
	writeRound(t, dir, 7, true, demo.OutcomeComplete)
	keep(writeRound(t, dir, 8, true, demo.OutcomeComplete))
	keep(writeRound(t, dir, 9, false, demo.OutcomeQuit))
	keep(writeRound(t, dir, 10, true, "")) // under way
	for _, other := range []string{"mine.jsonl", "20260102T100000.000Z-7.jsonl.2", "20260102T100000.000Z-8.jsonl"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, other), []byte("{\"loop\":true}\n"), 0o600))
		keep(other)
	}
	outside := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(outside, nil, 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "20260102T100000.000Z-9.jsonl")))
	keep("20260102T100000.000Z-9.jsonl")

	require.NoError(t, PruneLoops(dir, 2, 2))
	require.ElementsMatch(t, stays, namesIn(t, dir))
	require.NoError(t, PruneLoops(filepath.Join(dir, "none"), 2, 2))
}

// namesIn lists what is in a directory.
func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A round that lost writes and was killed while it showed that has no last line.
func TestARoundWithoutAnEndIsKeptLikeOneThatFailed(t *testing.T) {
	dir := t.TempDir()
	writeRound(t, dir, 1, true, "") // older than those that stay
	torn := writeRound(t, dir, 2, true, demo.OutcomeComplete)
	b, err := os.ReadFile(filepath.Join(dir, torn))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, torn), b[:len(b)-9], 0o600))
	killed := writeRound(t, dir, 3, true, "")
	failed := writeRound(t, dir, 4, true, demo.OutcomeFailed)
	writeRound(t, dir, 5, true, demo.OutcomeComplete)
	writeRound(t, dir, 6, true, demo.OutcomeQuit)
	newest := writeRound(t, dir, 7, true, demo.OutcomeComplete)

	require.NoError(t, PruneLoops(dir, 1, 3))
	require.Equal(t, []string{torn, killed, failed, newest}, namesIn(t, dir))
}
