package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// glyphs are figures and letters for the last row of the audience, five rows high.
var glyphs = map[rune][5]string{
	'0':  {"██████", "██  ██", "██  ██", "██  ██", "██████"},
	'1':  {"  ██  ", "████  ", "  ██  ", "  ██  ", "██████"},
	'2':  {"██████", "    ██", "██████", "██    ", "██████"},
	'3':  {"██████", "    ██", " █████", "    ██", "██████"},
	'4':  {"██  ██", "██  ██", "██████", "    ██", "    ██"},
	'5':  {"██████", "██    ", "██████", "    ██", "██████"},
	'6':  {"██████", "██    ", "██████", "██  ██", "██████"},
	'7':  {"██████", "    ██", "   ██ ", "  ██  ", "  ██  "},
	'8':  {"██████", "██  ██", "██████", "██  ██", "██████"},
	'9':  {"██████", "██  ██", "██████", "    ██", "██████"},
	'.':  {"  ", "  ", "  ", "  ", "██"},
	' ':  {"   ", "   ", "   ", "   ", "   "},
	'-':  {"     ", "     ", "█████", "     ", "     "},
	'/':  {"    ██", "   ██ ", "  ██  ", " ██   ", "██    "},
	':':  {"  ", "██", "  ", "██", "  "},
	'!':  {"██", "██", "██", "  ", "██"},
	',':  {"  ", "  ", "  ", " █", "█ "},
	'\'': {"██", " █", "  ", "  ", "  "},
	'?':  {"██████", "    ██", "  ████", "      ", "  ██  "},
	'A':  {"██████", "██  ██", "██████", "██  ██", "██  ██"},
	'B':  {"█████ ", "██  ██", "█████ ", "██  ██", "█████ "},
	'C':  {"██████", "██    ", "██    ", "██    ", "██████"},
	'D':  {"█████ ", "██  ██", "██  ██", "██  ██", "█████ "},
	'E':  {"██████", "██    ", "█████ ", "██    ", "██████"},
	'F':  {"██████", "██    ", "█████ ", "██    ", "██    "},
	'G':  {"██████", "██    ", "██ ███", "██  ██", "██████"},
	'H':  {"██  ██", "██  ██", "██████", "██  ██", "██  ██"},
	'I':  {"██", "██", "██", "██", "██"},
	'J':  {"    ██", "    ██", "    ██", "██  ██", "██████"},
	'K':  {"██  ██", "██ ██ ", "████  ", "██ ██ ", "██  ██"},
	'M':  {"██   ██", "███ ███", "██ █ ██", "██   ██", "██   ██"},
	'N':  {"██   ██", "███  ██", "██ █ ██", "██  ███", "██   ██"},
	'P':  {"██████", "██  ██", "██████", "██    ", "██    "},
	'Q':  {"██████", "██  ██", "██  ██", "██ ███", "███████"},
	'R':  {"██████", "██  ██", "█████ ", "██ ██ ", "██  ██"},
	'U':  {"██  ██", "██  ██", "██  ██", "██  ██", "██████"},
	'V':  {"██  ██", "██  ██", "██  ██", " ████ ", "  ██  "},
	'W':  {"██   ██", "██   ██", "██ █ ██", "███ ███", "██   ██"},
	'X':  {"██  ██", " ████ ", "  ██  ", " ████ ", "██  ██"},
	'Y':  {"██  ██", "██  ██", "██████", "  ██  ", "  ██  "},
	'Z':  {"██████", "   ██ ", "  ██  ", " ██   ", "██████"},
	'S':  {"██████", "██    ", "██████", "    ██", "██████"},
	'L':  {"██    ", "██    ", "██    ", "██    ", "██████"},
	'O':  {"██████", "██  ██", "██  ██", "██  ██", "██████"},
	'T':  {"██████", "  ██  ", "  ██  ", "  ██  ", "  ██  "},
}

// bigRows is the height of big text.
const bigRows = 5

// largestScale is how many times its smallest size a figure may have.
const largestScale = 5

// bigWidth is the width of big text.
func bigWidth(text string) int { return utf8.RuneCountInString(big(text)[0]) }

// drawable says whether every letter of a text has a large form.
func drawable(text string) bool {
	return !strings.ContainsFunc(strings.ToUpper(text), func(r rune) bool { _, ok := glyphs[r]; return !ok })
}

// big draws text in large figures; what has no glyph is left out.
func big(text string) []string {
	rows := make([]string, bigRows)
	for _, r := range strings.ToUpper(text) {
		g, ok := glyphs[r]
		if !ok {
			continue
		}
		for i := range rows {
			rows[i] += g[i] + " "
		}
	}
	for i := range rows {
		rows[i] = strings.TrimSuffix(rows[i], " ")
	}
	return rows
}

// scaled draws text n times as large as big does.
func scaled(text string, n int) []string {
	var rows []string
	for _, row := range big(text) {
		var wide strings.Builder
		for _, r := range row {
			wide.WriteString(strings.Repeat(string(r), n))
		}
		for range n {
			rows = append(rows, wide.String())
		}
	}
	return rows
}

// scaleFor gives how large text may be drawn in a room, 0 where it does not fit.
func scaleFor(text string, r rect) int {
	if !drawable(text) {
		return 0
	}
	return max(0, min(largestScale, r.H/bigRows, r.W/max(1, bigWidth(text))))
}

// figure draws text as large as it fits into a room, and as a plain line where
// not even the smallest figures do.
func (m Model) figure(text string, r rect, look styles.Look) []string {
	n := scaleFor(text, r)
	if n == 0 {
		return []string{look.Render(text)}
	}
	var lines []string
	for _, row := range scaled(text, n) {
		lines = append(lines, look.Render(row))
	}
	return lines
}
