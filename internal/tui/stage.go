package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// stageView is the left column: the narration, and below it the chapter's own
// piece, which gets the room that it needs first. It also says how many rows of
// the narration are hidden.
func (m Model) stageView(r rect) (lines []string, hidden int) {
	if q := m.state.Question; q == demo.AskApprove || q == demo.AskReason {
		return m.questionPiece(r), 0
	}
	piece := m.piece(r)
	if m.state.Chapter().OnEnter == demo.OnEnterVerify && m.state.Ledger != nil {
		return piece, 0 // the numbers have the last word
	}
	room := r.H - len(piece)
	if len(piece) > 0 {
		room-- // a blank line between them
	}
	story, hidden := m.head(m.narration(r.W), room)
	if len(piece) > 0 && len(story) > 0 {
		story = append(story, "")
	}
	return append(story, piece...), hidden
}

// roomy is the height of a column from which figures are drawn large.
const roomy = 14

// piece is the one thing to look at in this chapter.
func (m Model) piece(r rect) []string {
	large := r.H >= roomy
	switch m.state.Chapter().OnEnter {
	case demo.OnEnterCluster:
		return m.clusterPiece(r.W)
	case demo.OnEnterLoad:
		return m.loadPiece(large)
	case demo.OnEnterFault:
		return m.faultPiece(r, large)
	case demo.OnEnterDiagnose:
		return m.diagnosisPiece(r)
	case demo.OnEnterRecover:
		return m.recoveryPiece(r, large)
	case demo.OnEnterVerify:
		return m.scorePiece(r)
	}
	if m.state.Chapter().Gate == demo.GateTicket {
		return m.racePiece(r, large)
	}
	return nil
}

// clusterPiece tells how far the cluster is, and in one column, where there is
// no pane for them, the nodes.
func (m Model) clusterPiece(w int) []string {
	s := m.state
	if arrange(m.width, m.height).single {
		return m.clusterLines(w)
	}
	if s.Cluster.PD == "" {
		return m.progress()
	}
	return []string{m.styles.Good.Render("● ") + m.styles.Text.Render(fmt.Sprintf("ready in %.1f s  ", s.Cluster.Took.Duration().Seconds())) + m.styles.Dim.Render(s.Cluster.PD)}
}

// progressBar is how wide a bar of progress is.
const progressBar = 20

// progress says how far the chapter's effect is, with a bar where it is known.
func (m Model) progress() []string {
	w := m.state.WorkOf(m.state.Reached)
	if w.State != demo.WorkRunning || w.Text == "" {
		return nil
	}
	if w.Total <= 0 {
		return []string{m.styles.Accent.Render(w.Text)}
	}
	filled := int(min(w.Done, w.Total) * progressBar / w.Total)
	bar := m.styles.Accent.Render(strings.Repeat("━", filled)) + m.styles.Dim.Render(strings.Repeat("─", progressBar-filled))
	return []string{m.styles.Text.Render(w.Text), bar + m.styles.Dim.Render(fmt.Sprintf("  %d of %d", w.Done, w.Total))}
}

// loadPiece is the throughput in large figures.
func (m Model) loadPiece(large bool) []string {
	s := m.state
	if len(s.Load) == 0 {
		return m.progress()
	}
	p := s.Load[len(s.Load)-1]
	below := m.styles.Text.Render("operations a second") + m.styles.Dim.Render(fmt.Sprintf("   p50 %s   p99 %s   errors %d", latency(p.P50.Duration()), latency(p99Of(s.Load)), p.Errors))
	if !large {
		return []string{m.styles.Big.Render(fmt.Sprint(p.Ops)) + " " + below}
	}
	return append(m.bigLines(fmt.Sprint(p.Ops), m.styles.Big), below)
}

// faultPiece names the target and counts down.
func (m Model) faultPiece(r rect, large bool) []string {
	s := m.state
	if s.Plan == nil {
		return []string{m.styles.Accent.Render("choosing a target…")}
	}
	card := []string{m.styles.Dim.Render(named("target")) + m.styles.Bad.Render(s.Plan.Target)}
	card = append(card, m.entry("why", s.Plan.Why(), r.W)...)
	card = append(card, m.entry("what", s.Plan.Effect, r.W)...)
	card = append(card, m.entry("undo", s.Plan.Undo, r.W)...)
	card = append(card, m.sealLines(r.W)...)
	switch {
	case s.Phase == demo.PhaseInjecting && s.Plan.ByHand:
		return append(card, "", m.styles.Warn.Render("it is yours to do now"))
	case s.FaultBegun():
		return m.donePiece(r, large, card)
	case s.Countdown > 0 && large:
		return append(append(card[:1:1], ""), m.bigLines(fmt.Sprint(s.Countdown), m.styles.BigBad)...)
	case s.Countdown > 0:
		return append(card, "", m.styles.BadgeBad.Render(fmt.Sprintf("  %d  ", s.Countdown)))
	}
	return append(card, "", m.styles.Dim.Render("nothing is broken yet"))
}

// donePiece is the moment after the fault: its name in large letters where the
// countdown stood, and nothing beside it that was there before.
func (m Model) donePiece(r rect, large bool, card []string) []string {
	s := m.state
	effect, ago := " "+s.Plan.Effect+" ", "  "+age(m.now.Sub(s.FaultAt))+" ago"
	switch s.Phase {
	case demo.PhaseInjecting:
		ago = "  under way for " + age(m.now.Sub(s.FaultAt))
	case demo.PhaseHalf:
		ago = "  it failed half-way"
	}
	done := []string{"", m.styles.BadgeBad.Render(effect) + m.styles.Dim.Render(ago)}
	if ansi.StringWidth(effect+ago) > r.W {
		done = []string{"", m.styles.BadgeBad.Render(effect), m.styles.Dim.Render(ago)}
	}
	word := strings.ToUpper(s.Plan.Fault)
	if !large || bigWidth(word) > r.W {
		return append(card, done...)
	}
	return slices.Concat(card[:1], []string{""}, m.bigLines(word, m.styles.BigBad), done)
}

// bigLines draws large figures in one look.
func (m Model) bigLines(text string, look interface{ Render(...string) string }) []string {
	var lines []string
	for _, row := range big(text) {
		lines = append(lines, look.Render(row))
	}
	return lines
}
