package markdown

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// wide is a width at which no line is wrapped.
const wide = 1 << 20

// number is the marker of an ordered list. A number is shown, but not the one in
// the source if that does not count up.
var number = regexp.MustCompile(`^[\s>]*(?:[-+*]\s+)*\d+[.)]`)

// missing reports words of the source that are not shown: unused link definitions,
// table cells without a column, and whatever else the parser leaves out. Taken
// words are shown. Of the others, those that appear neither on the screen nor in
// markup are missing.
func (b *builder) missing(d Doc, markup string) {
	drawn := letters(ansi.Strip(strings.Join(Rows(d.Blocks(wide)), " ")) + markup)
	start := 0
	for i, line := range strings.Split(string(b.source), "\n") {
		skip := len(number.FindString(line))
		for _, w := range words(line, skip) {
			if !b.shown[start+w.at] && !strings.Contains(drawn, letters(w.text)) {
				b.problem(i+1, "%q is not shown: it stands where Markdown shows nothing", w.text)
				break // one for each line
			}
		}
		start += len(line) + 1
	}
}

type word struct {
	at   int
	text string
}

// words returns the runs of letters and digits of a line, from an offset on.
func words(line string, from int) []word {
	var out []word
	begin := -1
	for i := from; i <= len(line); {
		r, n := utf8.RuneError, 1
		if i < len(line) {
			r, n = utf8.DecodeRuneInString(line[i:])
		}
		if in := i < len(line) && isLetter(r); in && begin < 0 {
			begin = i
		} else if !in && begin >= 0 {
			out = append(out, word{begin, line[begin:i]})
			begin = -1
		}
		i += n
	}
	return out
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// letters returns only the letters and digits of s.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if isLetter(r) {
			return r
		}
		return -1
	}, s)
}
