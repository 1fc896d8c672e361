package tui

import (
	"errors"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/tui/shell"
)

// Update takes one message in, and sees to it that whoever is attached hears of
// what it changed.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, publish := msg.(publishMsg); publish {
		return m.publish()
	}
	next, cmd := m.take(msg)
	told, tell := next.(Model).looked().changed()
	return told, tea.Batch(cmd, tell)
}

// take takes one message in.
func (m Model) take(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		before := rect{W: m.width, H: m.height}
		m = m.resized(msg.Width, msg.Height)
		return m, m.filmSize(before)
	case tickMsg:
		m.now, m.wall = time.Time(msg), time.Time(msg)
		m = m.checked()
		if m.cfg.Replay != nil {
			m.now = m.cfg.Now() // the record's time
		}
		if m.stand != nil {
			in := *m.stand
			in.now = in.cfg.Now()
			m.stand = &in
		}
		return m, m.tick()
	case eventMsg:
		if msg.closed {
			return m, nil
		}
		m, cmd := m.checked().apply(msg.event)
		return m, tea.Batch(cmd, m.listen())
	case standInMsg:
		return m.standIn(msg)
	case standInEventMsg:
		return m.standInEvent(msg)
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
	case requestMsg:
		m, cmd := m.requested(protocol.Request(msg))
		return m, tea.Batch(cmd, m.hearRequests())
	case unlockedMsg:
		m.notice = string(msg)
		return m, nil
	case shell.SuspendedMsg:
		switch {
		case errors.Is(msg.Err, shell.ErrNoShell):
			m.notice = m.tongue.NotSuspended()
		case msg.Err != nil:
			m.notice = msg.Err.Error()
		}
		return m, nil
	case tea.KeyMsg:
		return m.typed(msg)
	}
	return m, nil
}

// typed takes what came in one read.
func (m Model) typed(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	m.notice = ""
	if m.stand != nil { // it speaks for the screen
		in := *m.stand
		in.notice = ""
		m.stand = &in
	}
	if k.Type == tea.KeyCtrlC {
		if m.state.Finished != nil && m.cfg.Replay == nil { // only its last line is being written, which may hang
			return m, tea.Quit
		}
		m.cfg.Heard()
	}
	if k.Type == tea.KeyCtrlZ {
		return m, shell.Suspend()
	}
	return shell.OneByOne(m, k, func(m tea.Model, k tea.KeyMsg) (tea.Model, tea.Cmd) { return m.(Model).press(k) })
}

// apply hands one event to the play.
func (m Model) apply(e demo.Event) (Model, tea.Cmd) {
	if e.At.After(m.now) {
		m.now = e.At
	}
	before := m.state
	state, effects := demo.Take(before, e)
	m.state = state
	m.history.Took(e, state)
	if state.Play != before.Play {
		m = m.newRound()
	}
	if m.wantsStandIn(before) {
		return m, tea.Batch(m.execute(effects), m.filmChapter(before.Reached), m.openStandIn())
	}
	if !m.state.OnRecord() {
		m.stand = nil
	}
	if m.standsIn() { // a look back in the live talk ends with the question that showed it
		m.past = nil
	}
	return m, tea.Batch(m.execute(effects), m.filmChapter(before.Reached))
}

// newRound takes away what was shown of the round that is over: a loop begins the next
// one without a key, and most of it is not known there.
func (m Model) newRound() Model {
	m.over, m.scroll, m.past = noOverlay, 0, nil
	if !slices.Contains(m.focusable(), m.focus) {
		m.focus = noFocus
	}
	return m
}

func (m Model) ask(i demo.Intent, n int) (Model, tea.Cmd) {
	if m.cfg.Replay != nil {
		return m.replayed(i)
	}
	return m.apply(demo.Event{At: m.cfg.Now(), Body: demo.Asked{Intent: i, N: n, Rev: m.state.Rev}})
}

// press decides what a key means now. On a covered screen only the key that
// covered it does anything; over a page any key takes the page away; leaving
// always works.
func (m Model) press(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	m, echo := m.echoed(k)
	if echo {
		return m, nil
	}
	m, cmd, taken := m.coverUp(k)
	if taken {
		return m, cmd
	}
	if in, cmd, taken := m.onStandIn(k); taken {
		return in, cmd
	}
	switch {
	case key.Matches(k, m.keys.Interrupt):
		m.past = nil
	case m.past != nil:
		return m.rewound(k)
	case key.Matches(k, m.keys.Quit):
	case m.over == overviewOverlay:
		return m.choose(k)
	case m.over.paged():
		return m.turn(k)
	case m.over != noOverlay:
		return m.uncover()
	}
	m.over = noOverlay // what leaving asks must be seen
	if key.Matches(k, m.keys.Earlier) && m.state.Mode != demo.ModeLeaving {
		return m.scrub(-scrubStep)
	}
	if m.state.Question != demo.NoQuestion || m.state.Mode == demo.ModeLeaving { // they come first
		return m.offer(k)
	}
	if zoomed, ok := m.zoom(k); ok {
		return zoomed, nil
	}
	if looks, ok := m.display(k); ok {
		return looks, nil
	}
	switch {
	case key.Matches(k, m.keys.Unlock) && m.cfg.Attached != nil:
		return m, m.unlock()
	case key.Matches(k, m.keys.Help):
		return m.open(helpOverlay)
	case key.Matches(k, m.keys.Notes):
		return m.open(notesOverlay)
	case key.Matches(k, m.keys.Overview):
		return m.openOverview()
	case key.Matches(k, m.keys.Text):
		return m.open(textOverlay)
	case key.Matches(k, m.keys.Sent) && m.state.Outgoing != nil:
		return m.open(outgoingOverlay)
	case key.Matches(k, m.keys.Seal) && m.state.Sealed != "":
		return m.open(sealOverlay)
	case key.Matches(k, m.keys.Answer) && m.state.Asking != nil:
		return m.open(answerOverlay)
	}
	return m.offer(k)
}

// display handles the keys that change how the screen looks, whatever it shows. It
// says whether the key was one of them.
func (m Model) display(k tea.KeyMsg) (Model, bool) {
	switch {
	case key.Matches(k, m.keys.Large, m.keys.Small):
		m.large = key.Matches(k, m.keys.Large)
	case key.Matches(k, m.keys.Log):
		m.logOn = !m.logOn
	case key.Matches(k, m.keys.Theme):
		m = m.nextTheme()
	default:
		return m, false
	}
	return m, true
}

// offer asks for what a key stands for, if the play offers it. What it refuses is
// asked for too, so that the reason is shown.
func (m Model) offer(k tea.KeyMsg) (tea.Model, tea.Cmd) {
	if m.state.Question != demo.NoQuestion && key.Matches(k, m.keys.Close) {
		if !m.closes() {
			return m, nil
		}
		return m.ask(demo.Back, 0)
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

// uncover takes an overlay away.
func (m Model) uncover() (tea.Model, tea.Cmd) {
	m.over = noOverlay
	return m.seen()
}
