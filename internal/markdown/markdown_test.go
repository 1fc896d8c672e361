package markdown

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func drawn(source string, w int) []string {
	rows := Rows(Parse(source, Look{}).Blocks(w))
	for i, r := range rows {
		rows[i] = ansi.Strip(r)
	}
	return rows
}

func TestWhatStandsInTheSourceIsShown(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		w      int
		want   []string
	}{
		"a paragraph wraps":                   {"one two three\nfour", 9, []string{"one two", "three", "four"}},
		"a tag in a sentence":                 {"kubectl -n <namespace> get", 60, []string{"kubectl -n <namespace> get"}},
		"a type with brackets":                {"Vec<u8> and Map<String, Vec<u8>>", 60, []string{"Vec<u8> and Map<String, Vec<u8>>"}},
		"a block of HTML":                     {"<div>\nword\n</div>", 60, []string{"<div>", "word", "</div>"}},
		"an ordered list":                     {"1. First\n2. Second", 60, []string{"1. First", "2. Second"}},
		"an ordered list from another number": {"9) Nine\n10) Ten", 60, []string{" 9) Nine", "10) Ten"}},
		"an item hangs":                       {"- one two three", 12 + 2, []string{"• one two", "  three"}},
		"an item of wide letters":             {"- " + strings.Repeat("日本語", 4), 16, []string{"• 日本語日本語日", "  本語日本語"}},
		"a nested list":                       {"- a\n  - b\n- c", 60, []string{"• a", "  • b", "• c"}},
		"an item of two paragraphs":           {"- a\n\n  b\n\n- c", 60, []string{"• a", "", "  b", "", "• c"}},
		"tabs in code":                        {"```\na\tb\n\tc\n```", 60, []string{"  a   b", "      c"}},
		"long code":                           {"    0123456789abcdef", 14, []string{"  0123456789ab", "  cdef"}},
		"entities decode":                     {"a &lt;b&gt; &amp;amp; &copy; &#65;", 60, []string{"a <b> &amp; © A"}},
		"entities in code do not":             {"`&lt;` and `a\\*b`", 60, []string{"&lt; and a\\*b"}},
		"an escaped entity stays":             {`\&lt; \*a\* c:\temp \\*`, 60, []string{`&lt; *a* c:\temp \*`}},
		"strong words":                        {"**a** *b* ***c*** d_e_f", 60, []string{"a b c d_e_f"}},
		"struck words":                        {"~~never~~ always", 60, []string{"~~never~~ always"}},
		"tasks":                               {"- [x] done\n- [ ] due", 60, []string{"• [x] done", "• [ ] due"}},
		"links and pictures":                  {"[a](http://b \"c\") ![d](e.png) <http://f>", 60, []string{"a (http://b c) d (e.png) http://f"}},
		"a quote":                             {"> a\n> b\n>\n> c", 60, []string{"│ a b", "│", "│ c"}},
		"a hard break":                        {"a  \nb", 60, []string{"a", "b"}},
		"headings":                            {"# a\nb\n\nc\n---", 60, []string{"a", "", "b", "", "c"}},
		"a rule":                              {"a\n\n---\n\nb", 10, []string{"a", "", "──────────", "", "b"}},
		"a table":                             {"|a|bb|\n|-|-|\n|ccc|d|", 60, []string{"a   │ bb", "────────", "ccc │ d"}},
		"a wide table": {"|name|what it is|\n|-|-|\n|PD|keeps the map|\n|TiKV|keeps the data|", 20,
			[]string{"name: PD", "what it is: keeps", "  the map", "", "name: TiKV", "what it is: keeps", "  the data"}},
		"an empty item": {"-\n- a", 60, []string{"•", "• a"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, drawn(c.source, c.w))
			assert.Empty(t, Parse(c.source, Look{}).Problems())
		})
	}
}

func TestNothingThatATerminalObeysComesOutOfADocument(t *testing.T) {
	for _, source := range []string{
		"a &#27;]0;OWNED&#7; b", "`&#27;[2J`", "&#x9b;31m", "[a](&#27;[2J)", "![&#27;[8m](b)", "<a \x1b[2J>", "<!DOCTYPE \x1b[2J>", "```\n\x1b[2J\n```",
		"a&#13;b", "&#8238;abc", "&ZeroWidthSpace;", "|&#27;[1m|\n|-|\n|\x07|", "~~&#27;[2J~~", "&Tab;&NewLine;",
	} {
		for _, row := range drawn(source, 40) {
			for _, r := range row {
				assert.False(t, r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x200b, "%q gave %q", source, row)
			}
		}
		for _, row := range Rows(Parse(source, Look{}).Blocks(40)) {
			assert.NotContains(t, row, "\x1b]")
			assert.NotContains(t, row, "\x1b[2J")
			assert.NotContains(t, row, "\x1b[8m")
		}
	}
}

func TestWhatIsNotShownIsReportedWithItsLine(t *testing.T) {
	for source, want := range map[string][]Problem{
		"a\n\n[note]: remember": {{3, `"note" is not shown: it stands where Markdown shows nothing`}},
		"a <!-- b -->\n\n<!-- c\nd -->": {
			{1, "a comment is not shown; the place for what only the speaker reads is notes"},
			{3, "a comment is not shown; the place for what only the speaker reads is notes"},
		},
		"```go run it\na\n```":       {{1, `"run it" is not shown; behind a fence only the language stands`}},
		"|a|\n|-|\n|b|lost|":         {{3, `"lost" is not shown: the table has no column for it; a | in a cell is written \|`}},
		"3\n\n|a|\n|-|\n|b|3|\n|c|":  {{5, `"3" is not shown: the table has no column for it; a | in a cell is written \|`}},
		"|a|b|\n|-|-|\n|`p|q`|0|":    {{3, `"0" is not shown: the table has no column for it; a | in a cell is written \|`}},
		"> |a|\n> |-|\n> |b|✓|\n> c": {{3, `"✓" is not shown: the table has no column for it; a | in a cell is written \|`}},
		"|a|b|\n|-|-|\n|`p\\|q`| |":  nil,
		"[a][b]\n\n[b]: http://c":    nil,
		"a\n&#27;[2J":                {{2, "&#27; stands for a character that is not shown; take it out"}},
	} {
		assert.Equal(t, want, Parse(source, Look{}).Problems(), source)
	}
}

func TestDeepListsStayWithinTheirWidth(t *testing.T) {
	var source strings.Builder
	for i := range 40 {
		source.WriteString(strings.Repeat("  ", i) + "- word\n")
	}
	for _, w := range []int{1, 5, 13, 14, 20, 43} {
		for _, row := range drawn(source.String(), w) {
			assert.LessOrEqual(t, width(row), max(w, 1), "%d: %q", w, row)
		}
	}
}

// Such lines took minutes to parse.
func TestADocumentThatNestsTooDeepIsShownAsItStands(t *testing.T) {
	for _, p := range []string{"> ", "1. ", "+ ", "- > "} {
		source := "a **b**\n\n" + strings.Repeat(p, (64<<10)/len(p)) + "word"
		d := Parse(source, Look{})
		assert.Equal(t, []Problem{{3, "nests more than 32 quotes and lists; the text is shown as it stands, without its looks"}}, d.Problems())
		rows := Rows(d.Blocks(40))
		assert.Equal(t, "a **b**", rows[0])
		assert.Contains(t, rows[len(rows)-1], "word")
	}
	assert.Equal(t, []string{strings.Repeat("─", 20)}, drawn(strings.Repeat("* ", 50), 60))
}

// Such paragraphs took seconds to parse. A test of the time itself would fail on a
// busy machine.
func TestAParagraphOfTooManySignsIsShownAsItStands(t *testing.T) {
	for _, p := range []string{"*a", "a*", "_*a", "[](", "[a](b", "![", "~a~", "a **b** [c](d)\n", "> *a\n", "- *a_\n", "a <!-- b\n"} {
		source := "a **b**\n\n" + strings.Repeat(p, (64<<10)/len(p)) + "word"
		d := Parse(source, Look{})
		problems := d.Problems()
		if assert.Len(t, problems, 1, p) {
			assert.Contains(t, problems[0].Text, "more than 4000 signs of emphasis, links and tags without a blank line")
			assert.Greater(t, problems[0].Line, 2)
		}
		assert.Equal(t, "a **b**", Rows(d.Blocks(40))[0])
	}
	many := strings.Repeat("a **b** [c](d)\n\n", (64<<10)/17)
	assert.Empty(t, Parse(many, Look{}).Problems(), "the whole file may have more")
}

// cellsIn counts the cells of all tables.
func cellsIn(nodes []node) (n int) {
	for _, d := range nodes {
		for _, row := range d.cells {
			n += len(row)
		}
		n += cellsIn(d.children)
	}
	return n
}

// Half a file of columns and half a file of rows were millions of cells, and took
// gigabytes of memory.
func TestATableOfTooManyCellsIsShownAsItStands(t *testing.T) {
	for _, within := range []string{"", "> ", "- "} {
		for _, row := range []string{"|a|", "a", "|"} {
			next := strings.Replace(within, "-", " ", 1)
			wide := within + strings.Repeat("|a", 500) + "|\n" + next + strings.Repeat("|-", 500) + "|\n" + strings.Repeat(next+row+"\n", 100)
			problems := Parse("a **b**\n\n"+wide, Look{}).Problems()
			if assert.Len(t, problems, 1, within+row) {
				assert.Equal(t, Problem{11, "is the end of tables of more than 4000 cells; the text is shown as it stands, without its looks"}, problems[0])
			}
		}
	}
	small := "|a|b|c|\n|:-|-:|-|\n" + strings.Repeat("|d|e|f|\n", 30) + "\n"
	assert.Equal(t, 31*3, cellsIn(Parse(small, Look{}).nodes))
	for n := 1; n < 1000; n *= 2 {
		assert.LessOrEqual(t, cellsIn(Parse(strings.Repeat(small, n), Look{}).nodes), maxCells, n)
	}
}

// Blank lines behind nested lists took seconds.
func TestADocumentOfTooManyLinesIsShownAsItStands(t *testing.T) {
	d := Parse(strings.Repeat("- ", 32)+"a"+strings.Repeat("\n", maxLines)+"b", Look{})
	assert.Equal(t, []Problem{{maxLines + 1, "is beyond 10000 lines; the text is shown as it stands, without its looks"}}, d.Problems())
	assert.Empty(t, Parse(strings.Repeat("a\n\n", maxLines/2-1), Look{}).Problems())
}

// Each row of a long line of code has the look of code, and nothing beside it has.
func TestALongLineOfCodeKeepsItsLookOnEveryRow(t *testing.T) {
	rows := Rows(Parse("    "+strings.Repeat("abcdefgh ", 5), loud).Blocks(24))
	require.Len(t, rows, 3)
	for _, row := range rows {
		code, found := strings.CutPrefix(row, indent+"\x1b[4m")
		require.True(t, found, "%q", row)
		require.Equal(t, len(code)-len("\x1b[m"), strings.Index(code, "\x1b"), "%q", row)
	}
}

func TestARuleHasTheLineOfWhatIsBeforeIt(t *testing.T) {
	var lines []int
	for _, b := range Parse("one\n\ntwo\n\n---\n\nthree", Look{}).Blocks(40) {
		if b.Rows[0] != "" {
			lines = append(lines, b.Line)
		}
	}
	require.Equal(t, []int{1, 3, 3, 7}, lines)
}
