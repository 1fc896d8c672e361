package tui

import (
	"fmt"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// diagnosisPiece is the answer: who gives it, what it says, what it rests on.
func (m Model) diagnosisPiece(r rect) []string {
	s := m.state
	if s.Asking == nil {
		return []string{m.styles.Dim.Render("no ticket, nothing to diagnose")}
	}
	head := m.sourceLine()
	prose := m.proseLines(r.W)
	if s.Answer == nil {
		return append([]string{head, ""}, prose...)
	}
	lines := append([]string{head, "", m.verdictLine(*s.Answer), ""}, prose...)
	action := []string{"", m.styles.Dim.Render("proposed  ") + m.styles.Strong.Render(s.Answer.Action.String())}
	room := r.H - len(lines) - len(action)
	for _, extra := range [][]string{m.evidenceLines(r.W), m.alternativeLines(r.W)} {
		if len(extra) <= room {
			lines = append(lines, extra...)
			room -= len(extra)
		}
	}
	return append(lines, action...)
}

// sourceLine says who answers, on what, and how much of it holds.
func (m Model) sourceLine() string {
	s := m.state
	line := m.styles.Badge.Render(" "+s.Asking.Source+" ") + m.styles.Dim.Render(fmt.Sprintf("  E1–E%d, frozen", len(s.Asking.Evidence)))
	if s.Answer != nil {
		line += m.styles.Text.Render(fmt.Sprintf(", %.0f%% verified", 100*s.Answer.Verified))
	}
	return line
}

// verdictLine is the answer in one line, checked against its evidence and
// against the truth.
func (m Model) verdictLine(a demo.DiagnosisFinished) string {
	name := strings.ReplaceAll(a.FaultType, "_", " ")
	line := m.styles.Strong.Render(strings.TrimSpace(a.Component + ": " + name))
	if a.Correct {
		return line + m.styles.Good.Render("  ✓ right")
	}
	return line + m.styles.Bad.Render("  ✗ not what was done")
}

func (m Model) proseLines(w int) []string {
	var lines []string
	for _, l := range wrap(m.state.Prose, w) {
		lines = append(lines, m.styles.Text.Render(l))
	}
	return lines
}

func (m Model) evidenceLines(w int) []string {
	lines := []string{"", m.styles.Title.Render("Evidence")}
	for _, e := range m.state.Asking.Evidence {
		lines = append(lines, m.styles.Accent.Render(fmt.Sprintf("E%-3d", e.N))+m.styles.Text.Render(fitLine(e.Text, max(0, w-4))))
	}
	return lines
}

func (m Model) alternativeLines(w int) []string {
	if len(m.state.Answer.Alternatives) == 0 {
		return nil
	}
	lines := []string{"", m.styles.Title.Render("Why not something else")}
	for _, a := range m.state.Answer.Alternatives {
		for i, l := range wrap(a.Cause+": "+a.Against, max(1, w-2)) {
			mark := "  "
			if i == 0 {
				mark = "✗ "
			}
			lines = append(lines, m.styles.Dim.Render(mark+l))
		}
	}
	return lines
}

// recoveryPiece is the stages of the recovery with their times.
func (m Model) recoveryPiece(large bool) []string {
	s := m.state
	if len(s.Stages) == 0 {
		return []string{m.styles.Dim.Render("nothing to recover from")}
	}
	lines := []string{m.approvalLine(), ""}
	for _, st := range s.Stages {
		sign, when := m.styles.Dim.Render("○"), m.styles.Dim.Render("   …   ")
		name := m.styles.Dim.Render(m.controlWord(st.Name))
		if !st.At.IsZero() {
			sign = m.styles.Good.Render("✓")
			when = m.styles.Strong.Render(fmt.Sprintf("%5.1f s", st.At.Sub(s.FaultAt).Seconds()))
			name = m.styles.Text.Render(m.controlWord(st.Name))
		}
		lines = append(lines, sign+" "+when+"  "+name)
	}
	if s.Recovered == nil {
		return lines
	}
	words := fmt.Sprintf("seconds to recover, at %.0f%% of the baseline", 100*s.Recovered.OpsRatio)
	ttr := fmt.Sprintf("%.1f", s.Recovered.TTR.Duration().Seconds())
	if !large {
		return append(lines, "", m.styles.BigGood.Render(ttr+" "+words))
	}
	return append(append(append(lines, ""), m.bigLines(ttr, m.styles.BigGood)...), m.styles.Good.Render(words))
}

// controlWord puts the subject's own word for its control plane into a text.
func (m Model) controlWord(text string) string {
	return strings.Replace(text, "control plane", m.controlName(), 1)
}

// approvalLine says what is being done and who allowed it.
func (m Model) approvalLine() string {
	s := m.state
	if s.Approved == "" {
		return m.styles.Text.Render(s.Plan.Undo) + m.styles.Dim.Render("   by the presenter")
	}
	return m.styles.Strong.Render(s.Answer.Action.String()) + m.styles.Dim.Render("   approved by: "+s.Approved)
}

// scorePiece is what the run proved; the number of lost writes is the largest
// thing on the screen.
func (m Model) scorePiece(r rect, large bool) []string {
	s := m.state
	if s.Ledger == nil {
		return m.progress()
	}
	sc := demo.ScoreOf(s)
	look := m.styles.BigGood
	if sc.Lost > 0 {
		look = m.styles.BigBad
	}
	var lines []string
	if large {
		lines = append(m.bigLines(fmt.Sprintf("%d LOST", sc.Lost), look), "")
	} else {
		lines = []string{look.Render(fmt.Sprintf("%d LOST", sc.Lost)), ""}
	}
	row := func(name, value string) {
		lines = append(lines, m.styles.Dim.Render(fmt.Sprintf("%-12s", name))+m.styles.Strong.Render(value))
	}
	row("writes", fmt.Sprintf("%d acked, %d keys reread", sc.Acked, sc.Checked))
	row("detected", seconds(sc.TTD.Seconds()))
	row("diagnosed", seconds(sc.TTDiagnose.Seconds())+rightOrWrong(s.Answer))
	row("recovered", seconds(sc.TTR.Seconds()))
	row("the dip", fmt.Sprintf("%d s, at worst %d of %.0f ops/s", sc.DipSeconds, sc.DipOps, sc.BaselineOps))
	row("errors", fmt.Sprintf("%d of %d operations", sc.Errors, sc.Errors+sc.Ops))
	if sc.Forced > 0 {
		row("forced", fmt.Sprintf("%d gates", sc.Forced))
	}
	lines = append(lines, "")
	for _, l := range wrap("record "+m.cfg.Record, r.W) {
		lines = append(lines, m.styles.Dim.Render(l))
	}
	return lines
}

func seconds(s float64) string {
	if s == 0 {
		return "–"
	}
	if s < 0.05 {
		return "under 0.1 s"
	}
	return fmt.Sprintf("%.1f s", s)
}

func rightOrWrong(a *demo.DiagnosisFinished) string {
	switch {
	case a == nil:
		return ""
	case a.Correct:
		return ", right"
	}
	return ", wrong"
}
