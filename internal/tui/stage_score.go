package tui

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
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
	if sc.Lost > 0 || sc.Unknown > 0 {
		look = m.styles.BigBad
	}
	lost := m.say("%d LOST", sc.Lost)
	if sc.Unknown > 0 {
		lost += "  " + m.say("%d UNKNOWN", sc.Unknown)
	}
	if m.large {
		return m.largeScore(sc, lost, look, r)
	}
	rows, card := m.scoreRows(sc), m.cardLines(r.W)
	if len(card) > 0 && r.W >= scoreWidth+columnGap+lipgloss.Width(card[0]) {
		rows, card = m.sideBySide(strings.Split(fit(strings.Join(rows, "\n"), scoreWidth, len(rows)), "\n"), card), nil
	}
	parts := []part{
		{},
		{lines: append(m.hypothesisVerdict(), m.hypothesisLines(r.W)...)},
		{rank: 2}, // what was checked, where it is not beside the figure
		{lines: rows, cut: fromEnd},
		{lines: card, rank: 1},
		{lines: m.recordLines(r.W)},
	}
	facts := m.rows(m.checkRows(s))
	left, free := r.W-factsWidth-columnGap, r.H-height(parts)-gapRow
	beside := left >= bigWidth(lost) && scaleFor(lost, rect{left, free}) >= scaleFor(lost, rect{r.W, free - len(facts)})
	if !beside {
		parts[2].lines, parts[3].close = facts, true
	}
	if height(parts)+bigRows+gapRow > r.H { // the verdict says enough
		parts[1].lines = m.hypothesisVerdict()
	}
	room := max(bigRows, r.H-height(parts)-gapRow)
	parts[0].lines = m.figure(lost, rect{r.W, room}, look)
	if beside {
		parts[0].lines = m.sideBySide(m.figure(lost, rect{left, room}, look), facts)
	}
	return squeeze(m.squeezed(parts, r.H), r.H)
}

// scoreWidth is that of the figures of the run, beside the card.
const scoreWidth = 50

// largeScore is the verdict, how long it took, and nothing else.
func (m Model) largeScore(sc demo.Scorecard, lost string, look styles.Look, r rect) []string {
	times := []watch{{m.say("DETECTED"), figures(sc.TTD), "s", m.styles.Big}, {m.say("RECOVERED"), figures(sc.TTR), "s", m.styles.Big}}
	parts := []part{
		{},
		{lines: m.hypothesisVerdict()},
		{lines: m.figureRow(times, rect{r.W, 2 * bigRows}), rank: 1},
		{lines: m.recordLines(r.W), rank: 2},
	}
	if r.H-height(parts)-gapRow < 3*bigRows { // the verdict is the larger one
		parts[2].lines = m.figureRow(times, rect{r.W, bigRows})
	}
	parts[0].lines = m.figure(lost, rect{r.W, min(3*bigRows, max(bigRows, r.H-height(parts)-gapRow))}, look)
	return squeeze(m.pack(parts, r.H), r.H)
}

// hypothesisLines is what was expected, in quotation marks.
func (m Model) hypothesisLines(w int) []string {
	if m.state.Judged == nil {
		return nil
	}
	return m.wrapped(m.styles.Dim, "“"+m.voice().Hypothesis(m.state.Judged.Hypothesis)+"”", w)
}

// hypothesisVerdict is what became of it, and the figures.
func (m Model) hypothesisVerdict() []string {
	j := m.state.Judged
	if j == nil {
		return nil
	}
	sign, look := "✓ ", m.styles.Good
	switch j.Verdict {
	case demo.Broken:
		sign, look = "✗ ", m.styles.Bad
	case demo.Unknown:
		sign, look = "? ", m.styles.Warn
	}
	return []string{m.styles.Dim.Render(fmt.Sprintf("%-12s", m.say("hypothesis"))) + look.Render(sign+m.word(string(j.Verdict))) + m.styles.Text.Render(", "+m.voice().Figures(*j))}
}

// factsWidth is that of what was checked, beside the figure.
const factsWidth = 36

// squeezed packs parts without the blank lines between them, where only these
// are too much.
func (m Model) squeezed(parts []part, room int) []string {
	if height(parts) > room {
		for i := range parts {
			parts[i].close = true
		}
	}
	return m.pack(parts, room)
}

// shortSeal is how much of a seal is on the last screen, for a photograph.
const shortSeal = 8

// recordLines say where the record is, and how its seal begins. Once the record
// has told its own head, that stands here, as characters and as words: it says
// which file a photograph of the screen belongs to.
func (m Model) recordLines(w int) []string {
	path := cmp.Or(m.state.Record, m.cfg.Record)
	head := m.say("record") + " "
	if s := m.state.Seal; s != nil {
		return []string{
			m.styles.Dim.Render(head) + m.styles.Strong.Render(ansi.Truncate(s.Head, shortSeal, "")+" "+s.Words),
			m.styles.Dim.Render(column(path, min(w, ansi.StringWidth(path)))),
		}
	}
	seal := ansi.Truncate(m.state.Sealed, shortSeal, "")
	if seal != "" {
		seal += "  "
	}
	room := w - len(head) - len(seal)
	lines := []string{m.styles.Dim.Render(head) + m.styles.Strong.Render(seal) + m.styles.Dim.Render(path)}
	if ansi.StringWidth(path) > room {
		lines[0] = m.styles.Dim.Render(head) + m.styles.Strong.Render(seal) + m.styles.Dim.Render(column(path, max(1, room)))
	}
	return lines
}

// rows draws names and values, a line each.
func (m Model) rows(all [][2]string) []string {
	var lines []string
	for _, r := range all {
		lines = append(lines, m.styles.Dim.Render(fmt.Sprintf("%-12s", r[0]))+m.styles.Strong.Render(r[1]))
	}
	return lines
}

// scoreRows are the figures of the run, a line each.
func (m Model) scoreRows(sc demo.Scorecard) []string {
	s := m.state
	var all [][2]string
	row := func(name, value string) { all = append(all, [2]string{name, value}) }
	row(m.say("detected"), m.seconds(sc.TTD.Seconds()))
	row(m.say("diagnosed"), m.seconds(sc.TTDiagnose.Seconds())+m.rightOrWrong(s.Answer))
	row(m.say("recovered"), m.seconds(sc.TTR.Seconds())+m.fromRepair(sc.FromAction))
	if s.MendedBy != "" {
		row(m.say("repaired"), m.credit())
	}
	row(m.say("the dip"), m.say("%d s, at worst %d of %.0f ops/s", sc.DipSeconds, sc.DipOps, sc.BaselineOps))
	errs := m.say("%d of %d operations", sc.Errors, sc.Errors+sc.Ops)
	if sc.Shed > 0 {
		errs += m.say(", %d more not started", sc.Shed)
	}
	row(m.say("errors"), errs)
	if sc.Forced > 0 {
		row(m.say("forced"), m.count(sc.Forced, "%d gate", "%d gates"))
	}
	return m.rows(all)
}

// fromRepair tells the part of the time to recover that was not talked away.
func (m Model) fromRepair(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return m.say(", %s from the repair", m.voice().Seconds(d))
}

// checkRows say what was checked, and nothing more.
func (m Model) checkRows(s demo.State) [][2]string {
	l := s.Ledger
	rows := [][2]string{
		{m.say("acked"), m.say("%d writes", l.Acked)},
		{m.say("not acked"), m.say("%d refused, %d unknown", l.Refused, l.Indeterminate)},
		{m.say("reread"), m.say("%d keys, %d inserts", l.Checked, l.Inserts)},
		{m.say("checked"), m.say("%d reads of the run", l.Reads)},
	}
	if names := m.voice().WrongReads(*l); names != "" {
		rows = append(rows, [2]string{m.say("wrong"), names})
	}
	for _, p := range s.StoreProofs() {
		words := m.say("not read: %s", m.quote(p.Why))
		if p.Why == "" {
			words = m.say("%d keys read, %d wrong", p.Records+p.Inserts, p.Wrong)
		}
		rows = append(rows, [2]string{m.say("via %s", p.Store), words})
	}
	return rows
}

func (m Model) seconds(s float64) string {
	if s == 0 {
		return "–"
	}
	if s < 0.05 {
		return m.say("under 0.1 s")
	}
	return fmt.Sprintf("%.1f s", s)
}

func (m Model) rightOrWrong(a *demo.DiagnosisFinished) string {
	if a == nil {
		return ""
	}
	return ", " + m.voice().Right(a.Correct) + ", " + m.voice().Grounded(a.Grounded)
}
