package markdown

import (
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

// example is a document of a specification, and the HTML that it stands for.
type example struct {
	Markdown string `json:"markdown"`
	HTML     string `json:"html"`
}

// examples gives the examples of CommonMark's specification and those of GitHub's
// extensions. The parser's module brings them for its own tests.
func examples(t *testing.T) []example {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/goldmark").Output()
	require.NoError(t, err)
	dir := strings.TrimSpace(string(out))
	b, err := os.ReadFile(filepath.Join(dir, "_test", "spec.json"))
	require.NoError(t, err)
	var all []example
	require.NoError(t, json.Unmarshal(b, &all))
	more := []string{filepath.Join(dir, "_test", "extra.txt")}
	for _, name := range []string{"linkify", "strikethrough", "table", "tasklist"} {
		more = append(more, filepath.Join(dir, "extension", "_test", name+".txt"))
	}
	for _, path := range more {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		written := strings.NewReplacer(`\x00`, "\x00", `\uFFFD`, "\uFFFD", `\ufffd`, "\uFFFD").Replace(string(b))
		for _, c := range strings.Split(written, "\n//= = =") {
			if parts := regexp.MustCompile(`(?m)^//- - -.*\n`).Split(c, -1); len(parts) == 3 {
				all = append(all, example{parts[1], parts[2]})
			}
		}
	}
	return all
}

var tag = regexp.MustCompile(`(?s)<!--.*?-->|<[a-zA-Z/!?][^>]*>`)

// Every word that a browser would show of an example is on the screen too, or the
// line is reported.
func TestNoWordOfTheSpecificationsExamplesIsLostSilently(t *testing.T) {
	all := examples(t)
	require.Greater(t, len(all), 600)
	for _, e := range all {
		d := Parse(e.Markdown, Look{})
		for _, w := range []int{1, 7, 24, 80} {
			requireHarmless(t, e.Markdown, w)
			screen := letters(ansi.Strip(strings.Join(Rows(d.Blocks(w)), "")))
			for _, word := range strings.Fields(html.UnescapeString(tag.ReplaceAllString(e.HTML, " "))) {
				if strings.Contains(screen, letters(word)) || reports(d, e.Markdown, word) {
					continue
				}
				t.Errorf("%q of %q is not on the screen at %d: %q, and not in %v", word, e.Markdown, w, Rows(d.Blocks(w)), d.Problems())
			}
		}
	}
}

// reports says whether the line of a word is reported.
func reports(d Doc, source, word string) bool {
	for i, line := range strings.Split(source, "\n") {
		if !strings.Contains(letters(line), letters(word)) {
			continue
		}
		for _, p := range d.Problems() {
			if p.Line == i+1 {
				return true
			}
		}
	}
	return false
}
