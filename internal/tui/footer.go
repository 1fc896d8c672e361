package tui

import (
	"fmt"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// footerView is what the presenter needs: above what is waited for, below the
// keys that do something now.
func (m Model) footerView(r rect) string {
	m.help.Width = r.W
	return m.statusLine(r.W) + "\n" + m.keyLine(m.keys.shown(m.state), r.W)
}

// keyLine is the keys that fit. The first are what the play offers, and the last
// two are help and leave; those between go first.
func (m Model) keyLine(keys []key.Binding, w int) string {
	m.help.Width = 0 // it would cut the last ones off
	for ansi.StringWidth(m.help.ShortHelpView(keys)) > w && len(keys) > 3 {
		keys = slices.Delete(slices.Clone(keys), len(keys)-3, len(keys)-2)
	}
	m.help.Width = w
	return m.help.ShortHelpView(keys)
}

// statusLine says the one thing that matters for going on.
func (m Model) statusLine(w int) string {
	s := m.state
	work, gate := s.WorkOf(s.Reached), s.Gate(s.Reached)
	refusal := words.Refusal(s)
	switch {
	case s.Leaving && !s.FaultOpen():
		return m.styles.Warn.Render("leaving")
	case s.Leaving:
		return m.styles.Warn.Render("mending " + s.Plan.Target + ", then leaving")
	case s.Question != demo.NoQuestion:
		return m.questionLine()
	case work.State == demo.WorkFailed:
		return m.styles.BadgeBad.Render(" failed ") + " " + m.styles.Bad.Render(ansi.Truncate(work.Err, max(0, w-10), "…"))
	case m.notice != "":
		return m.styles.Warn.Render(m.notice)
	case refusal != "":
		return m.styles.Warn.Render(refusal)
	}
	if line := m.lateLine(gate); line != "" {
		return line
	}
	value := m.styles.Text.Render(m.voice().Gate(s, s.Reached))
	switch {
	case s.Armed && !gate.Open:
		return m.styles.Accent.Render("▶ goes on as soon as it can: ") + value + m.styles.Dim.Render("  (← stays)")
	case gate.Open && gate.Name != "":
		return m.styles.Good.Render("✓ ") + value
	case s.Unmended(), s.Countdown > 0: // while it counts all eyes are on the figure
		return m.styles.Accent.Render("… ") + value
	case gate.Name != "":
		return m.styles.Accent.Render("… ") + value + m.hint()
	}
	return m.hint()
}

// questionLine puts the open question; what an answer does stands below it.
func (m Model) questionLine() string {
	badge, look := m.styles.BadgeWarn, m.styles.Warn
	switch m.state.Question {
	case demo.AskQuorum:
		badge = m.styles.BadgeBad
	case demo.AskQuorumAgain:
		badge, look = m.styles.BadgeBad, m.styles.Bad
	}
	line := badge.Render(" ? ") + look.Render(" "+words.Question(m.state))
	if m.state.Question == demo.AskApprove {
		line += m.styles.Dim.Render("  it is checked again when it is done")
	}
	return line
}

// lateLine says what did not come within its limit, "" for nothing.
func (m Model) lateLine(gate demo.GateView) string {
	s := m.state
	late := func(text string) string { return m.styles.BadgeWarn.Render(" late ") + m.styles.Warn.Render(" "+text) }
	if stage, ok := s.LateStage(); ok && s.Chapters[s.Reached].OnEnter == demo.OnEnterRecover {
		return late(fmt.Sprintf("%s%s did not come within %.0f s", m.voice().Stage(stage.Name), words.Detail(s, stage.Name), stage.Limit.Seconds()))
	}
	if s.Visits[s.Reached].Late {
		return late(fmt.Sprintf("%s did not come within %.0f s: %s", gate.Name, gate.Limit.Seconds(), m.voice().Gate(s, s.Reached)))
	}
	return ""
}

func (m Model) hint() string {
	if h := m.state.Chapter().KeyHint; h != "" {
		return m.styles.Dim.Render("  " + h)
	}
	return ""
}
