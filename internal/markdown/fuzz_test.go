package markdown

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// requireHarmless holds that a document's rows fit their width, are clean apart
// from the looks that the painter gave them, and are the same for every look.
func requireHarmless(t *testing.T, source string, w int) {
	t.Helper()
	rows := Rows(Parse(source, loud).Blocks(w))
	for _, row := range rows {
		require.LessOrEqual(t, ansi.StringWidth(row), max(2, w), "%q at %d: %q", source, w, row) // one wide letter always stands
		require.NotContains(t, row, "\n")
		bare := looks.ReplaceAllString(row, "")
		require.Equal(t, text.Clean(bare), bare, "%q at %d gave %q", source, w, row)
	}
}

// loud draws strong words, slanted ones and code with a sequence of each's own.
var (
	loud  = Look{Strong: ansi.Style{}.Bold(), Emph: ansi.Style{}.Italic(true), Code: ansi.Style{}.Underline(true)}
	looks = regexp.MustCompile(`\x1b\[([0134](;[0134])*)?m`)
)

// pieces are what random documents are made of; W stands for a word that occurs
// once.
var pieces = []string{
	"W", "W", "W W", "W ", "\n", "\n\n", "- W", "\n- ", "\n1. ", "\n7) W", "  ", "    ", "\t", "# ", "## W", "> ", "\n> W", "**", "*", "__", "_", "`", "```\n", "\n```W\n", "~~",
	"<W>", "<", ">", "</W>", "<!-- W -->", "<!--", "-->", "&lt;", "&#27;", "&#x1b;[2J", "&amp;#27;", "&W;", "\\", "\\*", "[W](W)", "[W]", "](", "[", "]", "(", ")", "![W](W \"W\")", "\n[W]: W\n", "\n\n[W]: W \"W\"\n\n",
	"|", "\n|W|W|\n|-|-|\n|W|W|W|\n", "---", "\n---\n", "===", "http://W.example", "W@example.org", "- [x] W", "日本語", "👩‍🚀", "🇩🇪", "e\u0301", "\u202e", "\u200b", "\x07", "\x1b[31m", "\u009b2J", "…", "  \n", "\r", "\r\n", "$", "\\\\", "\x00",
}

func random(r *rand.Rand) (source string, all []string) {
	var s strings.Builder
	for range 1 + r.IntN(40) {
		p := pieces[r.IntN(len(pieces))]
		for strings.Contains(p, "W") {
			w := fmt.Sprintf("q%dz", len(all))
			all = append(all, w)
			p = strings.Replace(p, "W", w, 1)
		}
		s.WriteString(p)
	}
	return s.String(), all
}

// Every word of a random document is on the screen, or its line is reported.
func TestNoWordOfARandomDocumentIsLostSilently(t *testing.T) {
	for seed := range uint64(1200) {
		source, all := random(rand.New(rand.NewPCG(seed, 1)))
		w := 1 + int(seed%90)
		requireHarmless(t, source, w)
		requireNoWordLost(t, source, all, w)
	}
}

func requireNoWordLost(t *testing.T, source string, all []string, w int) {
	t.Helper()
	d := Parse(source, Look{})
	screen := letters(ansi.Strip(strings.Join(Rows(d.Blocks(w)), "")))
	reported := map[int]bool{}
	for _, p := range d.Problems() {
		reported[p.Line] = true
	}
	for _, word := range all {
		if strings.Contains(screen, word) {
			continue
		}
		before, _, _ := strings.Cut(source, word)
		line := 1 + strings.Count(before, "\n")
		require.True(t, commented(source, word) || reported[line], "%q of line %d in %q\nis not on the screen at %d\n%s\nand not in %v", word, line, source, w, strings.Join(Rows(d.Blocks(w)), "\n"), d.Problems())
	}
}

// commented says whether a word stands in a comment, whose first line is the
// one that is reported, or behind a fence, where a single word names a language.
func commented(source, word string) bool {
	at := strings.Index(source, word)
	from := strings.LastIndex(source[:at], "<!--")
	return from >= 0 && !strings.Contains(source[from:at], "-->") || strings.HasSuffix(source[:at], "```")
}

func FuzzADocumentNeverHarmsTheScreen(f *testing.F) {
	for _, s := range []string{"a **b** `c`", "- a\n  - b\n\n    c", "|a|b|\n|-|-|\n|c|d|", "&#27;]0;x&#7;", "<a\x1b[2J>", "> - 1. a", "```\n\t\x1b\n```", "[a]: <b> 'c'\n[a]", "\\&#27;", "a\u200db🇩🇪"} {
		f.Add(s, uint8(20))
	}
	f.Fuzz(func(t *testing.T, source string, w uint8) { requireHarmless(t, source, 1+int(w)) })
}
