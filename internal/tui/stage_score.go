package tui

import (
	"cmp"
	"fmt"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// scorePiece is what the run proved; the number of lost keys is the largest
// thing on the screen, as long as the rest has room beside it. What could not be
// read stands beside it: it is neither kept nor lost.
func (m Model) scorePiece(r rect) []string {
	s := m.state
	if s.Ledger == nil {
		return m.progress()
	}
	sc := demo.ScoreOf(s)
	look := m.styles.BigGood
	if sc.Lost > 0 {
		look = m.styles.BigBad
	}
	lost := fmt.Sprintf("%d LOST", sc.Lost)
	if sc.Unknown > 0 {
		lost += fmt.Sprintf("  %d UNKNOWN", sc.Unknown)
		if sc.Lost == 0 {
			look = m.styles.BigBad
		}
	}
	rest := append([]string{""}, m.scoreRows(sc)...)
	if card := m.cardLines(r.W); len(card) > 0 {
		rest = append(append(rest, ""), card...)
	}
	rest = append(rest, "")
	for _, l := range wrap("record "+cmp.Or(s.Record, m.cfg.Record), r.W) {
		rest = append(rest, m.styles.Dim.Render(l))
	}
	if lines := squeeze(append(m.bigLines(lost, look), rest...), r.H); len(lines) <= r.H {
		return lines
	}
	return squeeze(append([]string{look.Render(lost)}, rest...), r.H)
}

// scoreRows are the figures of the run, a line each.
func (m Model) scoreRows(sc demo.Scorecard) []string {
	s := m.state
	var lines []string
	row := func(name, value string) {
		lines = append(lines, m.styles.Dim.Render(fmt.Sprintf("%-12s", name))+m.styles.Strong.Render(value))
	}
	for _, r := range checkRows(s) {
		row(r[0], r[1])
	}
	row("detected", seconds(sc.TTD.Seconds()))
	row("diagnosed", seconds(sc.TTDiagnose.Seconds())+rightOrWrong(s.Answer))
	row("recovered", seconds(sc.TTR.Seconds())+fromRepair(sc.FromAction))
	if s.MendedBy != "" {
		row("mended", m.credit())
	}
	row("the dip", fmt.Sprintf("%d s, at worst %d of %.0f ops/s", sc.DipSeconds, sc.DipOps, sc.BaselineOps))
	errs := fmt.Sprintf("%d of %d operations", sc.Errors, sc.Errors+sc.Ops)
	if sc.Shed > 0 {
		errs += fmt.Sprintf(", %d more not started", sc.Shed)
	}
	row("errors", errs)
	if sc.Forced > 0 {
		row("forced", count(sc.Forced, "gate"))
	}
	return lines
}

// fromRepair tells the part of the time to recover that was not talked away.
func fromRepair(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return ", " + words.Seconds(d) + " from the repair"
}

// checkRows say what was checked, and nothing more.
func checkRows(s demo.State) [][2]string {
	l := s.Ledger
	rows := [][2]string{
		{"acked", fmt.Sprintf("%d (%d refused, %d unknown)", l.Acked, l.Refused, l.Indeterminate)},
		{"reread", fmt.Sprintf("%d keys, %d of them inserts", l.Checked, l.Inserts)},
		{"checked", fmt.Sprintf("%d reads of the run", l.Reads)},
	}
	if names := words.WrongReads(*l); names != "" {
		rows = append(rows, [2]string{"wrong", names})
	}
	for _, p := range s.StoreProofs() {
		words := "not read: " + p.Why
		if p.Why == "" {
			words = fmt.Sprintf("%d keys read, %d wrong", p.Records+p.Inserts, p.Wrong)
		}
		rows = append(rows, [2]string{"via " + p.Store, words})
	}
	return rows
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
	if a == nil {
		return ""
	}
	return ", " + words.Right(a.Correct) + ", " + words.Grounded(a.Grounded)
}
