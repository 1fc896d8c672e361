package tui

import (
	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// versionLines are all diagnoses of the ticket, where there was more than one.
func (m Model) versionLines(w int) []string {
	t, _ := m.state.AskedTicket()
	if len(t.Versions) < 2 {
		return nil
	}
	lines := []string{"", m.styles.Title.Render(m.say("Every diagnosis of %s", t.ID))}
	for i, v := range t.Versions {
		words := m.say("%d. %s at %s: %s", i+1, v.Source, v.At.Format("15:04:05"), m.versionEnd(v, i == len(t.Versions)-1))
		for _, l := range wrap(words, w) {
			lines = append(lines, m.styles.Text.Render(l))
		}
		if v.Answer == nil && v.Prose != "" {
			lines = append(lines, m.signed(" ", m.say("it had said: %s", v.Prose), w)...)
		}
	}
	return lines
}

func (m Model) versionEnd(v demo.Version, latest bool) string {
	switch {
	case v.Answer != nil:
		return finding(v.Answer.Component, v.Answer.FaultType) + ", " + v.Answer.Action.String()
	case latest:
		return m.say("looks at the evidence")
	case v.Ended != "":
		return m.say("gave no answer: %s", v.Ended)
	}
	return m.say("gave no answer")
}
