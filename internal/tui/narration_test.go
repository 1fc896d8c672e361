package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/markdown"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

const story3 = "**Who notices, and how soon does anybody notice?**\n\n- The monitor was not told what was done to the store.\n- Short.\n"

// Where there is too little room, whole sentences go and none is cut.
func TestNarrationIsCutBetweenBlocks(t *testing.T) {
	p := on(t, 1, 80, 24, styles.Mono)
	blocks := markdown.Parse(story3, p.styles.Markdown()).Blocks(30)
	for room, want := range map[int]string{
		0: "", 1: "", 2: "Who notices, and how soon does|anybody notice?", 3: "Who notices, and how soon does|anybody notice?", 4: "Who notices, and how soon does|anybody notice?",
		5: "Who notices, and how soon does|anybody notice?||• The monitor was not told|  what was done to the store.",
		6: "Who notices, and how soon does|anybody notice?||• The monitor was not told|  what was done to the store.|• Short.",
	} {
		rows, hidden := p.head(blocks, room)
		assert.Equal(t, want, ansi.Strip(strings.Join(rows, "|")), "room %d", room)
		assert.Equal(t, map[int]int{0: 5, 1: 5, 2: 3, 3: 3, 4: 3, 5: 1, 6: 0}[room], hidden, "room %d", room)
	}
}

// tell gives the chapter that is shown another narration.
func (p *played) tell(narration string) {
	cs := p.state.Chapters
	cs[p.state.Current].Narration = narration
	*p.story = story{}
}

func TestAParagraphThatIsLongerThanItsPaneIsShownAsFarAsItFitsAndCanBeRead(t *testing.T) {
	for _, narration := range []string{strings.Repeat("lamp ", 400) + "END", strings.Repeat("- lamp\n", 400) + "- END"} {
		for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}} {
			for _, chapter := range []int{1, 2} {
				p := on(t, chapter, size[0], size[1], styles.Mono)
				p.tell(narration)
				view := p.View()
				require.Greater(t, strings.Count(view, "lamp"), 5)
				require.Regexp(t, `↓ \d+ more lines of text`, view)
				if strings.HasPrefix(narration, "lamp") {
					require.Regexp(t, `(?m)^ *…`, view, "the cut is marked where it is")
				}
				require.NotContains(t, view, "END")
				press(p, tea.KeyMsg{Type: tea.KeyDown})
				for range 100 {
					if strings.Contains(p.View(), "END") {
						break
					}
					press(p, tea.KeyMsg{Type: tea.KeyPgDown})
				}
				require.Contains(t, p.View(), "END")
				press(p, letter("x"))
				require.Contains(t, p.View(), "more lines of text", "any other key closes the page")
			}
		}
	}
}

func TestNotesScrollToTheirLastWord(t *testing.T) {
	for _, size := range [][2]int{{60, 18}, {80, 24}, {100, 30}} {
		p := on(t, 6, size[0], size[1], styles.Mono)
		p.state.Chapters[5].Notes = strings.Repeat("Point at the lamp.\n\n", 40) + "LAST."
		press(p, letter("N"))
		require.Contains(t, p.View(), "scroll • any other key closes")
		require.NotContains(t, p.View(), "LAST.")
		for range 20 {
			press(p, tea.KeyMsg{Type: tea.KeyPgDown})
		}
		require.Contains(t, p.View(), "LAST.")
		require.Equal(t, 6, p.state.Chapter().N)
		press(p, tea.KeyMsg{Type: tea.KeyEsc})
		require.NotContains(t, p.View(), "LAST.")
	}
}

// The console shows them in the same order.
func TestNotesOnTheScreenComeForwardWhenTheirTimeHasCome(t *testing.T) {
	p := on(t, 5, 100, 30, styles.Mono)
	p.state.Chapters[4].Notes = "First.\n\n[on: recovered] Last.\n\n[on: fault] Now.\n\n- a list\n- of two"
	press(p, letter("N"))
	view := p.View()
	require.NotContains(t, view, "[on:")
	require.Contains(t, view, "▌ Now.")
	require.Less(t, strings.Index(view, "Now."), strings.Index(view, "First."))
	require.Less(t, strings.Index(view, "of two"), strings.Index(view, "on recovered: Last."))
}

func TestNotesThatFitGoAwayWithAnyKey(t *testing.T) {
	for _, k := range []tea.KeyMsg{letter(" "), {Type: tea.KeyPgDown}, {Type: tea.KeyDown}, letter("x")} {
		p := on(t, 2, 80, 24, styles.Mono)
		press(p, letter("N"))
		require.Contains(t, p.View(), "any key closes this")
		press(p, k)
		require.NotContains(t, p.View(), "any key closes this")
		require.Equal(t, 2, p.state.Chapter().N)
	}
}

func TestMisfitsNameWhatDoesNotFitAndWhere(t *testing.T) {
	c := lampChapters()[1]
	require.Empty(t, Misfits(c))
	c.Title = strings.Repeat("Lamp ", 8)
	c.Narration = "# Look up\n\n" + strings.Repeat("A lamp.\n\n", 10) + "The last lamp."
	var got []string
	for _, m := range Misfits(c) {
		got = append(got, fmt.Sprintf("%s line %d at %dx%d: %d of %d %s", m.Key, m.Line, m.Width, m.Height, m.Needs, m.Has, m.Unit))
	}
	require.Equal(t, []string{"title line 0 at 80x24: 40 of 30 cells", " line 21 at 80x24: 23 of 19 rows"}, got)
}

func TestAPieceThatIsTooLongForItsColumnSaysHowMuchIsMissing(t *testing.T) {
	p := on(t, 4, 60, 18, styles.Mono)
	plan := *p.state.Plan
	plan.Effect = strings.Repeat("unscrew it slowly ", 40)
	p.state.Plan = &plan
	require.Regexp(t, `(?m)^ *… \d+ more lines`, ansi.Strip(p.View()))
}

// What lint lets pass as it fits is seen whole, as the first chapter too.
func TestAnOpeningThatFitsIsSeenWhole(t *testing.T) {
	for what, narration := range map[string]string{
		"as many lines as there are": strings.Repeat("A line.\n\n", 9) + "The last line.",
		"a heading and many lines":   "# Hello\n\n" + strings.Repeat("A line.\n\n", 7) + "The last line.",
	} {
		p := on(t, 1, 80, 24, styles.Mono)
		p.state.Options.Title = ""
		p.state.Chapters[0].Narration = narration
		require.Empty(t, Misfits(p.state.Chapters[0]), what)
		require.Contains(t, p.View(), "The last line.", what)
		require.NotContains(t, p.View(), "more line", what)
	}
}

// A list and code look as in the narration, with the bar beside them.
func TestTheBarStandsBesideWhatIsDrawn(t *testing.T) {
	p := on(t, 5, 100, 30, styles.Mono)
	p.state.Chapters[4].Notes = "[on: fault]\n- first\n- second\n\n[on: fault]\n```\n# code\n\n- no list\n```\n\nPlain."
	press(p, letter("N"))
	var got []string
	for line := range strings.SplitSeq(ansi.Strip(p.View()), "\n") {
		if row, found := strings.CutPrefix(line, pageMargin+"▌ "); found {
			got = append(got, strings.TrimRight(row, " "))
		}
	}
	require.Equal(t, []string{"• first", "• second", "  # code", "", "  - no list"}, got)
	require.Contains(t, p.View(), "\n  Plain.")
}

// The same for every length, with a heading that may be drawn in letters of several sizes.
func TestWhatLintLetsPassIsSeenWholeInTheOpening(t *testing.T) {
	for _, size := range lintSizes {
		for _, head := range []string{"", "# Hi\n\n", "# Hello\n\n"} {
			for n := range size[1] {
				p := on(t, 1, size[0], size[1], styles.Mono)
				p.state.Options.Title = ""
				p.state.Chapters[0].Narration = head + strings.Repeat("- A line.\n", n) + "- The last line."
				fits := true
				for _, m := range Misfits(p.state.Chapters[0]) {
					fits = fits && (m.Width != size[0] || m.Unit != "rows")
				}
				require.Equal(t, fits, strings.Contains(p.View(), "The last line."), "%v %q and %d lines\n%s", size, head, n, p.View())
			}
		}
	}
}
