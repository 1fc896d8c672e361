package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// columns are the widths that the rows of a cluster in counts share.
type columns struct {
	name, state, bar, leaders, peers int
	most                             int // leaders of the node that has most
}

const (
	leastName   = 6
	leastBar    = 3
	mostBar     = 40
	widestState = len("Disconnected")
	widestBeat  = len("123 s")
)

// crowd is the cluster in counts, one row a node, the leaders as a bar. Where
// there are more nodes than rows, those with something wrong come first.
func (p regionMap) crowd(w, h int) mapSketch {
	lines := p.memberLines(w)
	c := p.crowdWidths(w)
	room := max(0, h-len(lines))
	if len(p.nodes) <= room {
		for i := range p.nodes {
			lines = append(lines, mapLine{p.crowdRow(p.nodes[i], c), i + 1})
		}
		return mapSketch{lines: lines, room: h - len(lines), moved: p.movedSign()}
	}
	first, rest := p.sickFirst(max(0, room-1))
	for _, i := range first {
		lines = append(lines, mapLine{p.crowdRow(p.nodes[i], c), i + 1})
	}
	return mapSketch{lines: append(lines, mapLine{text: fitWidth(p.styles.Dim.Render(rest), w)})}
}

// sickFirst gives as many nodes as there is room for, and a word on the others.
func (p regionMap) sickFirst(room int) (first []int, word string) {
	var well []int
	for i, n := range p.nodes {
		if n.sick {
			first = append(first, i)
		} else {
			well = append(well, i)
		}
	}
	all := slices.Concat(first, well)
	sick, leaders := 0, 0
	for _, i := range all[room:] {
		leaders += p.nodes[i].leaders
		if p.nodes[i].sick {
			sick++
		}
	}
	word = p.tongue.Say("… and %d more, %d lead", len(all)-room, leaders)
	if sick > 0 {
		word += p.tongue.Say(", %d of them not Up", sick)
	}
	return all[:room], word
}

// crowdWidths shares a row of w cells out. Where it is too narrow the bar gives
// way first, then the number of regions, and then the names are shortened.
func (p regionMap) crowdWidths(w int) columns {
	c := columns{most: 1, leaders: 2}
	for _, n := range p.nodes {
		c.name = max(c.name, ansi.StringWidth(n.name))
		c.state = max(c.state, min(ansi.StringWidth(n.state), widestState))
		c.most = max(c.most, n.leaders)
		c.peers = max(c.peers, len(fmt.Sprint(n.peers)))
	}
	c.leaders = max(c.leaders, len(fmt.Sprint(c.most)))
	if w < 40 {
		c.peers = 0
	}
	if c.bar = min(w-c.width()-1, mostBar); c.bar < leastBar {
		c.bar = 0
	}
	if c.width() > w {
		c.peers = 0
	}
	if over := c.width() - w; over > 0 {
		c.name = max(min(c.name, leastName), c.name-over)
	}
	return c
}

func (c columns) width() int {
	w := len("o ") + c.name + len(" ") + c.state + len(" ") + c.leaders + len(" v ") + widestBeat
	if c.bar > 0 {
		w += len(" ") + c.bar
	}
	if c.peers > 0 {
		w += len("/") + c.peers
	}
	return w
}

func (p regionMap) crowdRow(n mapNode, c columns) string {
	line := n.sign + p.styles.Strong.Render(" "+column(n.name, c.name)+" ") + n.stateLook.Render(column(n.state, c.state))
	if c.bar > 0 {
		filled := n.leaders * c.bar / c.most
		line += " " + p.styles.Accent.Render(strings.Repeat("━", filled)) + p.styles.Dim.Render(strings.Repeat("·", c.bar-filled))
	}
	line += fmt.Sprintf(" %*d", c.leaders, n.leaders)
	if c.peers > 0 {
		line += p.styles.Dim.Render(fmt.Sprintf("/%-*d", c.peers, n.peers))
	}
	return line
}
