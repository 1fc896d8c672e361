package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// diagnosisPiece is the answer: who gives it, what it says, what it rests on,
// and how much of that holds.
func (m Model) diagnosisPiece(r rect) []string {
	s := m.state
	if s.Asking == nil {
		return []string{m.styles.Dim.Render(m.say("no ticket, nothing to diagnose"))}
	}
	parts := []part{{lines: m.sourceLine()}, {lines: m.whyLines(r.W), rank: 1, close: true}, {}}
	if s.Answer == nil {
		parts[2].lines = m.claimsFigure(rect{r.W, bigRows + 1}) // no larger: the answer still grows
		parts = append(parts, part{lines: m.besideLines(m.say("already say"), s.Asking.Beside, r.W), rank: 1}, part{lines: m.proseLines(r.W), cut: fromStart})
		return m.pack(parts, r.H)
	}
	if m.large {
		parts = append(parts,
			part{lines: m.verdictLines(*s.Answer, r.W)},
			part{lines: m.proseLines(r.W), cut: fromEnd},
			part{lines: []string{m.styles.Dim.Render(named(m.say("proposed"))) + m.styles.Strong.Render(s.Answer.Action.String())}},
		)
		parts[2].lines = m.claimsFigure(rect{r.W, r.H - height(parts) - gapRow})
		return m.pack(parts, r.H)
	}
	return m.pack(append(parts,
		part{lines: append(m.verdictLines(*s.Answer, r.W), m.openedLine(r.W)...)},
		part{lines: m.proseLines(r.W), cut: fromEnd},
		part{lines: m.evidenceLines(r), rank: 6},
		part{lines: m.alternativeLines(r.W), rank: 5},
		part{lines: m.besideLines(m.say("said"), s.Answer.Beside, r.W), rank: 4},
		part{lines: []string{m.styles.Dim.Render(named(m.say("proposed"))) + m.styles.Strong.Render(s.Answer.Action.String())}},
		part{lines: m.riskLines(*s.Answer, r.W), rank: 1, close: true}, // the question says it again
		part{lines: m.usageLines(s.Answer.Usage, r.W), rank: 3, close: true},
		part{lines: m.cardLines(r.W), rank: 2},
	), r.H)
}

// claimsFigure is how many claims hold, in large type.
func (m Model) claimsFigure(r rect) []string {
	good, all := m.state.VerifiedClaims()
	if !m.large || all == 0 {
		return nil
	}
	room := min(2*bigRows, max(bigRows, r.H-1))
	return append(m.figure(fmt.Sprintf("%d/%d", good, all), rect{r.W, room}, m.styles.Big), m.styles.Text.Render(m.say("claims hold")))
}

// sourceLine says who answers, on what, and how much of it holds.
func (m Model) sourceLine() []string {
	s := m.state
	look := m.styles.Badge
	if s.Asking.Why != "" {
		look = m.styles.BadgeWarn
	}
	line := look.Render(" "+s.Asking.Source+" ") + m.styles.Dim.Render("  "+m.say("E1–E%d, frozen", len(s.Asking.Evidence)))
	return []string{line + m.styles.Text.Render(m.verified())}
}

// whyLines say why nobody better answers. They are the first to give way to a
// claim: the page of the whole answer has them.
func (m Model) whyLines(w int) []string {
	if m.state.Asking.Why == "" {
		return nil
	}
	return m.wrapped(m.styles.Dim, m.state.Asking.Why, w)
}

// verified is the share of the claims that the evidence supports: so far, or
// in all.
func (m Model) verified() string {
	good, all := m.state.VerifiedClaims()
	switch {
	case m.state.Answer != nil:
		return m.say(", %d of %d hold", good, all)
	case all > 0:
		return m.say(", %d of %d hold", good, all)
	}
	return ""
}

// besideLines are what others who were asked at the same time make of it: there
// is an answer before the one that is awaited.
func (m Model) besideLines(said string, beside []demo.Verdict, w int) []string {
	var lines []string
	for _, v := range beside {
		for _, l := range wrap(fmt.Sprintf("%s %s: %s, %s", v.Source, said, finding(v.Component, v.FaultType), v.Action), w) {
			lines = append(lines, m.styles.Dim.Render(l))
		}
	}
	return lines
}

func finding(component, faultType string) string {
	words := strings.ReplaceAll(faultType, "_", " ")
	if component == "" {
		return words
	}
	return component + " " + words
}

// verdictLines are the answer in one line, or two, and two things apart: whether it is
// right, against what was sealed, and whether the evidence bears it out. An
// answer may be right by luck.
func (m Model) verdictLines(a demo.DiagnosisFinished, w int) []string {
	name := finding(a.Component, a.FaultType)
	if a.Component != "" {
		name = a.Component + ": " + strings.ReplaceAll(a.FaultType, "_", " ")
	}
	marks := m.verdictMark(a.Correct, m.voice().Right(a.Correct)) + "  " + m.verdictMark(a.Grounded, m.voice().Grounded(a.Grounded))
	if line := m.styles.Strong.Render(name) + "  " + marks; lipgloss.Width(line) <= w {
		return []string{line}
	}
	return []string{m.styles.Strong.Render(name), marks}
}

// verdictMark is a word with its sign.
func (m Model) verdictMark(holds bool, word string) string {
	if holds {
		return m.styles.Good.Render("✓ " + word)
	}
	return m.styles.Bad.Render("✗ " + word)
}

// signWidth is that of the sign before a claim, and of the space where there is
// none.
const signWidth = 2

// proseLines are the answer sentence by sentence, each claim with the outcome of
// its check as it comes.
func (m Model) proseLines(w int) []string {
	var lines []string
	rest := m.state.Prose
	plain := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			lines = append(lines, m.unchecked(text, w)...)
		}
	}
	for _, c := range m.state.Claims {
		i := strings.Index(rest, c.Text)
		if i < 0 || c.Text == "" {
			continue // it is said elsewhere in the answer
		}
		plain(rest[:i])
		rest = rest[i+len(c.Text):]
		lines = append(lines, m.claimLines(c, w)...)
	}
	plain(rest)
	return lines
}

// unchecked is what was said and not checked: grey while the answer still comes.
func (m Model) unchecked(text string, w int) []string {
	if m.state.Answer != nil {
		return m.signed(" ", text, w)
	}
	sign, look := m.styles.Dim.Render("·"), m.styles.Dim
	var lines []string
	for _, l := range wrap(text, max(1, w-signWidth)) {
		lines, sign = append(lines, sign+" "+look.Render(l)), " "
	}
	return lines
}

// claimLines are one claim, and why it does not hold if it does not.
func (m Model) claimLines(c demo.Claim, w int) []string {
	if c.OK {
		return m.signed(m.styles.Good.Render("✓"), c.Text, w)
	}
	lines := m.signed(m.styles.Bad.Render("✗"), c.Text, w)
	for _, l := range wrap(c.Why, max(1, w-signWidth)) {
		lines = append(lines, strings.Repeat(" ", signWidth)+m.styles.Bad.Render(l))
	}
	return lines
}

// signed wraps text with a sign before its first line.
func (m Model) signed(sign, text string, w int) []string {
	var lines []string
	for i, l := range wrap(text, max(1, w-signWidth)) {
		if i > 0 {
			sign = " "
		}
		lines = append(lines, sign+" "+m.styles.Text.Render(l))
	}
	return lines
}

// evidenceLines are the numbered pieces of evidence: whole on the page of the
// whole answer, and elsewhere a line each.
func (m Model) evidenceLines(r rect) []string {
	const number = 4
	lines := []string{m.styles.Title.Render(m.say("Evidence"))}
	for _, e := range m.state.Asking.Evidence {
		pieces := wrap(e.Text, max(1, r.W-number))
		if r.H < wholeAnswer {
			pieces = []string{fitLine(e.Text, max(0, r.W-number))}
		}
		name := fmt.Sprintf("E%d", e.N)
		for _, p := range pieces {
			lines = append(lines, m.styles.Accent.Render(fmt.Sprintf("%-*s", number, name))+m.styles.Text.Render(p))
			name = ""
		}
	}
	return lines
}

func (m Model) alternativeLines(w int) []string {
	if len(m.state.Answer.Alternatives) == 0 {
		return nil
	}
	lines := []string{m.styles.Title.Render(m.say("Why not something else"))}
	for _, a := range m.state.Answer.Alternatives {
		text := a.Cause + ": " + a.Against
		i := slices.IndexFunc(m.state.Claims, func(c demo.Claim) bool { return c.Text == text })
		if i < 0 {
			lines = append(lines, m.signed(m.styles.Dim.Render("·"), text, w)...)
			continue
		}
		lines = append(lines, m.claimLines(m.state.Claims[i], w)...)
	}
	return lines
}

// riskLines are what speaks against the proposed action.
func (m Model) riskLines(a demo.DiagnosisFinished, w int) []string {
	risk := a.OnTerms().Risk
	if risk == "" {
		return nil
	}
	return m.entry(m.say("risk"), m.quote(risk), w)
}

// usageLines are what it took to ask a model.
func (m Model) usageLines(u *demo.Usage, w int) []string {
	if u == nil {
		return nil
	}
	return m.entry(m.say("asked"), m.say("%s, %d + %d tokens, %s, %s", u.Model, u.InputTokens, u.OutputTokens, m.count(u.Turns, "%d turn", "%d turns"), m.count(u.ToolCalls, "%d tool call", "%d tool calls")), w)
}

// nameWidth is that of the names before entries.
const nameWidth = 10

func named(name string) string { return fmt.Sprintf("%-*s", nameWidth, name) }

// entry is a name and a text that hangs beside it.
func (m Model) entry(name, text string, w int) []string {
	var lines []string
	for _, l := range wrap(text, max(1, w-nameWidth)) {
		lines = append(lines, m.styles.Dim.Render(named(name))+m.styles.Text.Render(l))
		name = ""
	}
	return lines
}
