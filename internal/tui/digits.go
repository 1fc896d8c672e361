package tui

import "strings"

// glyphs are figures for the last row of the hall, five rows high.
var glyphs = map[rune][5]string{
	'0': {"██████", "██  ██", "██  ██", "██  ██", "██████"},
	'1': {"  ██  ", "████  ", "  ██  ", "  ██  ", "██████"},
	'2': {"██████", "    ██", "██████", "██    ", "██████"},
	'3': {"██████", "    ██", " █████", "    ██", "██████"},
	'4': {"██  ██", "██  ██", "██████", "    ██", "    ██"},
	'5': {"██████", "██    ", "██████", "    ██", "██████"},
	'6': {"██████", "██    ", "██████", "██  ██", "██████"},
	'7': {"██████", "    ██", "   ██ ", "  ██  ", "  ██  "},
	'8': {"██████", "██  ██", "██████", "██  ██", "██████"},
	'9': {"██████", "██  ██", "██████", "    ██", "██████"},
	'.': {"  ", "  ", "  ", "  ", "██"},
	' ': {"   ", "   ", "   ", "   ", "   "},
	'S': {"██████", "██    ", "██████", "    ██", "██████"},
	'L': {"██    ", "██    ", "██    ", "██    ", "██████"},
	'O': {"██████", "██  ██", "██  ██", "██  ██", "██████"},
	'T': {"██████", "  ██  ", "  ██  ", "  ██  ", "  ██  "},
}

// bigRows is the height of big text.
const bigRows = 5

// big draws text in large figures; what has no glyph is left out.
func big(text string) []string {
	rows := make([]string, bigRows)
	for _, r := range text {
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
