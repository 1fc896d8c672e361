package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// smallMap are the widths that the rows of a small map share.
type smallMap struct {
	name, state, leads int
	gap                int // between two cells
	word               int // width of "lead" after the count; 0: it is left out
	count, beat        bool
}

const (
	leastState = len("Discon…") - 2 // the sign takes three bytes and one cell
)

// wordWidth is the room for either word after a count, with the blank before it.
func (p regionMap) wordWidth() int {
	return 1 + max(ansi.StringWidth(p.tongue.Word("lead")), ansi.StringWidth(p.tongue.Word("lost")))
}

// small is one row a node: sign, name, state, cells, leaders and heartbeat. It
// fits where all rows do, and the cells of all regions.
func (p regionMap) small(w, h int) (mapSketch, bool) {
	if p.regions == 0 || len(p.members)+len(p.nodes) > h {
		return mapSketch{}, false
	}
	c, fits := p.smallWidths(w)
	if !fits {
		return mapSketch{}, false
	}
	lines := p.memberLines(w)
	for i := range p.nodes {
		lines = append(lines, p.smallRow(i, c))
	}
	return mapSketch{lines, flow(p.legend(false), w, "  "), h - len(lines), p.movedSign()}, true
}

// memberLines are the control plane's nodes, a line each.
func (p regionMap) memberLines(w int) []mapLine {
	lines := make([]mapLine, 0, len(p.members)+len(p.nodes))
	for _, l := range p.members {
		lines = append(lines, mapLine{text: fitWidth(l, w)})
	}
	return lines
}

// smallWidths shares a row of w cells out. Where it is too narrow the gaps give
// way first, then what else can be read off the map.
func (p regionMap) smallWidths(w int) (smallMap, bool) {
	c := smallMap{gap: 1, word: p.wordWidth(), count: true, beat: true}
	for _, n := range p.nodes {
		c.name = max(c.name, ansi.StringWidth(n.name))
		c.state = max(c.state, min(ansi.StringWidth(n.state), widestState))
		c.leads = max(c.leads, len(fmt.Sprint(n.leaders)))
	}
	wish := c.width(p.regions)
	for _, give := range []func(){
		func() { c.word = 0 },
		func() { c.gap = 0 },
		func() { c.state = min(c.state, leastState) },
		func() { c.count = false },
		func() { c.name = max(min(c.name, leastName), c.name-(c.width(p.regions)-w)) },
		func() { c.beat = false },
	} {
		if wish <= w {
			break
		}
		give()
		wish = c.width(p.regions)
	}
	return c, wish <= w
}

func (c smallMap) width(regions int) int {
	w := len("x ") + c.name + 1 + c.state + 1 + regions + (regions-1)*c.gap
	if c.count {
		w += 1 + c.leads
	}
	w += c.word
	if c.beat {
		w += len(" v ") + widestBeat
	}
	return w
}

func (p regionMap) smallRow(i int, c smallMap) mapLine {
	n := p.nodes[i]
	line := n.sign + p.styles.Strong.Render(" "+column(n.name, c.name)+" ") + n.stateLook.Render(ended(n.state, c.state)) + " " + p.smallCells(n.cells, c.gap)
	switch {
	case c.word > 0:
		line += " " + p.leads(n, c.leads)
	case c.count:
		line += p.styles.Text.Render(fmt.Sprintf(" %*d", c.leads, n.leaders))
	}
	if !c.beat {
		return mapLine{text: line}
	}
	return mapLine{line, i + 1}
}

// ended gives s in exactly w cells; what is too long loses its end.
func ended(s string, w int) string {
	if ansi.StringWidth(s) > w {
		s = ansi.Truncate(s, w, "…")
	}
	return s + strings.Repeat(" ", max(0, w-ansi.StringWidth(s)))
}

// smallCells draws cells as signs, equal neighbours at once.
func (p regionMap) smallCells(cells []mapCell, gap int) string {
	var b strings.Builder
	for from := 0; from < len(cells); {
		to := from
		for to < len(cells) && cells[to] == cells[from] {
			to++
		}
		run := strings.Repeat(cellLooks[cells[from]].small+strings.Repeat(" ", gap), to-from)
		if to == len(cells) {
			run = run[:len(run)-gap]
		}
		b.WriteString(p.paint(cells[from], run, false))
		from = to
	}
	return b.String()
}
