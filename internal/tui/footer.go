package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// footerView is what the presenter needs: above what is waited for, below the
// keys that do something now.
func (m Model) footerView(r rect) string {
	m.help.Width = r.W
	return m.statusLine(r.W) + "\n" + m.help.ShortHelpView(m.keys.shown(m.state))
}

// statusLine says the one thing that matters for going on.
func (m Model) statusLine(w int) string {
	s := m.state
	v, work := s.Visits[s.Reached], s.WorkOf(s.Reached)
	g := s.Gate(s.Reached)
	stage, stageLate := s.LateStage()
	switch {
	case s.Leaving:
		return m.styles.Warn.Render("mending " + s.Plan.Target + ", then leaving")
	case s.Question == demo.AskQuitFault:
		return m.styles.BadgeWarn.Render(" ? ") + m.styles.Warn.Render(fmt.Sprintf(" %s is still broken. Mend it and leave?", s.Plan.Target))
	case s.Question == demo.AskQuorum:
		return m.styles.BadgeBad.Render(" ? ") + m.styles.Warn.Render(fmt.Sprintf(" %s at once: regions lose their quorum. Do it?", strings.Join(s.Plan.Targets(), " and ")))
	case s.Question == demo.AskQuorumAgain:
		return m.styles.BadgeBad.Render(" ? ") + m.styles.Bad.Render(" Nothing can be written there until one is back. Really?")
	case s.Question == demo.AskApprove:
		return m.styles.BadgeWarn.Render(" ? ") + m.styles.Warn.Render(" "+s.Answer.Action.String()+"?") + m.styles.Dim.Render("  it is checked again when it is done")
	case s.Question == demo.AskReason:
		return m.styles.BadgeWarn.Render(" ? ") + m.styles.Warn.Render(" "+s.Answer.Action.String()+" is refused. Why?")
	case work.State == demo.WorkFailed:
		return m.styles.BadgeBad.Render(" failed ") + " " + m.styles.Bad.Render(ansi.Truncate(work.Err, max(0, w-10), "…"))
	case s.Refusal != "":
		return m.styles.Warn.Render(s.Refusal)
	case stageLate && s.Chapters[s.Reached].OnEnter == demo.OnEnterRecover:
		return m.styles.BadgeWarn.Render(" late ") + m.styles.Warn.Render(fmt.Sprintf(" %s%s did not come within %.0f s", m.controlWord(stage.Name), s.StageDetail(stage.Name), stage.Limit.Seconds()))
	case v.Late:
		return m.styles.BadgeWarn.Render(" late ") + m.styles.Warn.Render(fmt.Sprintf(" %s did not come within %s: %s", g.Name, g.Limit, m.controlWord(g.Value)))
	case s.Armed && !g.Open:
		return m.styles.Accent.Render("▶ goes on as soon as it can: ") + m.styles.Text.Render(m.controlWord(g.Value)) + m.styles.Dim.Render("  (← stays)")
	case g.Open && g.Name != "":
		return m.styles.Good.Render("✓ ") + m.styles.Text.Render(m.controlWord(g.Value))
	case s.Unmended():
		return m.styles.Accent.Render("… ") + m.styles.Text.Render(m.controlWord(g.Value))
	case s.Countdown > 0: // nothing is to be pressed now, and all eyes are on the figure
		return m.styles.Accent.Render("… ") + m.styles.Text.Render(g.Value)
	case g.Name != "":
		return m.styles.Accent.Render("… ") + m.styles.Text.Render(m.controlWord(g.Value)) + m.hint()
	}
	return m.hint()
}

func (m Model) hint() string {
	if h := m.state.Chapter().KeyHint; h != "" {
		return m.styles.Dim.Render("  " + h)
	}
	return ""
}
