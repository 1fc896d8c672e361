package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func lint(t *testing.T, dir string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = Main(t.Context(), []string{"chapters", "lint", dir}, IO{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

func TestLintPassesTheExportedChaptersAndWhatEditorsLeaveBesideThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "talk")
	require.Zero(t, Main(t.Context(), []string{"chapters", "export", dir}, IO{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}))
	require.NoError(t, os.Symlink("nobody@nowhere.1:2", filepath.Join(dir, ".#01-welcome.md"))) // as Emacs does
	for _, name := range []string{"._01-welcome.md", "README.md"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("\x00\x05\x16\x07"), 0o600))
	}
	status, out, errs := lint(t, dir)
	require.Zero(t, status, errs)
	require.Equal(t, "8 chapters, no fault\n", out)
}

func TestLintSaysWhatTheAudienceWouldNotSee(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "talk")
	require.Zero(t, Main(t.Context(), []string{"chapters", "export", dir}, IO{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}))
	long := strings.Repeat("word ", 600)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "01-welcome.md"), []byte("---\nid: welcome\ntitle: A welcome that is too long for the line\nbudget: 2m\n---\nFine.\n\n&#27;]0;OWNED&#7;\n\n"+long+"\n"), 0o600))
	status, out, errs := lint(t, dir)
	require.Equal(t, exitFailed, status)
	require.Empty(t, out)
	for _, want := range []string{
		"01-welcome.md:3: title: does not fit 80×24: it needs 39 cells and has 30; shorten it\n",
		"01-welcome.md:8: &#27; stands for a character that is not shown; take it out\n",
		"01-welcome.md:10: does not fit 100×30:",
	} {
		require.Contains(t, errs, want)
	}
	require.Regexp(t, `01-welcome\.md:10: does not fit 80×24: it needs \d+ rows and has \d+; shorten it\n`, errs)
	require.NotContains(t, errs, "\x1b")
}

// The same lint holds every language of the built-in talk: nothing of it is hidden, and
// all of it fits.
func TestEveryLanguageOfTheBuiltInTalkIsWithoutFault(t *testing.T) {
	for _, l := range languages {
		r := here(t, "chapters", "lint", "--lang", l.name)
		require.Zero(t, r.status, r.err)
		require.Equal(t, "8 chapters, no fault\n", r.stdout)
	}
}

func TestTheGermanTalkIsListedReadAndExported(t *testing.T) {
	require.Contains(t, here(t, "chapters", "list", "--lang", "de").stdout, "Willkommen")
	require.Contains(t, here(t, "notes", "--lang", "de").stdout, "**Sagen.**")
	dir := filepath.Join(t.TempDir(), "vortrag")
	require.Zero(t, here(t, "chapters", "export", "--lang", "de", dir).status)
	b, err := os.ReadFile(filepath.Join(dir, "01-welcome.md"))
	require.NoError(t, err)
	require.Contains(t, string(b), "**Wir machen eine Datenbank kaputt. Live.**")
	require.Contains(t, here(t, "chapters", "list", dir).stdout, "Willkommen", "a directory has its own language")
	r := here(t, "chapters", "list", "--lang", "fr")
	require.Equal(t, exitUsage, r.status)
	require.Contains(t, r.err, "choose one of en, de")
}
