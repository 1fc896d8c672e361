package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

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

// controlName is what the subject calls its control plane.
func (m Model) controlName() string {
	for _, n := range m.state.Snapshot.Nodes {
		if n.Role == demo.RoleControl {
			return strings.ToUpper(n.Type)
		}
	}
	return m.say("control plane")
}

func age(d time.Duration) string {
	d = max(0, d)
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// memberLine tells a node of the control plane: sign, name, state, and whether it
// leads.
func (m Model) memberLine(n demo.Node) string {
	sign, look := m.condition(n)
	line := sign + " " + m.styles.Strong.Render(text.Line(n.Name, 0)) + " " + look.Render(text.Line(n.State, 0))
	if n.Leader {
		line += m.styles.Dim.Render(" " + m.say("leads"))
	}
	return line
}

// beat is the age of a node's heartbeat at the last look, negative where none came
// yet.
func beat(n demo.Node) time.Duration {
	if n.LastBeat.IsZero() {
		return -1
	}
	return max(0, n.HeartbeatAge.Duration())
}

// condition is a node's sign, and the look of the control plane's word for its
// state. The sign is the monitor's as soon as it knows more: that both stand side
// by side, a dead node and "Up!", is the lesson of the detection.
func (m Model) condition(n demo.Node) (sign string, state styles.Look) {
	silent := m.silent(n)
	switch {
	case silent && n.Health == demo.HealthUp:
		return m.styles.BadgeBad.Render("✗"), m.styles.Warn
	case silent || n.Health == demo.HealthDown:
		return m.styles.BadgeBad.Render("✗"), m.styles.Bad
	case n.Health == demo.HealthUp:
		return m.styles.Good.Render("●"), m.styles.Text
	case n.Health == demo.HealthSuspect:
		return m.styles.Warn.Render("▲"), m.styles.Warn
	}
	return m.styles.Dim.Render("?"), m.styles.Dim
}

// silent says whether the monitor gets no answer from a node.
func (m Model) silent(n demo.Node) bool {
	return m.state.SignalActive(demo.SignalStatusProbe, n.Name)
}
