package screentest

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Cells are what a terminal shows, as far as the program writes to it: text, moves of
// the cursor, and lines that are erased.
type Cells struct {
	rows [][]string
	x, y int
}

// NewCells gives the cells of an empty terminal.
func NewCells(width, height int) *Cells {
	c := &Cells{rows: make([][]string, height)}
	for y := range c.rows {
		c.rows[y] = make([]string, width)
	}
	return c
}

// Write takes what the terminal was sent.
func (c *Cells) Write(s string) {
	p := ansi.GetParser()
	defer ansi.PutParser(p)
	state := byte(0)
	for len(s) > 0 {
		seq, width, n, next := ansi.DecodeSequence(s, state, p)
		state, s = next, s[n:]
		switch {
		case width > 0:
			if c.y < len(c.rows) && c.x < len(c.rows[c.y]) {
				c.rows[c.y][c.x] = seq
				for i := c.x + 1; i < min(c.x+width, len(c.rows[c.y])); i++ {
					c.rows[c.y][i] = "\x00"
				}
			}
			c.x += width
		case seq == "\r":
			c.x = 0
		case seq == "\n":
			c.y = min(c.y+1, len(c.rows)-1)
		case ansi.HasCsiPrefix(seq):
			c.obey(p)
		}
	}
}

// obey follows one control sequence.
func (c *Cells) obey(p *ansi.Parser) {
	n, _ := p.Param(0, 1)
	switch p.Command() {
	case 'A':
		c.y = max(0, c.y-n)
	case 'B':
		c.y = min(len(c.rows)-1, c.y+n)
	case 'C':
		c.x += n
	case 'D':
		c.x = max(0, c.x-n)
	case 'H':
		column, _ := p.Param(1, 1)
		c.y, c.x = max(1, n)-1, max(1, column)-1
	case 'K':
		clear(c.rows[c.y][min(c.x, len(c.rows[c.y])):])
	case 'J':
		from := 0
		if below, _ := p.Param(0, 0); below == 0 {
			from = c.y
		}
		for y := range c.rows[from:] {
			clear(c.rows[from+y])
		}
	}
}

// Text gives what is shown, without blanks at the ends of lines.
func (c *Cells) Text() string {
	var b strings.Builder
	for _, row := range c.rows {
		line := ""
		for _, cell := range row {
			switch cell {
			case "":
				line += " "
			case "\x00":
			default:
				line += cell
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
