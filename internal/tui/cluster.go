package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
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
	c := columns{most: 1}
	for _, n := range s.Nodes {
		c.name = max(c.name, min(len(n.Name), 16))
		c.most = max(c.most, n.Leaders)
		if n.Role == demo.RoleData {
			c.state = max(c.state, min(len(n.State), 12))
		}
	}
	for _, n := range s.Nodes {
		lines = append(lines, m.nodeLine(n, c, w))
	}
	return lines
}

// columns are the widths that all nodes share, and the most leaders of any.
type columns struct{ name, state, most int }

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
func (m Model) nodeLine(n demo.Node, c columns, w int) string {
	head := fmt.Sprintf(" %-*s ", c.name, n.Name)
	sign, word := m.condition(n, c.state)
	line := sign + m.styles.Strong.Render(head) + word
	if n.Role == demo.RoleControl {
		if n.Leader {
			line += m.styles.Dim.Render(" leads")
		}
		return line
	}
	bar := 9
	if w < 40 {
		bar = 5
	}
	filled := n.Leaders * bar / c.most
	line += " " + m.styles.Accent.Render(strings.Repeat("━", filled)) + m.styles.Dim.Render(strings.Repeat("·", bar-filled))
	line += fmt.Sprintf(" %2d", n.Leaders)
	if w >= 40 {
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
	state := fmt.Sprintf("%-*s", width, n.State)
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
