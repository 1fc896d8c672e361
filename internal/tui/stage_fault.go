package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// faultPiece names the target, counts down, and says what was done: one after
// the other, each the largest thing on the screen.
func (m Model) faultPiece(r rect) []string {
	s := m.state
	switch {
	case s.Plan == nil:
		return []string{m.styles.Accent.Render(m.say("choosing a target…"))}
	case s.Phase == demo.PhaseInjecting && s.Plan.ByHand:
		return append(m.targetPiece(r), "", m.styles.Warn.Render(m.say("it is yours to do now")))
	case s.FaultBegun():
		return m.donePiece(r)
	case s.Countdown > 0:
		return m.countdownPiece(r)
	}
	return m.targetPiece(r)
}

// targetPiece is the target before anything is done to it, what is expected to
// happen, and the seal on what will be done.
func (m Model) targetPiece(r rect) []string {
	s := m.state
	card := m.entry(m.say("why"), m.quote(s.Plan.Why()), r.W)
	if !m.large {
		card = slices.Concat(card, m.entry(m.say("what"), m.quote(s.Plan.Effect), r.W), m.entry(m.say("undo"), m.quote(s.Plan.Undo), r.W))
	}
	parts := []part{
		{lines: []string{m.styles.Dim.Render(m.say("the target"))}},
		{close: true},
		{lines: m.expectedLines(r.W)},
		{lines: card, cut: fromEnd},
		{lines: m.sealLines(r.W)},
		{lines: []string{m.styles.Dim.Render(m.say("nothing is broken yet"))}},
	}
	room := r.H - height(parts)
	parts[1].lines = m.figure(s.Plan.Target, rect{r.W, min(room, 2*bigRows)}, m.styles.BigBad)
	return m.pack(parts, r.H)
}

// expectedLines is the hypothesis.
func (m Model) expectedLines(w int) []string {
	if m.state.Hypothesis == nil {
		return nil
	}
	var lines []string
	name := m.say("expected")
	for _, l := range wrap(m.voice().Hypothesis(*m.state.Hypothesis), max(1, w-nameWidth)) {
		lines, name = append(lines, m.styles.Dim.Render(named(name))+m.styles.Strong.Render(l)), ""
	}
	return lines
}

// countdownPiece is the figure, and above it what it counts down to.
func (m Model) countdownPiece(r rect) []string {
	lines := []string{m.targetLine(), ""}
	return append(lines, m.middle(m.figure(fmt.Sprint(m.state.Countdown), rect{r.W, r.H - len(lines)}, m.styles.BigBad), r.W)...)
}

func (m Model) targetLine() string {
	return m.styles.Dim.Render(named(m.say("target"))) + m.styles.Bad.Render(m.state.Plan.Target)
}

// donePiece is the moment after the fault: its name in large letters where the
// countdown stood, and nothing beside it that was there before.
func (m Model) donePiece(r rect) []string {
	s := m.state
	effect, ago := " "+m.quote(s.Plan.Effect)+" ", "  "+m.say("%s ago", age(m.now.Sub(s.FaultAt)))
	switch s.Phase {
	case demo.PhaseInjecting:
		ago = "  " + m.say("under way for %s", age(m.now.Sub(s.FaultAt)))
	case demo.PhaseHalf:
		ago = "  " + m.say("it failed half-way")
	}
	done := []string{"", m.styles.BadgeBad.Render(effect) + m.styles.Dim.Render(ago)}
	if ansi.StringWidth(effect+ago) > r.W {
		done = append([]string{""}, m.wrapped(m.styles.BadgeBad, m.quote(s.Plan.Effect), r.W)...)
		done = append(done, m.styles.Dim.Render(strings.TrimSpace(ago)))
	}
	head := []string{m.targetLine(), ""}
	word := m.figure(strings.ToUpper(s.Plan.Fault), rect{r.W, r.H - len(head) - len(done)}, m.styles.BigBad)
	return slices.Concat(head, word, done)
}
