package tui

import (
	"fmt"
	"slices"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// recoveryPiece is what is done, who allowed it, and the stages of the recovery
// each with its time, or when it is due. Large is how many of them were seen,
// and at the end how long it took.
func (m Model) recoveryPiece(r rect) []string {
	s := m.state
	if len(s.Stages) == 0 {
		return []string{m.styles.Dim.Render(m.say("nothing to recover from"))}
	}
	parts := []part{{lines: m.mendingLines(r.W), rank: 1}, {}, {lines: m.proofLines(false)}, m.readPart(r.W)}
	parts[1].lines = m.recoveryFigure(parts, r)
	if s.Recovered != nil && len(parts[1].lines) < bigRows {
		parts = m.figureFirst(parts, r)
	}
	if spaced := m.proofLines(true); height(parts)+len(spaced)-len(s.Stages) <= r.H {
		parts[2].lines = spaced
	}
	return squeeze(m.pack(parts, r.H), r.H)
}

// figureFirst leaves out what stands around the figure until that has its room, if
// that is enough.
func (m Model) figureFirst(parts []part, r rect) []part {
	fewer := slices.Clone(parts)
	for _, i := range []int{3, 0} {
		if fewer[i].rank > 0 {
			fewer[i], fewer[1] = part{}, part{}
			if fewer[1].lines = m.recoveryFigure(fewer, r); len(fewer[1].lines) >= bigRows {
				return fewer
			}
		}
	}
	return parts
}

// readPart is what was read through the stores that came back. It may give way as
// long as all of it was right.
func (m Model) readPart(w int) part {
	if m.state.Proof == nil {
		return part{}
	}
	p := part{rank: 2}
	for _, store := range m.state.Proof.Stores {
		if store.Wrong > 0 {
			p.rank = 0
		}
		p.lines = append(p.lines, m.wrapped(m.proofLook(store), m.voice().StoreProof(store), w)...)
	}
	return p
}

// recoveryFigure is how far the recovery is, or how long it took, in the room that
// the other parts leave.
func (m Model) recoveryFigure(others []part, r rect) []string {
	s := m.state
	r.H = max(1, r.H-height(others)-gapRow)
	text, said, look := m.proven(), m.say("proofs"), m.styles.Big
	if s.Recovered != nil {
		said = m.say("seconds to recover") + m.fromRepair(s.Recovered.FromAction.Duration()) + m.say(", at %.0f%% of the baseline", 100*s.Recovered.OpsRatio)
		text, look = figures(s.Recovered.TTR.Duration()), m.styles.BigGood
	}
	below := m.wrapped(m.styles.Text, said, r.W)
	if scaleFor(text, rect{r.W, r.H - len(below)}) == 0 {
		return m.wrapped(look, text+" "+said, r.W)
	}
	most := 2 * bigRows
	if r.H >= tall { // enough for the proofs, with air between them
		most = 4 * bigRows
	}
	return append(m.figure(text, rect{r.W, min(most, r.H-len(below))}, look), below...)
}

// proven counts the stages that were seen.
func (m Model) proven() string {
	seen := 0
	for _, st := range m.state.Stages {
		if !st.At.IsZero() {
			seen++
		}
	}
	return fmt.Sprintf("%d/%d", seen, len(m.state.Stages))
}

// proofLines is a line for each stage.
func (m Model) proofLines(spaced bool) []string {
	var lines []string
	for i, st := range m.state.Stages {
		if i > 0 && spaced {
			lines = append(lines, "")
		}
		lines = append(lines, m.stageLine(st))
	}
	return lines
}

// proofLook is how what was read through a store is drawn.
func (m Model) proofLook(p demo.StoreProof) styles.Look {
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
			line += m.styles.Warn.Render("  " + m.say("late"))
		}
		return line
	case st.Late:
		return m.styles.Warn.Render(fmt.Sprintf("▲ %7s  %s%s", m.due(st), name, m.voice().Detail(m.state, st.Name)))
	}
	return m.styles.Dim.Render(fmt.Sprintf("○ %7s  %s", m.due(st), name))
}

// due is when a stage ought to have come, counted from the fault as the times
// of the others are.
func (m Model) due(st demo.Stage) string {
	if st.Due.IsZero() {
		return "…   "
	}
	return m.say("by %.0f s", st.Due.Sub(m.state.FaultAt).Seconds())
}

// mendingLines say what is being done and who allowed it, or why nothing is.
func (m Model) mendingLines(w int) []string {
	s := m.state
	if s.Unmended() {
		lines := m.wrapped(m.styles.Warn, m.voice().Gate(s, s.Reached), w)
		return append(lines, m.styles.Dim.Render(m.say("it waits for you, or to heal by itself")))
	}
	var lines []string
	if s.SkippedFor() != "" {
		lines = m.wrapped(m.styles.Warn, m.voice().NotDone(s), w)
	}
	if s.ApprovedBy() != "" && s.SkippedFor() == "" {
		return []string{m.styles.Strong.Render(s.Answer.Action.String()) + m.styles.Dim.Render("   "+m.say("approved by %s", m.word(s.ApprovedBy())))}
	}
	if s.MendedBy == demo.ByItself {
		return append(lines, m.styles.Text.Render(m.say("it healed by itself")))
	}
	return append(append(lines, m.wrapped(m.styles.Text, m.quote(s.Plan.Undo), w)...), m.styles.Dim.Render(m.credit()))
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
		return m.say("by itself")
	case demo.ByAgent:
		return m.say("agent, approved by %s", m.word(s.ApprovedBy()))
	case demo.ByPresenter:
		return m.say("presenter, by hand")
	default:
		return m.word(s.MendedBy)
	}
}
