package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCleanKeepsWhatCanBeReadAndDropsWhatActs(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain text stays":                                    {"store 2 is Up\nnext", "store 2 is Up\nnext"},
		"other alphabets and emoji stay":                      {"größer 日本語 🦀 ≥", "größer 日本語 🦀 ≥"},
		"colours go":                                          {"\x1b[1;31mred\x1b[0m", "red"},
		"cursor moves and screen clearing go":                 {"a\x1b[2J\x1b[10;10Hb", "ab"},
		"a title by OSC goes, ended by BEL":                   {"a\x1b]0;owned\x07b", "ab"},
		"a link by OSC goes, ended by ST":                     {"\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"},
		"an OSC that never ends takes its line and no more":   {"a\x1b]0;rest\nb", "a\nb"},
		"a DCS that never ends takes its line and no more":    {"a\x1bPq;rest\nb", "a\nb"},
		"PM and APC go":                                       {"a\x1b^x\x1b\\b\x1b_y\x1b\\c", "abc"},
		"C1 in UTF-8 starts a sequence as a terminal would":   {"a\u009b31mb\u009d0;t\u009cc", "abc"},
		"a raw C1 byte is no UTF-8":                           {"a\x9bb", "a\ufffdb"},
		"a broken character does not swallow an escape":       {"a\xe2\x1b[31mb", "a\ufffdb"},
		"a lone carriage return overwrites nothing":           {"rm -rf\rls", "rm -rf\nls"},
		"a line end of two characters is one":                 {"a\r\nb", "a\nb"},
		"backspace, bell and delete go":                       {"ab\b\a\x7fc", "abc"},
		"a tab is a space":                                    {"a\tb", "a b"},
		"bidi controls go":                                    {"a\u202egnp.exe\u2066b\u200f", "agnp.exeb"},
		"zero-width characters go":                            {"pass\u200bw\u200dor\ufeffd\u2060", "password"},
		"hidden tags go":                                      {"a\U000E0041\U000E0042b", "ab"},
		"fillers and variation selectors go":                  {"a\u3164\u115f\ufe0f\U000E0101b", "ab"},
		"odd spaces are spaces":                               {"a\u00a0b\u3000c", "a b c"},
		"line separators are new lines":                       {"a\u2028b\u2029c", "a\nb\nc"},
		"an accent stays, a tower of them does not":           {"e\u0301 " + "z" + strings.Repeat("\u0300", 50), "e\u0301 z\u0300\u0300\u0300"},
		"an emoji of several characters is shown in parts":    {"👩\u200d🚀 👍🏽 1\ufe0f\u20e3", "👩🚀 👍 1"},
		"a flag is shown as letters":                          {"🇩🇪", "DE"},
		"private characters are shown as unknown":             {"a\ue0b0b", "a\ufffdb"},
		"half a character at the end is shown as unknown":     {"a\xe2\x82", "a\ufffd\ufffd"},
		"half a sequence at the end is nothing":               {"a\x1b[3", "a"},
		"a sequence with a new line in it keeps the new line": {"a\x1b[3\n1mb", "a\n1mb"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, Clean(c.in))
		})
	}
}

func TestAStringThatNeverEndsCannotHideTheRestOfTheText(t *testing.T) {
	got := Clean("a\x1b]0;" + strings.Repeat("x", 2*maxSequence) + "b")
	assert.True(t, strings.HasPrefix(got, "ax"))
	assert.True(t, strings.HasSuffix(got, "b"))
}

func TestAnOverlongLineIsCutAndTheNextIsNot(t *testing.T) {
	c := Cleaner{MaxLine: 5}
	assert.Equal(t, "1234…\nnext", c.Clean("12345")+c.Clean("6789\nnext"))
}

func TestAFloodEndsAtTheLimit(t *testing.T) {
	c := Cleaner{MaxBytes: 10}
	assert.Equal(t, "1234567", c.Clean("1234567"))
	assert.False(t, c.Full())
	assert.Equal(t, "890", c.Clean("890abcdef"))
	assert.True(t, c.Full())
	assert.Empty(t, c.Clean("more"))
}

func TestLineIsOneLineOfLimitedWidth(t *testing.T) {
	assert.Equal(t, "a b c", Line("  a\r\n\tb \x1b[31m c\n", 0))
	assert.Equal(t, "etcds…", Line("etcdserver: no leader", 6))
	assert.Equal(t, "日…", Line("日本語", 4), "wide characters count two cells")
	assert.Empty(t, Line("\x1b]0;all of it hidden", 10))
}

// harmful says what of s must never reach a screen.
func harmful(s string) string {
	if !utf8.ValidString(s) {
		return "invalid UTF-8"
	}
	for _, r := range s {
		switch {
		case r == '\n':
		case unicode.IsControl(r):
			return "a control character"
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Bidi_Control, r):
			return "a format character"
		}
	}
	return ""
}

func TestShownAgreesWithClean(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == '\n' || r == '\t' || unicode.Is(unicode.Zs, r) || r >= 0xd800 && r < 0xe000 {
			continue
		}
		require.Equal(t, Clean(string(r)) == string(r), Shown(r), "%U", r)
		if Acts(r) {
			require.False(t, Shown(r), "%U", r)
		}
	}
}

func FuzzNothingHarmfulPassesHoweverTheTextIsCut(f *testing.F) {
	for _, s := range []string{
		"plain", "\x1b[31mred\x1b[0m", "\x1b]0;t\x07", "\x1bPq\x1b\\", "\u009b31m", "\xe2\x1b[31m", "a\r\nb\rc",
		"\x1b]8;;x\x1b\\y", "\xf0\x9f\xa6\x80", "\xf0\x9f\x1b]", "\u202e\u200b\ufeff", "\x1b\x1b\x1b[", "\x1b_\xff\x9c", "e\u0301\u0301\u0301\u0301",
	} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, s string, step uint8) {
		whole := Clean(s)
		require.Empty(t, harmful(whole), "%q gave %q", s, whole)
		require.Equal(t, whole, Clean(whole), "clean text stays as it is")

		var c Cleaner
		var out strings.Builder
		for rest := s; len(rest) > 0; {
			n := min(len(rest), 1+int(step)%7)
			piece := c.Clean(rest[:n])
			require.Empty(t, harmful(piece))
			out.WriteString(piece)
			rest = rest[n:]
		}
		out.WriteString(c.Flush())
		require.Equal(t, whole, out.String(), "the same however it is cut")

		line := Line(s, 40)
		require.Empty(t, harmful(line))
		require.NotContains(t, line, "\n")
	})
}
