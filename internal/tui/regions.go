package tui

import (
	"fmt"
	"slices"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// hopShown is how long a leader counts as one that has just moved.
const hopShown = 10 * time.Second

// mapCell is one replica on the map: a region on a node.
type mapCell int

// The cells. What a cell says is the control plane's word, but for a node that
// the monitor finds silent: there, a leader is lost and a replica out of reach.
const (
	noReplica mapCell = iota
	leaderCell
	movedCell // a leader that has just moved here
	lostCell  // a leader out of reach: nobody else leads yet, as far as the control plane knows
	followerCell
	behindCell // a replica that has yet to catch up
	awayCell   // a replica out of reach
	cellKinds
)

// cellLooks are the signs of the cells. Each has its own, in every colour.
var cellLooks = [cellKinds]struct {
	small, fill, mark string // on a small map; what a block is filled with, and what stands in its middle
	word              string
}{
	noReplica:    {" ", " ", "", ""},
	leaderCell:   {"●", "█", "", words.Later("leader")},
	movedCell:    {"◉", "█", "◉", ""},
	lostCell:     {"✗", " ", "✗", words.Later("leader lost")},
	followerCell: {"○", "░", "", words.Later("follower")},
	behindCell:   {"◌", "┄", "", words.Later("behind")},
	awayCell:     {"·", " ", "·", words.Later("out of reach")},
}

// regionMap is the pane that shows where the regions are: which node leads each
// of them, and where its other replicas are. It is also the pane of the nodes,
// with the state and the heartbeat of each. Make one with Model.regionMap, and
// draw it with View: large blocks where there is room for them, one row
// a node where there is little, counts where there are too many regions.
type regionMap struct {
	styles  styles.Styles
	tongue  words.Tongue
	nodes   []mapNode
	members []string // the control plane's nodes, drawn
	regions int      // columns of the map; 0: nothing but counts is known
	total   int      // regions of the cluster
	hops    string   // which leaders have just moved
	empty   string   // what is said instead of a map
	mapTimes
}

// mapTimes are the times of which the map tells the age. They are all that
// changes on it from one frame to the next, as long as nothing happens.
type mapTimes struct {
	now    time.Time
	seen   time.Time // when the control plane last answered
	silent string    // what the control plane is called while it does not answer
	hopped time.Time // when the last leader moved
	mapped time.Time // when the regions were seen
	why    string    // why they are older than the rest, where they are
	from   time.Time // the replicas are those of any moment from here on
	until  time.Time // and before this one, when a leader has moved long enough ago
}

// mapNode is one node that holds data.
type mapNode struct {
	name, state    string
	sign           string // drawn
	stateLook      styles.Look
	beat           time.Duration // age of its heartbeat when it was seen; negative: none came yet
	cells          []mapCell     // by region; nil where only counts are known
	leaders, peers int
	dark           bool // the monitor finds it silent, or the control plane has given it up
	sick           bool // anything is wrong with it
}

// regionMap takes from the state what the map shows.
func (m Model) regionMap() regionMap {
	s := m.state
	p := regionMap{styles: m.styles, tongue: m.tongue, total: s.Regions.Total, mapTimes: mapTimes{now: m.now, seen: s.Snapshot.LastUpdated}}
	if s.Snapshot.Error != "" {
		p.silent = m.controlName()
	}
	if len(s.Snapshot.Nodes) == 0 {
		p.empty = m.say("nobody has looked yet")
	}
	at := map[string]int{}
	for _, n := range s.Snapshot.Nodes {
		if n.Role == demo.RoleControl {
			p.members = append(p.members, m.memberLine(n))
			continue
		}
		at[n.Name] = len(p.nodes)
		p.nodes = append(p.nodes, m.mapNode(n))
	}
	if s.Regions.Whole() && s.Regions.Total > 0 {
		p.regions = s.Regions.Total
		m.fill(&p, at)
	}
	if s.Regions.Error != "" && s.Snapshot.Error == "" {
		p.mapped, p.why = s.Regions.LastUpdated, text.Line(s.Regions.Error, 200)
	}
	return p
}

func (m Model) mapNode(n demo.Node) mapNode {
	silent := m.silent(n)
	d := mapNode{name: text.Line(n.Name, 0), state: text.Line(n.State, 0), beat: beat(n), leaders: n.Leaders, peers: n.Regions}
	d.sign, d.stateLook = m.condition(n)
	d.dark = silent || n.Health == demo.HealthDown
	d.sick = d.dark || n.Health != demo.HealthUp
	if silent && n.Health == demo.HealthUp {
		d.state += "!" // the control plane does not know yet
	}
	return d
}

// fill puts the replicas on the map, and counts the leaders by what is on it.
func (m Model) fill(p *regionMap, at map[string]int) {
	regions := m.state.Regions.Shown
	for i := range p.nodes {
		p.nodes[i].cells, p.nodes[i].leaders, p.nodes[i].peers = make([]mapCell, len(regions)), 0, 0
	}
	var moved []demo.Region
	for column, r := range regions {
		fresh := p.fresh(r)
		for _, name := range r.Peers {
			i, known := at[name]
			if !known {
				continue
			}
			d := &p.nodes[i]
			d.peers++
			d.cells[column] = replica(r, name, d.dark, fresh)
			if name == r.Leader {
				d.leaders++
			}
		}
		if fresh {
			moved = append(moved, r)
		}
	}
	p.hops, p.hopped = m.hops(moved)
}

// fresh says whether a leader has just moved, and keeps how long that answer holds.
func (t *mapTimes) fresh(r demo.Region) bool {
	if r.MovedAt.IsZero() {
		return false
	}
	until := r.MovedAt.Add(hopShown)
	if !t.now.Before(until) {
		if until.After(t.from) {
			t.from = until
		}
		return false
	}
	if t.until.IsZero() || until.Before(t.until) {
		t.until = until
	}
	return true
}

// holds says whether the same replicas are shown at another moment.
func (t *mapTimes) holds(now time.Time) bool {
	return !now.Before(t.from) && (t.until.IsZero() || now.Before(t.until))
}

// hops says which leaders have just moved, from where or to where, and when the
// last one did.
func (m Model) hops(moved []demo.Region) (which string, when time.Time) {
	if len(moved) == 0 {
		return "", time.Time{}
	}
	first, latest := moved[0], moved[0].MovedAt
	sameFrom, sameTo := true, true
	for _, r := range moved {
		sameFrom = sameFrom && r.MovedFrom == first.MovedFrom
		sameTo = sameTo && r.Leader == first.Leader
		if r.MovedAt.After(latest) {
			latest = r.MovedAt
		}
	}
	where := ""
	switch {
	case sameFrom:
		where = m.say(" from %s", text.Line(first.MovedFrom, 40))
	case sameTo && first.Leader != "":
		where = m.say(" to %s", text.Line(first.Leader, 40))
	}
	return m.count(len(moved), "%d leader moved", "%d leaders moved") + where, latest
}

// replica says what a region is on one of its nodes.
func replica(r demo.Region, node string, dark, fresh bool) mapCell {
	leads := node == r.Leader
	switch {
	case leads && dark:
		return lostCell
	case dark || slices.Contains(r.Down, node):
		return awayCell
	case leads && fresh:
		return movedCell
	case leads:
		return leaderCell
	case slices.Contains(r.Pending, node):
		return behindCell
	}
	return followerCell
}

// look is the style of a cell: as a sign, and as a block.
func (p regionMap) look(c mapCell, block bool) styles.Look {
	switch c {
	case leaderCell:
		return p.styles.Accent
	case movedCell:
		return p.styles.Good
	case lostCell:
		if block {
			return p.styles.BadgeBad
		}
		return p.styles.Bad
	case behindCell:
		return p.styles.Warn
	}
	return p.styles.Dim
}

func (p regionMap) paint(c mapCell, text string, block bool) string {
	return p.look(c, block).Render(text)
}

// legend explains the cells that are on the map.
func (p regionMap) legend(block bool) (words []string) {
	on := [cellKinds]bool{leaderCell: true, followerCell: true}
	for _, n := range p.nodes {
		for _, c := range n.cells {
			on[c] = true
		}
	}
	for c := leaderCell; c < cellKinds; c++ {
		if !on[c] || c == movedCell { // what has moved is told above
			continue
		}
		sign := cellLooks[c].small
		if block {
			sign = blockRow(c, legendBlock(c), true)
		}
		words = append(words, p.paint(c, sign, block)+p.styles.Dim.Render(" "+p.tongue.Word(cellLooks[c].word)))
	}
	return words
}

// legendBlock is the width of a block in the legend: with a sign it has a middle.
func legendBlock(c mapCell) int {
	if cellLooks[c].mark != "" {
		return 3
	}
	return 2
}

// flow puts words into lines of at most w cells.
func flow(words []string, w int, gap string) (lines []string) {
	for _, word := range words {
		last := len(lines) - 1
		if last >= 0 && ansi.StringWidth(lines[last])+len(gap)+ansi.StringWidth(word) <= w {
			lines[last] += gap + word
			continue
		}
		lines = append(lines, fitWidth(word, w))
	}
	return lines
}

func fitWidth(line string, w int) string {
	if ansi.StringWidth(line) > w {
		return ansi.Truncate(line, w, "…")
	}
	return line
}

func cutTo(lines []string, h int) []string { return lines[:min(len(lines), h)] }

// leads is a node's count of leaders, in so many digits. Those of a node that is
// out of reach are lost, as long as the control plane gives them to it.
func (p regionMap) leads(n mapNode, digits int) string {
	figure := fmt.Sprintf("%*d", digits, n.leaders)
	if n.dark && n.leaders > 0 {
		return p.styles.Bad.Render(figure + " " + p.tongue.Word("lost"))
	}
	return p.styles.Text.Render(figure) + p.styles.Dim.Render(" "+p.tongue.Word("lead"))
}
