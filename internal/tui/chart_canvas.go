package tui

import (
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// look names a style of the chart.
type look uint8

const (
	lookBlank look = iota
	lookOps
	lookLatency
	lookErrors
	lookLevel
	lookAxis
	lookLabel
	lookMark
	lookWord
	looks // how many there are
)

// cell is one cell of the chart: a character, or dots of a line and of a level
// below it.
type cell struct {
	r           rune
	line, level uint8 // dots, as the pen numbers them
	look        look  // of the character, or of the line
	band        bool  // in the time of the fault
}

// canvas is a piece of the screen while it is drawn on.
type canvas struct {
	w, h  int
	pen   pen
	cells []cell
}

func newCanvas(w, h int, p pen) *canvas {
	return &canvas{w: w, h: h, pen: p, cells: make([]cell, max(0, w*h))}
}

// at gives a cell, nil outside of the canvas.
func (c *canvas) at(x, y int) *cell {
	if x < 0 || y < 0 || x >= c.w || y >= c.h {
		return nil
	}
	return &c.cells[y*c.w+x]
}

// write puts text on the canvas, over what is there.
func (c *canvas) write(x, y int, text string, l look) {
	for _, r := range text {
		c.put(x, y, r, l)
		x++
	}
}

// put is write for one character.
func (c *canvas) put(x, y int, r rune, l look) {
	if to := c.at(x, y); to != nil {
		to.r, to.look, to.line = r, l, 0
	}
}

// area is a part of the canvas in which dots are addressed from below.
type area struct {
	*canvas
	x, y, w, h int // cells
}

// dot sets one dot, counted from the lower left of the area.
func (a area) dot(x, y int, l look) {
	if x < 0 || y < 0 || x >= a.w*a.pen.x || y >= a.h*a.pen.y {
		return
	}
	to := a.at(a.x+x/a.pen.x, a.y+a.h-1-y/a.pen.y)
	bit := uint8(1) << ((a.pen.y-1-y%a.pen.y)*a.pen.x + x%a.pen.x)
	if l == lookLevel {
		to.level |= bit
		return
	}
	to.line |= bit
	to.look = l
}

// stroke joins two dots.
func (a area) stroke(x0, y0, x1, y1 int, l look) {
	n := max(abs(x1-x0), abs(y1-y0))
	if n == 0 {
		a.dot(x0, y0, l)
		return
	}
	for i := range n + 1 {
		a.dot(x0+divide((x1-x0)*i, n), y0+divide((y1-y0)*i, n), l)
	}
}

// divide rounds to the nearest.
func divide(a, n int) int {
	if a < 0 {
		return -divide(-a, n)
	}
	return (2*a + n) / (2 * n)
}

func abs(n int) int { return max(n, -n) }

// paint is what stands before and after text of one look.
type paint struct{ open, end string }

func paintOf(s styles.Look) paint {
	return paint{s.Open, s.End}
}

// palette is the paints of all looks, outside of the fault's time and in it.
type palette [2][looks]paint

// lines gives the canvas as text. A shade of 0 says that the paint shows the
// fault's time.
func (c *canvas) lines(p *palette, shade rune) []string {
	out := make([]string, c.h)
	var b strings.Builder
	for y := range c.h {
		b.Reset()
		open := paint{}
		for x := range c.w {
			r, l, band := c.cells[y*c.w+x].shown(&c.pen, shade)
			if now := p[band][l]; now != open {
				b.WriteString(open.end)
				b.WriteString(now.open)
				open = now
			}
			b.WriteRune(r)
		}
		b.WriteString(open.end)
		out[y] = b.String()
	}
	return out
}

// shown gives what a cell looks like: the line is above the verticals, and the
// level below both.
func (c cell) shown(p *pen, shade rune) (rune, look, int) {
	band := 0
	if c.band {
		band = 1
	}
	switch {
	case c.line != 0:
		return p.glyphs[c.line], c.look, band
	case c.r != 0:
		return c.r, c.look, band
	case c.level != 0:
		return p.glyphs[c.level], lookLevel, band
	case c.band && shade != 0:
		return shade, lookMark, band
	}
	return ' ', lookBlank, band
}
