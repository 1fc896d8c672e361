package tui

import (
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Update takes one message in.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		return m, nil
	case tickMsg:
		m.now = time.Time(msg)
		return m, m.tick()
	case eventMsg:
		if msg.closed {
			return m, nil
		}
		m, cmd := m.apply(msg.event)
		return m, tea.Batch(cmd, m.listen())
	case overMsg:
		if m.state.Finished != nil {
			return m, tea.Quit
		}
		return m, nil
	case backgroundMsg:
		if m.asks {
			m = m.wear(msg)
		}
		return m, nil
	case suspendedMsg:
		if msg.err != nil {
			m.notice = msg.err.Error()
		}
		return m, nil
	case tea.KeyMsg:
		return m.typed(msg)
	}
	return m, nil
}

// typed takes what came in one read. Keys that came together are keys one by
// one; a text that was pasted is none.
func (m Model) typed(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	m.notice = ""
	if k.Type == tea.KeyCtrlC {
		m.cfg.Heard()
	}
	switch {
	case k.Paste:
		return m, nil
	case k.Type == tea.KeyCtrlZ:
		return m, suspend()
	case k.Type != tea.KeyRunes || len(k.Runes) < 2:
		return m.press(k)
	}
	var cmds []tea.Cmd
	var next tea.Model = m
	for _, r := range k.Runes {
		one := k
		one.Runes = []rune{r}
		var cmd tea.Cmd
		next, cmd = next.(Model).press(one)
		cmds = append(cmds, cmd)
	}
	return next, tea.Batch(cmds...)
}

// apply hands one event to the play.
func (m Model) apply(e demo.Event) (Model, tea.Cmd) {
	if e.At.After(m.now) {
		m.now = e.At
	}
	state, effects := demo.Apply(m.state, e)
	m.state = state
	return m, m.perform(effects)
}

func (m Model) ask(i demo.Intent, n int) (Model, tea.Cmd) {
	return m.apply(demo.Event{At: m.cfg.Now(), Body: demo.Asked{Intent: i, N: n, Rev: m.state.Rev}})
}

// press decides what a key means now. Under an overlay any key only takes it
// away, so that a speaker who comes back to a blank screen does not go on by
// accident; leaving always works.
func (m Model) press(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	switch {
	case key.Matches(k, m.keys.Quit), key.Matches(k, m.keys.Interrupt):
	case m.over.paged():
		return m.turn(k)
	case m.over != noOverlay:
		return m.uncover()
	}
	m.over = noOverlay                                          // what leaving asks must be seen
	if m.state.Question != demo.NoQuestion || m.state.Leaving { // they come first
		return m.offer(k)
	}
	switch {
	case key.Matches(k, m.keys.Help):
		m.over = helpOverlay
		return m, nil
	case key.Matches(k, m.keys.Notes):
		return m.open(notesOverlay)
	case key.Matches(k, m.keys.Text):
		return m.open(textOverlay)
	case key.Matches(k, m.keys.Blank):
		m.over = blankOverlay
		return m, nil
	case key.Matches(k, m.keys.Sent) && m.state.Outgoing != nil:
		return m.open(outgoingOverlay)
	case key.Matches(k, m.keys.Seal) && m.state.Sealed != "":
		return m.open(sealOverlay)
	case key.Matches(k, m.keys.Answer) && m.state.Asking != nil:
		return m.open(answerOverlay)
	}
	return m.offer(k)
}

// offer asks for what a key stands for, if the play offers it. What it refuses is
// asked for too, so that the reason is shown.
func (m Model) offer(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	if m.state.Question != demo.NoQuestion && key.Matches(k, m.keys.Close) {
		return m.ask(demo.Back, 0) // a clicker sends it too, and it decides nothing
	}
	offers := demo.Offers(m.state)
	for _, enabled := range []bool{true, false} {
		for _, x := range m.keys.asks() {
			if !key.Matches(k, x.Binding) {
				continue
			}
			n := 0
			if len(k.Runes) == 1 && k.Runes[0] >= '0' && k.Runes[0] <= '9' {
				n = int(k.Runes[0] - '0')
			}
			for _, i := range x.intents {
				if slices.ContainsFunc(offers, func(o demo.Offer) bool { return o.Intent == i && o.Enabled == enabled && (o.N == 0 || o.N == n) }) {
					return m.ask(i, n)
				}
			}
		}
	}
	return m, nil
}

// uncover takes an overlay away. A question that came meanwhile is seen only
// now, so its keys are dead for a moment again.
func (m Model) uncover() (tea.Model, tea.Cmd) {
	m.over = noOverlay
	if m.state.Question == demo.AskApprove {
		return m.ask(demo.Decide, 0)
	}
	return m, nil
}
