package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// largeMap are the sizes that all blocks of a large map share.
type largeMap struct {
	left, right int // columns beside the blocks
	cell, block int // width of a column of the map, and of the block in it
	rows        int // height of a block
}

const (
	mostCell  = 25 // a wider column is no better
	leastRows = 2
	mostRows  = 24
	mostName  = 18

	narrowBlock = 3 // from this width on a sign has the block around it

	leastNotes = 2 // the news, and one line of the legend
)

// large draws each replica as a block. It fits where a block has two rows at
// least, and its column holds the region's number.
func (p regionMap) large(w, h int) (mapSketch, bool) {
	if p.regions == 0 || len(p.nodes) == 0 {
		return mapSketch{}, false
	}
	g, fits := p.largeSizes(w)
	if !fits {
		return mapSketch{}, false
	}
	// What is said below the blocks changes all the time. Their size must not: it
	// leaves as much room as is always wanted, and the rest is cut.
	const numbers, air = 1, 1
	n := len(p.nodes)
	room := h - numbers - air - leastNotes
	if g.rows = min((room-(n-1)*air)/n, mostRows, g.block+2); g.rows < leastRows {
		return mapSketch{}, false
	}
	lines := []mapLine{{text: p.numbers(g)}}
	for i := range p.nodes {
		if i > 0 {
			lines = append(lines, mapLine{})
		}
		lines = append(lines, p.largeNode(i, g)...)
	}
	lines = append(lines, mapLine{})
	moved := p.paint(movedCell, blockRow(movedCell, min(g.block, narrowBlock), true), true)
	return mapSketch{lines, flow(append(p.legend(true), p.members...), w, "   "), h - len(lines), moved}, true
}

// largeSizes shares a row of w cells out. What may come later has its room before,
// so that no block moves when it does: the longest state, or where that is too
// much the beginning of it, and as many digits of leaders as there are regions.
func (p regionMap) largeSizes(w int) (largeMap, bool) {
	name, digits := leastName, len(fmt.Sprint(p.regions))
	for _, n := range p.nodes {
		name = max(name, min(ansi.StringWidth(n.name), mostName))
	}
	g := largeMap{right: len("  ") + max(digits+p.wordWidth(), len("v ")+widestBeat)}
	for _, state := range []int{widestState, leastState} {
		g.left = len("x ") + max(name, state) + len("  ")
		g.cell = min((w-g.left-g.right)/p.regions, mostCell)
		if g.cell > 2 {
			break
		}
	}
	g.block = g.cell - 1
	if g.cell > 5 {
		g.block--
	}
	return g, g.cell > digits
}

// numbers is the line above the blocks.
func (p regionMap) numbers(g largeMap) string {
	line := ended("  "+p.tongue.Say("region"), g.left)
	for i := range p.regions {
		line += centred(fmt.Sprint(i+1), g.block) + strings.Repeat(" ", g.cell-g.block)
	}
	return p.styles.Dim.Render(strings.TrimRight(line, " "))
}

func centred(s string, w int) string {
	before := max(0, (w-ansi.StringWidth(s))/2)
	return ended(strings.Repeat(" ", before)+s, w)
}

// largeNode is a node's rows: beside the blocks its name and state, and what it
// leads and its heartbeat.
func (p regionMap) largeNode(i int, g largeMap) []mapLine {
	n := p.nodes[i]
	lines := make([]mapLine, g.rows)
	for row := range lines {
		blocks := p.blocks(n.cells, g, row == (g.rows-1)/2)
		switch row {
		case 0:
			name := p.styles.Strong.Render(column(n.name, g.left-len("x ")-len("  ")))
			lines[row].text = n.sign + " " + name + "  " + blocks + " " + p.leads(n, 1)
		case 1:
			state := n.stateLook.Render(ended(n.state, g.left-len("x ")-len("  ")))
			lines[row] = mapLine{"  " + state + "  " + blocks, i + 1}
		default:
			lines[row].text = strings.TrimRight(strings.Repeat(" ", g.left)+blocks, " ")
		}
	}
	return lines
}

// blocks is one row of a node's blocks; the middle one carries the signs.
func (p regionMap) blocks(cells []mapCell, g largeMap, middle bool) string {
	var b strings.Builder
	gap := strings.Repeat(" ", g.cell-g.block)
	for _, c := range cells {
		b.WriteString(p.paint(c, blockRow(c, g.block, middle), true))
		b.WriteString(gap)
	}
	return b.String()
}

// blockRow is one row of one block.
func blockRow(c mapCell, w int, middle bool) string {
	look := cellLooks[c]
	if c == movedCell && w < narrowBlock {
		return strings.Repeat("▓", w)
	}
	if !middle || look.mark == "" {
		return strings.Repeat(look.fill, w)
	}
	before := (w - 1) / 2
	return strings.Repeat(look.fill, before) + look.mark + strings.Repeat(look.fill, w-1-before)
}
