package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// mapSketch is a map as it was drawn for a size, without what changes by itself:
// the ages. They are put in for each frame.
type mapSketch struct {
	lines []mapLine
	notes []string // what stands below, after the news
	room  int      // rows for both
	moved string   // the sign of a leader that has just moved, as it is on this map
}

// mapLine is one line of a sketch.
type mapLine struct {
	text string
	beat int // the age of this node's heartbeat ends the line; counted from 1, 0 for none
}

// keptMap is the map as it was last sketched. Most frames change nothing in it but
// ages: with 100 nodes, to look at all of them and to draw it took more than half
// of the processor's time of a frame.
type keptMap struct {
	key    mapKey
	p      regionMap
	sketch mapSketch
}

// mapKey is all that a sketch depends on. What the state holds is never written to
// again, so the same place means the same contents.
type mapKey struct {
	size                        rect
	nodes                       *demo.Node
	regions                     *demo.Region
	signals                     *demo.SignalPoint
	count                       [4]int
	seen, mapped                time.Time
	snapshotError, regionsError string
}

func (m Model) mapKey(r rect) mapKey {
	s := m.state
	k := mapKey{
		size: r, count: [4]int{len(s.Snapshot.Nodes), len(s.Regions.Shown), s.Regions.Total, len(s.Signals)},
		seen: s.Snapshot.LastUpdated, mapped: s.Regions.LastUpdated, snapshotError: s.Snapshot.Error, regionsError: s.Regions.Error,
	}
	if len(s.Snapshot.Nodes) > 0 {
		k.nodes = &s.Snapshot.Nodes[0]
	}
	if len(s.Regions.Shown) > 0 {
		k.regions = &s.Regions.Shown[0]
	}
	if n := len(s.Signals); n > 0 {
		k.signals = &s.Signals[n-1]
	}
	return k
}

// mapView is the cluster: where the regions are, and how each node is.
func (m Model) mapView(r rect) string {
	kept, key := m.kept, m.mapKey(r)
	if kept.key != key || !kept.p.holds(m.now) {
		p := m.regionMap()
		*kept = keptMap{key, p, p.sketch(r.W, r.H)}
	}
	p := kept.p
	p.now = m.now
	return strings.Join(p.finished(kept.sketch, r.W, r.H), "\n")
}

// View draws the map in a rectangle of w by h cells.
func (p regionMap) View(w, h int) string { return strings.Join(p.lines(w, h), "\n") }

// lines draws the map: at most h lines of at most w cells.
func (p regionMap) lines(w, h int) []string { return p.finished(p.sketch(w, h), w, h) }

// sketch draws what the ages do not change.
func (p regionMap) sketch(w, h int) mapSketch {
	if h < 2 || w < 1 {
		return mapSketch{}
	}
	if p.empty != "" {
		return mapSketch{lines: []mapLine{{text: p.styles.Dim.Render(p.empty)}}}
	}
	if s, fits := p.large(w, h-1); fits {
		return s
	}
	if s, fits := p.small(w, h-1); fits {
		return s
	}
	return p.crowd(w, h-1)
}

// finished puts the ages into a sketch.
func (p regionMap) finished(s mapSketch, w, h int) []string {
	if h < 1 || w < 1 {
		return nil
	}
	lines := append(make([]string, 0, h), fitWidth(heading(p.styles, p.tongue.Say("Cluster"), p.headRemark(w), w), w))
	for _, l := range s.lines {
		if l.beat > 0 {
			l.text = fitWidth(l.text+p.styles.Dim.Render(" ♥ "+p.beat(l.beat-1)), w)
		}
		lines = append(lines, l.text)
	}
	if s.room > 0 {
		news := p.news(s.moved, w)
		if len(s.notes) > 0 { // without its legend nobody can read the map
			news = cutTo(news, max(0, s.room-1))
		}
		lines = append(lines, cutTo(append(news, s.notes...), s.room)...)
	}
	return cutTo(lines, h)
}

// ago is the time since a moment, in words.
func (t mapTimes) ago(at time.Time) string { return age(t.now.Sub(at)) }

// beat is the age of a node's heartbeat now, not at the last look.
func (p regionMap) beat(i int) string {
	b := p.nodes[i].beat
	if b < 0 {
		return "–"
	}
	return age(b + max(0, p.now.Sub(p.seen)))
}

// freshness says how old the picture is: old data is never shown as new.
func (p regionMap) freshness() string {
	switch {
	case p.seen.IsZero():
		return ""
	case p.silent != "":
		return p.tongue.Say("%s silent for %s", p.silent, p.ago(p.seen))
	}
	return p.tongue.Say("%s ago", p.ago(p.seen))
}

// headRemark says how many regions there are, and how old the picture is.
func (p regionMap) headRemark(w int) string {
	remark := p.freshness()
	if p.total == 0 || w < 44 {
		return remark
	}
	return strings.TrimSuffix(p.tongue.Count(p.total, "%d region", "%d regions")+" · "+remark, " · ")
}

// movedSign is the sign of a leader that has just moved, where there are no blocks.
func (p regionMap) movedSign() string { return p.paint(movedCell, cellLooks[movedCell].small, false) }

// news are what has just happened to the map: that it is old, and who has moved.
func (p regionMap) news(moved string, w int) []string {
	var lines []string
	if p.why != "" {
		lines = append(lines, fitWidth(p.styles.Warn.Render(p.tongue.Say("regions as they were %s ago: %s", p.ago(p.mapped), p.why)), w))
	}
	if p.hops != "" {
		said := p.hops
		if ago := ", " + p.tongue.Say("%s ago", p.ago(p.hopped)); ansi.StringWidth(moved+" "+said+ago) <= w {
			said += ago
		}
		lines = append(lines, fitWidth(moved+" "+p.styles.Text.Render(said), w))
	}
	return lines
}
