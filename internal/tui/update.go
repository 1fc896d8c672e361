package tui

import (
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
	case tea.KeyMsg:
		return m.press(msg)
	}
	return m, nil
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
	return m.apply(demo.Event{At: m.cfg.Now(), Body: demo.Asked{Intent: i, N: n}})
}

// press decides what a key means now. Under an overlay any key only takes it
// away, so that a speaker who comes back to a blank screen does not go on by
// accident; leaving always works.
func (m Model) press(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	switch m.state.Question {
	case demo.AskQuitFault, demo.AskQuorum, demo.AskQuorumAgain:
		switch {
		case key.Matches(k, m.keys.Yes):
			return m.ask(demo.Confirm, 0)
		case key.Matches(k, m.keys.No):
			return m.ask(demo.Dismiss, 0)
		}
		return m, nil
	}
	switch {
	case key.Matches(k, m.keys.Quit):
	case m.over.paged():
		return m.turn(k)
	case m.over != noOverlay:
		return m.uncover()
	}
	m.over = noOverlay // what leaving asks must be seen
	switch m.state.Question {
	case demo.AskApprove:
		return m.decide(k)
	case demo.AskReason:
		return m.explain(k)
	}
	switch {
	case key.Matches(k, m.keys.Help):
		m.over = helpOverlay
		return m, nil
	case key.Matches(k, m.keys.Notes):
		m.over = notesOverlay
		return m, nil
	case key.Matches(k, m.keys.Blank):
		m.over = blankOverlay
		return m, nil
	case key.Matches(k, m.keys.Sent) && m.state.Outgoing != nil:
		return m.open(outgoingOverlay)
	case key.Matches(k, m.keys.Seal) && m.state.Sealed != "":
		return m.open(sealOverlay)
	case key.Matches(k, m.keys.Answer) && m.state.Asking != nil:
		return m.open(answerOverlay)
	case key.Matches(k, m.keys.Jump):
		return m.ask(demo.Jump, int(k.Runes[0]-'0'))
	}
	for _, x := range m.keys.intents() {
		if key.Matches(k, x.Binding) {
			return m.ask(x.Intent, 0)
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

// decide is what a key means before the proposed action: one approves, one
// refuses, those that go on go on without, and a way back decides nothing.
func (m Model) decide(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	switch {
	case key.Matches(k, m.keys.Approve):
		return m.ask(demo.Confirm, 0)
	case key.Matches(k, m.keys.Refuse):
		return m.ask(demo.Dismiss, 0)
	case key.Matches(k, m.keys.Without):
		return m.ask(demo.Advance, 0)
	case key.Matches(k, m.keys.Back), key.Matches(k, m.keys.Close):
		return m.ask(demo.Back, 0)
	case key.Matches(k, m.keys.Quit):
		return m.ask(demo.Quit, 0)
	}
	return m, nil
}

// explain takes the reason of a refusal.
func (m Model) explain(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	switch {
	case key.Matches(k, m.keys.Choose):
		return m.ask(demo.Choose, int(k.Runes[0]-'0'))
	case key.Matches(k, m.keys.Back), key.Matches(k, m.keys.Close):
		return m.ask(demo.Back, 0)
	case key.Matches(k, m.keys.Quit):
		return m.ask(demo.Quit, 0)
	}
	return m, nil
}
