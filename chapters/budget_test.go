package chapters

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever the file looks like, nothing but the value of the budget is another.
func TestANewBudgetChangesTheValueAlone(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"plain":         {"---\nid: welcome\ntitle: W\nbudget: 2m\n---\nHello.\n", "---\nid: welcome\ntitle: W\nbudget: 1m35s\n---\nHello.\n"},
		"a comment":     {"---\n# mine\nbudget:   2m   # too long?\nid: welcome\ntitle: W\n---\nbudget: 2m\n", "---\n# mine\nbudget:   1m35s   # too long?\nid: welcome\ntitle: W\n---\nbudget: 2m\n"},
		"quotes":        {"---\nid: welcome\ntitle: \"budget: 2m\"\nbudget: '2m' # x\n---\nHello.\n", "---\nid: welcome\ntitle: \"budget: 2m\"\nbudget: '1m35s' # x\n---\nHello.\n"},
		"Windows":       {"\uFEFF---\r\nid: welcome\r\ntitle: W\r\nbudget: \"2m\"\r\n---\r\nHello.\r\n", "\uFEFF---\r\nid: welcome\r\ntitle: W\r\nbudget: \"1m35s\"\r\n---\r\nHello.\r\n"},
		"the next line": {"---\nid: welcome\ntitle: W\nbudget:\n  2m\n---\nHello.\n", "---\nid: welcome\ntitle: W\nbudget:\n  1m35s\n---\nHello.\n"},
		"one line":      {"---\n{id: welcome, title: Grüße, budget: 2m, auto_advance: false}\n---\nHello.\n", "---\n{id: welcome, title: Grüße, budget: 1m35s, auto_advance: false}\n---\nHello.\n"},
		"no line end":   {"---\nid: welcome\ntitle: W\nbudget: 2m\n---\nHello.", "---\nid: welcome\ntitle: W\nbudget: 1m35s\n---\nHello."},
	} {
		t.Run(name, func(t *testing.T) {
			m := talk(t)
			m["01-welcome.md"] = &fstest.MapFile{Data: []byte(c.before)}
			edits, err := Rebudget(m, map[string]time.Duration{"welcome": 95 * time.Second})
			require.NoError(t, err)
			require.Len(t, edits, 1)
			assert.Equal(t, c.after, string(edits[0].content))
		})
	}
}

func TestWhatCannotBeChangedSafelyIsLeftToItsAuthor(t *testing.T) {
	for _, line := range []string{"budget: !!str 2m", "budget: &b 2m", `budget: "2\x6d"`, "budget: >-\n  2m"} {
		m := talk(t)
		m["01-welcome.md"] = &fstest.MapFile{Data: []byte("---\nid: welcome\ntitle: W\n" + line + "\n---\nHello.\n")}
		_, err := Load(m)
		require.NoError(t, err, line)
		_, err = Rebudget(m, map[string]time.Duration{"welcome": 95 * time.Second})
		require.ErrorContains(t, err, "01-welcome.md:4: budget: cannot be changed without you; write 1m35s yourself", line)
	}
}

func TestABudgetThatFitsIsNoEdit(t *testing.T) {
	edits, err := Rebudget(talk(t), map[string]time.Duration{"welcome": 2 * time.Minute, "nobody": time.Minute})
	require.NoError(t, err)
	require.Empty(t, edits)
}

func TestBudgetsAreWrittenInPlace(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	for name, f := range talk(t) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), f.Data, 0o600))
	}
	real := filepath.Join(elsewhere, "load.md")
	require.NoError(t, os.Rename(filepath.Join(dir, "03-load.md"), real))
	require.NoError(t, os.Symlink(real, filepath.Join(dir, "03-load.md")))
	edits, err := Rebudget(os.DirFS(dir), map[string]time.Duration{"load": 70 * time.Second, "health": time.Hour})
	require.NoError(t, err)
	require.Len(t, edits, 2)
	assert.Equal(t, "--- x/02-health.md\n+++ x/02-health.md\n@@ -4 +4 @@\n-budget: 3m\n+budget: 1h\n", edits[0].Diff("x"))
	require.NoError(t, Write(dir, edits))
	st, err := os.Lstat(filepath.Join(dir, "03-load.md"))
	require.NoError(t, err)
	assert.NotZero(t, st.Mode()&os.ModeSymlink)
	b, err := os.ReadFile(real)
	require.NoError(t, err)
	assert.Equal(t, strings.Replace(string(talk(t)["03-load.md"].Data), "budget: 3m", "budget: 1m10s", 1), string(b))
	cs, err := Load(os.DirFS(dir))
	require.NoError(t, err)
	assert.Equal(t, time.Hour, cs[1].Budget)
	left, err := filepath.Glob(filepath.Join(dir, ".budget*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
