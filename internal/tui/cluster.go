package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// sideView is the right column: the cluster above, the workload below.
func (m Model) sideView(r rect) string {
	cluster := m.clusterLines(r.W)
	room := max(5, r.H-chartWants(r.H))
	if len(cluster) > room {
		hidden := len(cluster) - room + 1
		cluster = append(cluster[:room-1:room-1], m.styles.Dim.Render(fmt.Sprintf("… and %d more", hidden)))
	}
	rest := r.H - len(cluster) - 1
	if rest < chartLeast {
		return strings.Join(cluster, "\n")
	}
	return strings.Join(cluster, "\n") + "\n\n" + m.chartView(rect{r.W, rest})
}

// clusterLines is one line a node, under a heading.
func (m Model) clusterLines(w int) []string {
	s := m.state.Snapshot
	lines := []string{m.heading("Cluster", m.freshness(), w)}
	if len(s.Nodes) == 0 {
		return append(lines, m.styles.Dim.Render("nobody has looked yet"))
	}
	c := columnsOf(s.Nodes, w)
	for _, n := range s.Nodes {
		lines = append(lines, m.nodeLine(n, c))
	}
	return lines
}

// columns are the widths that all nodes share, and the most leaders of any.
type columns struct {
	name, state, bar, leaders int
	most                      int
	regions                   bool // the number of regions is shown too
}

const (
	leastName   = 6
	leastBar    = 3
	widestState = len("Disconnected")
	widestBeat  = len("123 s")
)

// columnsOf shares a row of w cells out. Where it is too narrow the bar gives
// way first, then the regions, and then the names are shortened.
func columnsOf(nodes []demo.Node, w int) columns {
	c := columns{most: 1, bar: 9, regions: w >= 40}
	if !c.regions {
		c.bar = 5
	}
	regions := 0
	for _, n := range nodes {
		c.name = max(c.name, ansi.StringWidth(text.Line(n.Name, 0)))
		c.most = max(c.most, n.Leaders)
		regions = max(regions, n.Regions)
		if n.Role == demo.RoleData {
			c.state = max(c.state, min(ansi.StringWidth(text.Line(n.State, 0)), widestState))
		}
	}
	c.leaders = max(2, len(fmt.Sprint(c.most)))
	over := func() int { return c.width(len(fmt.Sprint(regions))) - w }
	if over() > 0 {
		c.bar -= over()
		if c.bar < leastBar {
			c.bar = 0
		}
	}
	if over() > 0 {
		c.regions = false
	}
	if over() > 0 {
		c.name = max(min(c.name, leastName), c.name-over())
	}
	return c
}

// width is that of a row, with so many digits of regions.
func (c columns) width(digits int) int {
	w := len("o ") + c.name + len(" ") + c.state + len(" ") + c.leaders + len(" v ") + widestBeat
	if c.bar > 0 {
		w += len(" ") + c.bar
	}
	if c.regions {
		w += len("/") + digits
	}
	return w
}

// column gives s in exactly w cells. What is too long loses its middle: names
// of nodes differ at their beginning or at their end.
func column(s string, w int) string {
	s = text.Line(s, 0)
	if over := ansi.StringWidth(s) - w; over > 0 && w > 0 {
		tail := (w - 1) / 2
		s = ansi.Truncate(s, w-1-tail, "") + "…" + ansi.TruncateLeft(s, ansi.StringWidth(s)-tail, "")
	}
	return s + strings.Repeat(" ", max(0, w-ansi.StringWidth(s)))
}

// freshness says how old the picture is: old data is never shown as new.
func (m Model) freshness() string {
	s := m.state.Snapshot
	switch {
	case s.LastUpdated.IsZero():
		return ""
	case s.Error != "":
		return fmt.Sprintf("%s silent for %s", m.controlName(), age(m.now.Sub(s.LastUpdated)))
	}
	return age(m.now.Sub(s.LastUpdated)) + " ago"
}

// controlName is what the subject calls its control plane.
func (m Model) controlName() string {
	for _, n := range m.state.Snapshot.Nodes {
		if n.Role == demo.RoleControl {
			return strings.ToUpper(n.Type)
		}
	}
	return "control plane"
}

func age(d time.Duration) string {
	d = max(0, d)
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// nodeLine tells one node: sign, name, the control plane's word, and for data
// nodes the leaders as a bar, regions and the age of the heartbeat.
func (m Model) nodeLine(n demo.Node, c columns) string {
	head := " " + column(n.Name, c.name) + " "
	if n.Role == demo.RoleControl {
		sign, word := m.condition(n, ansi.StringWidth(text.Line(n.State, 0)))
		line := sign + m.styles.Strong.Render(head) + word
		if n.Leader {
			line += m.styles.Dim.Render(" leads")
		}
		return line
	}
	sign, word := m.condition(n, c.state)
	line := sign + m.styles.Strong.Render(head) + word
	if c.bar > 0 {
		filled := n.Leaders * c.bar / c.most
		line += " " + m.styles.Accent.Render(strings.Repeat("━", filled)) + m.styles.Dim.Render(strings.Repeat("·", c.bar-filled))
	}
	line += fmt.Sprintf(" %*d", c.leaders, n.Leaders)
	if c.regions {
		line += m.styles.Dim.Render(fmt.Sprintf("/%d", n.Regions))
	}
	return line + m.styles.Dim.Render(" ♥ "+m.beat(n))
}

// beat is the age of a node's heartbeat now, not at the last look.
func (m Model) beat(n demo.Node) string {
	if n.LastBeat.IsZero() {
		return "–"
	}
	return age(n.HeartbeatAge.Duration() + max(0, m.now.Sub(m.state.Snapshot.LastUpdated)))
}

// condition is a node's sign and word. The word is the control plane's, the
// sign is the monitor's as soon as it knows more: that both stand side by side,
// a dead node and "Up", is the lesson of the detection.
func (m Model) condition(n demo.Node, width int) (sign, word string) {
	state := column(n.State, width)
	if m.state.SignalActive(demo.SignalStatusProbe, n.Name) {
		return m.styles.BadgeBad.Render("✗"), m.styles.Bad.Render(state)
	}
	switch n.Health {
	case demo.HealthUp:
		return m.styles.Good.Render("●"), m.styles.Text.Render(state)
	case demo.HealthSuspect:
		return m.styles.Warn.Render("▲"), m.styles.Warn.Render(state)
	case demo.HealthDown:
		return m.styles.BadgeBad.Render("✗"), m.styles.Bad.Render(state)
	}
	return m.styles.Dim.Render("?"), m.styles.Dim.Render(state)
}
