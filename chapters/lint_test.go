package chapters

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestNothingOfTheBuiltInChaptersIsHidden(t *testing.T) {
	for lang := range languages {
		files, err := Read(Files(lang))
		require.NoError(t, err)
		for _, f := range files {
			assert.Empty(t, f.Remarks(), "%s: %s", lang, f.Name)
		}
	}
}

// remarksOf gives what is remarked on a first chapter, and the chapter.
func remarksOf(t *testing.T, welcome string) (got []string, c demo.Chapter) {
	t.Helper()
	m := talk(t)
	m["01-welcome.md"] = &fstest.MapFile{Data: []byte(welcome)}
	files, err := Read(m)
	require.NoError(t, err)
	for _, r := range files[0].Remarks() {
		got = append(got, r.String())
	}
	return got, files[0].Chapter
}

func TestAMarkThatNeverHappensIsRemarked(t *testing.T) {
	got, _ := remarksOf(t, "---\nid: welcome\ntitle: Hello\nbudget: 2m\nnotes: |\n\n\n  One.\n\n  [on: ticket] Two.\n\n  [on: tiket] Three.\n---\nHello.\n")
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "01-welcome.md:12: notes: [on: tiket] never happens; choose one of fault, ticket")
}

func TestWhatIsNotShownIsRemarkedWithFileAndLine(t *testing.T) {
	got, c := remarksOf(t, "---\nid: welcome\ntitle: \"A \\U0001F469\\u200D\\U0001F680\"\nbudget: 2m\nnotes: |\n  One.\n\n  <!-- two -->\n---\n\n\nHello.\n\nFine &#27;]0;OWNED&#7;\n👩\u200d🚀 flies\nි\nיוֹם שָׁלוֹם\na\u0301\u0302\u0303\u0304\n")
	assert.Equal(t, []string{
		"01-welcome.md:3: title: holds U+200D, which is not shown; take it out",
		"01-welcome.md:8: notes: a comment is not shown; the place for what only the speaker reads is notes",
		"01-welcome.md:14: &#27; stands for a character that is not shown; take it out",
		"01-welcome.md:14: &#7; stands for a character that is not shown; take it out",
		"01-welcome.md:15: holds U+200D, which is not shown; take it out",
		"01-welcome.md:16: holds a character of several parts; terminals do not agree how wide it is",
		"01-welcome.md:17: holds words that are written from right to left; terminals do not agree about the order in which they show them",
		"01-welcome.md:18: holds U+0304, the mark number 4 on one character; only 3 are shown",
	}, got)
	assert.Equal(t, "A 👩🚀", c.Title)
}

// YAML takes " #" for the beginning of a comment.
func TestWhatYAMLTakesForACommentIsRemarked(t *testing.T) {
	got, _ := remarksOf(t, "---\nid: welcome # fine\ntitle: Chapter #1: Welcome\nbudget: 2m # fine\nkey_hint: Press # now\nnotes: See # 7\n---\nHello.\n")
	assert.Equal(t, []string{
		`01-welcome.md:3: title: "#1: Welcome" is a comment to YAML, and not shown; put the value in quotes, or take it out`,
		`01-welcome.md:5: key_hint: "# now" is a comment to YAML, and not shown; put the value in quotes, or take it out`,
		`01-welcome.md:6: notes: "# 7" is a comment to YAML, and not shown; put the value in quotes, or take it out`,
	}, got)
}

func TestACommentBehindAQuotedTextIsMeant(t *testing.T) {
	got, c := remarksOf(t, "---\nid: welcome\ntitle: \"Chapter #1\" # the first\nbudget: 2m\nkey_hint: 'Press' # now\nnotes: | # to read\n  See.\n---\nHello.\n")
	require.Empty(t, got)
	require.Equal(t, "Chapter #1", c.Title)
}

// remarksOn gives what is remarked on notes that stand from line 6 on, and the notes.
func remarksOn(t *testing.T, notes string) ([]string, string) {
	t.Helper()
	got, c := remarksOf(t, "---\nid: welcome\ntitle: W\nbudget: 2m\nnotes: |2\n"+notes+"\n---\nHello.\n")
	return got, c.Notes
}

func TestNotesKeepTheirFirstIndentationAndTheirLines(t *testing.T) {
	got, notes := remarksOn(t, "\n\n      tikv-ctl\n\n  <!-- a -->\n\n  [on: tiket] b")
	assert.Equal(t, "    tikv-ctl\n\n<!-- a -->\n\n[on: tiket] b", notes)
	require.Len(t, got, 2)
	assert.Contains(t, got[0], "01-welcome.md:10: notes: a comment is not shown")
	assert.Contains(t, got[1], "01-welcome.md:12: notes: [on: tiket] never happens")
}

// The notes are shown part by part: what a part loses is lost, whatever the whole shows.
func TestLintLooksAtThePartsOfTheNotes(t *testing.T) {
	got, _ := remarksOn(t, "  See [x][rb].\n\n  [on: ticket]\n  | a |\n  |-|\n  | b | 7 |\n\n  [rb]: http://x\n  [none]: http://y")
	require.Len(t, got, 2)
	assert.Contains(t, got[0], `01-welcome.md:11: notes: "7" is not shown`)
	assert.Contains(t, got[1], `01-welcome.md:14: notes: "none" is not shown`)

	got, _ = remarksOn(t, "  One.\n\n      tikv-ctl\n      [on: tiket]\n\n  ```a``` is code.\n\n  [on: tiket] b")
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "01-welcome.md:13: notes: [on: tiket] never happens")
}
