package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A talk shows what its files say now, and goes on with what they said before while
// one of them is half written.
func TestTheChaptersOfARunningTalkAreReadAgainWhenTheyAreEdited(t *testing.T) {
	t.Parallel()
	state, dir := t.TempDir(), filepath.Join(t.TempDir(), "talk")
	require.Zero(t, call(t, state, "chapters", "export", dir).status)
	stdin, hold, err := os.Pipe() // nobody presses anything
	require.NoError(t, err)
	defer stdin.Close()
	defer hold.Close()
	cmd := exec.Command(program, "run", "--front", "plain", dir)
	cmd.Env, cmd.Stdin = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state), stdin
	require.NoError(t, cmd.Start())
	await(t, state, `"kind":"chapter.entered"`)

	first := filepath.Join(dir, "01-welcome.md")
	b, err := os.ReadFile(first)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(first, b[:len(b)/3], 0o600))
	await(t, state, `"kind":"chapters.kept"`)
	require.NoError(t, os.WriteFile(first, []byte(strings.Replace(string(b), "We will break a database", "Edited", 1)), 0o600))
	await(t, state, `"kind":"chapters.revised"`)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())

	all := lines(t, record(t, state))
	require.Contains(t, kind(all, "chapters.kept")[0]["why"], "01-welcome.md:1: the front matter has no end")
	text, err := json.Marshal(kind(all, "chapters.revised")[0])
	require.NoError(t, err)
	require.Contains(t, string(text), "**Edited. Live.**")
}

func TestTheExportedSettingsAreAllCommentsAndEachCanBeTaken(t *testing.T) {
	b := string(commentedSettings())
	given, err := parseSettings(settingsName, []byte(b), false)
	require.NoError(t, err)
	require.Empty(t, given)
	n := 0
	for l := range strings.Lines(b) {
		if !strings.HasPrefix(l, "#") || strings.HasPrefix(l, "# ") || strings.HasPrefix(l, "##") {
			continue
		}
		n++
		given, err := parseSettings(settingsName, []byte(l[1:]), false)
		require.NoError(t, err, l)
		require.Len(t, given, 1, l)
	}
	require.Greater(t, n, 30)
	require.Contains(t, b, "#fault: kill\n")
	require.NotContains(t, b, "#dry-run")
}

func TestTheSchemaIsPrinted(t *testing.T) {
	r := here(t, "chapters", "schema")
	require.Zero(t, r.status)
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
	require.Contains(t, doc["properties"], "blocks_advance")
}
