package tui

import (
	"maps"
	"os"
	"slices"
)

// pen draws dots finer than a cell.
type pen struct {
	x, y   int // dots in a cell
	mid    int // the dot, from below, in which a value in the middle of a row stands
	glyphs []rune
	bars   []rune // from an eighth to full
	shade  rune   // a cell of the fault's time where there are no colours
	rule   rune   // a vertical
	cursor rune   // the vertical that points at a moment
}

// braille has dots of 2 × 4 a cell. They are fine, and some fonts lack them. Bit
// y*2+x of an index is the dot x from the left and y from the top.
var braille = pen{x: 2, y: 4, mid: 2, glyphs: brailleGlyphs(), bars: []rune("▁▂▃▄▅▆▇█"), shade: '░', rule: '┆', cursor: '┃'}

// quadrant has dots of 2 × 2 a cell. They are heavy: a line of them is seen from
// the last row of a room, and every usual font has them.
var quadrant = pen{x: 2, y: 2, mid: 1, glyphs: []rune(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"), bars: []rune("▁▂▃▄▅▆▇█"), shade: '░', rule: '┆', cursor: '┃'}

// block is for fonts without Braille, such as the console's.
var block = pen{x: 1, y: 2, mid: 1, glyphs: []rune(" ▀▄█"), bars: []rune("▄▄▄▄████"), shade: '░', rule: '│', cursor: '█'}

// typed has nothing beyond ASCII.
var typed = pen{x: 1, y: 2, mid: 1, glyphs: []rune(" '.:"), bars: []rune("....####"), shade: ':', rule: '|', cursor: '#'}

func brailleGlyphs() []rune {
	bits := [8]rune{0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80}
	glyphs := make([]rune, 256)
	for i := range glyphs {
		glyphs[i] = 0x2800
		for b, dot := range bits {
			if i>>b&1 == 1 {
				glyphs[i] |= dot
			}
		}
	}
	glyphs[0] = ' '
	return glyphs
}

// charts are the pens that TIKV_DEMO_CHART may name.
var charts = map[string]pen{"quadrant": quadrant, "braille": braille, "block": block, "ascii": typed}

// Charts gives the names of the pens that charts can be drawn with.
func Charts() []string { return slices.Sorted(maps.Keys(charts)) }

// penFor gives the pen that is asked for with TIKV_DEMO_CHART, or the best one that the
// terminal surely has glyphs for.
func penFor(wanted, term string) pen {
	if p, known := charts[wanted]; known {
		return p
	}
	if term == "linux" {
		return block
	}
	return quadrant
}

func penOfTerminal() pen { return penFor(os.Getenv("TIKV_DEMO_CHART"), os.Getenv("TERM")) }
