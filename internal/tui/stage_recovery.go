package tui

import (
	"fmt"
	"github.com/charmbracelet/lipgloss"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// recoveryPiece is what is done, who allowed it, and the stages of the recovery
// each with its time, or when it is due.
func (m Model) recoveryPiece(r rect, large bool) []string {
	s := m.state
	if len(s.Stages) == 0 {
		return []string{m.styles.Dim.Render("nothing to recover from")}
	}
	lines := append(m.mendingLines(r.W), "")
	for _, st := range s.Stages {
		lines = append(lines, m.stageLine(st))
	}
	if s.Proof != nil {
		for _, p := range s.Proof.Stores {
			lines = append(lines, m.wrapped(m.proofLook(p), words.StoreProof(p), r.W)...)
		}
	}
	if s.Recovered == nil {
		return squeeze(lines, r.H)
	}
	said := "seconds to recover" + fromRepair(s.Recovered.FromAction.Duration()) + fmt.Sprintf(", at %.0f%% of the baseline", 100*s.Recovered.OpsRatio)
	ttr := fmt.Sprintf("%.1f", s.Recovered.TTR.Duration().Seconds())
	if !large {
		return squeeze(append(lines, "", m.styles.BigGood.Render(ttr+" "+said)), r.H)
	}
	return squeeze(append(append(append(lines, ""), m.bigLines(ttr, m.styles.BigGood)...), m.styles.Good.Render(said)), r.H)
}

// proofLook is how what was read through a store is drawn.
func (m Model) proofLook(p demo.StoreProof) lipgloss.Style {
	switch {
	case p.Wrong > 0:
		return m.styles.Bad
	case p.Why != "" || p.Unread > 0:
		return m.styles.Warn
	}
	return m.styles.Text
}

// stageLine is one stage: when it came, or how far it is and how long it may
// take.
func (m Model) stageLine(st demo.Stage) string {
	name := m.voice().Stage(st.Name)
	switch {
	case !st.At.IsZero():
		line := m.styles.Good.Render("✓ ") + m.styles.Strong.Render(fmt.Sprintf("%5.1f s", st.At.Sub(m.state.FaultAt).Seconds())) + "  " + m.styles.Text.Render(name)
		if st.Late {
			line += m.styles.Warn.Render("  late")
		}
		return line
	case st.Late:
		return m.styles.Warn.Render(fmt.Sprintf("▲ %7s  %s%s", m.due(st), name, words.Detail(m.state, st.Name)))
	}
	return m.styles.Dim.Render(fmt.Sprintf("○ %7s  %s", m.due(st), name))
}

// due is when a stage ought to have come, counted from the fault as the times
// of the others are.
func (m Model) due(st demo.Stage) string {
	if st.Due.IsZero() {
		return "…   "
	}
	return fmt.Sprintf("by %.0f s", st.Due.Sub(m.state.FaultAt).Seconds())
}

// mendingLines say what is being done and who allowed it, or why nothing is.
func (m Model) mendingLines(w int) []string {
	s := m.state
	if s.Unmended() {
		lines := m.wrapped(m.styles.Warn, m.voice().Gate(s, s.Reached), w)
		return append(lines, m.styles.Dim.Render("it waits for you, or to heal by itself"))
	}
	var lines []string
	if s.SkippedFor() != "" {
		lines = m.wrapped(m.styles.Warn, words.NotDone(s), w)
	}
	if s.ApprovedBy() != "" && s.SkippedFor() == "" {
		return []string{m.styles.Strong.Render(s.Answer.Action.String()) + m.styles.Dim.Render("   approved by "+s.ApprovedBy())}
	}
	if s.MendedBy == demo.ByItself {
		return append(lines, m.styles.Text.Render("it healed by itself"))
	}
	return append(append(lines, m.wrapped(m.styles.Text, s.Plan.Undo, w)...), m.styles.Dim.Render(m.credit()))
}

func (m Model) wrapped(look interface{ Render(...string) string }, text string, w int) []string {
	var lines []string
	for _, l := range wrap(text, w) {
		lines = append(lines, look.Render(l))
	}
	return lines
}

// credit says whose merit it is that the fault is over.
func (m Model) credit() string {
	switch s := m.state; s.MendedBy {
	case "":
		return ""
	case demo.ByItself:
		return "by itself"
	case demo.ByAgent:
		return "agent, approved by " + s.ApprovedBy()
	case demo.ByPresenter:
		return "presenter, by hand"
	default:
		return s.MendedBy
	}
}
