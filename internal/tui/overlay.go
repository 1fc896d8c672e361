package tui

import (
	"fmt"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// helpDocument lists every key: what the play offers now, or why it does not, and
// beside that, or below where the screen is narrow, what is the screen's own.
func (m Model) helpDocument() document {
	var own []string
	keys := m.keys.own()
	if !slices.ContainsFunc(m.helpOffers(), func(o demo.Offer) bool { return o.Intent == demo.Jump }) {
		keys = slices.DeleteFunc(keys, func(k key.Binding) bool { return slices.Equal(k.Keys(), m.keys.Jump.Keys()) })
	}
	if m.cfg.Attached != nil {
		keys = append(keys, m.keys.Unlock)
	}
	for _, b := range keys {
		own = append(own, m.helpLines(b.Help().Key, b.Help().Desc, true)...)
	}
	offers := m.offerLines()
	lines := append(append(offers, ""), own...)
	if wide := m.sideBySide(offers, own); m.width >= lipgloss.Width(wide[0]) {
		lines = wide
	}
	return document{title: m.say("Keys"), lines: append(lines, "",
		m.styles.Dim.Render(m.say("Enter → PageDown l are Space; ← PageUp h p go back.")),
		m.styles.Dim.Render(m.say("A clicker can neither leave, nor force, nor approve.")))}
}

// offerLines are the play's offers. Jumps have a line of the screen's.
func (m Model) offerLines() []string {
	var lines []string
	for _, i := range []demo.Intent{demo.Advance, demo.Back, demo.Confirm, demo.Dismiss, demo.Choose, demo.Decide, demo.Force, demo.Retry, demo.Restart, demo.TakingOver, demo.Pause, demo.Quit, demo.Interrupt} {
		for _, o := range m.helpOffers() {
			if o.Intent != i || o.Label == demo.DoSee {
				continue
			}
			shown := m.keys.binding(i).Help().Key
			if i == demo.Choose {
				shown = fmt.Sprint(o.N)
			}
			said := m.voice().Offer(o)
			if !o.Enabled {
				said = m.voice().Why(m.state, demo.Refusal{Why: o.Why, N: o.N})
			}
			lines = append(lines, m.helpLines(shown, said, o.Enabled)...)
		}
	}
	return lines
}

// helpOffers are what the help lists. Of what a record offered, going on is all that its
// keys do now. Leaving is the live talk's, where there is one, as is R; where there is none,
// it asks nothing.
func (m Model) helpOffers() []demo.Offer {
	offers := demo.Offers(m.state)
	if m.cfg.Replay == nil {
		return offers
	}
	offers = slices.DeleteFunc(offers, func(o demo.Offer) bool { return o.Intent != demo.Advance })
	if m.inPlace {
		return append(offers, m.ofLive...)
	}
	leaves := func(i demo.Intent) demo.Offer { return demo.Offer{Intent: i, Label: demo.DoLeave, Enabled: true} }
	return append(offers, leaves(demo.Quit), leaves(demo.Interrupt))
}

// helpLines are a key and what it does. They are as narrow as the smallest screen, so that
// nothing is cut there and both columns have room on a larger one.
func (m Model) helpLines(shown, does string, enabled bool) []string {
	look := m.styles.Text
	if !enabled {
		look = m.styles.Dim
	}
	w := max(7, ansi.StringWidth(m.say("Space"))+1)
	var lines []string
	for _, l := range wrap(does, minWidth-w) {
		lines = append(lines, m.styles.Strong.Render(fmt.Sprintf("%-*s", w, shown))+look.Render(l))
		shown = ""
	}
	return lines
}
