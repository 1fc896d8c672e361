package tui

import (
	"context"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// StandIn is a record that is shown in the place of a live talk that hangs.
type StandIn struct {
	Stage Stage
	State demo.State // with which it begins
	Now   func() time.Time
	Label string // for every frame: "RECORD 2026-03-04 10:15, not live"
	Run   string // id of the recorded run
	Head  string // of its record
	Press func() // goes on where the record waits; it never blocks
	// Broken says that the record is not whole; nil for one that is.
	Broken func() bool
}

type (
	standInMsg struct { // a record was opened
		standIn StandIn
		err     error
	}
	standInEventMsg struct { // one of its events
		of Stage
		eventMsg
	}
)

// wantsStandIn says whether a record is to be opened: the play has just gone over to it,
// or tries again after it could not be opened.
func (m Model) wantsStandIn(before demo.State) bool {
	again := before.NotShown() != "" && m.state.NotShown() == ""
	return m.cfg.StandIn != nil && m.stand == nil && m.state.OnRecord() && (again || !before.OnRecord())
}

// openStandIn opens the record where the live talk stands.
func (m Model) openStandIn() tea.Cmd {
	open, ctx, chapter := m.cfg.StandIn, m.ctx, m.state.Chapters[m.state.Reached].N
	return func() tea.Msg {
		s, err := open(ctx, chapter)
		return standInMsg{s, err}
	}
}

// standIn shows a record that was opened, as it is shown in a replay.
func (m Model) standIn(msg standInMsg) (Model, tea.Cmd) {
	if msg.err != nil {
		return m.apply(demo.Event{At: m.cfg.Now(), Body: demo.RecordFailed{Err: msg.err.Error()}})
	}
	if !m.state.OnRecord() {
		return m, nil
	}
	s := msg.standIn
	cfg := m.cfg
	cfg.Stage, cfg.State, cfg.Now, cfg.Attached, cfg.StandIn = s.Stage, s.State, s.Now, nil, nil
	cfg.Replay = &Replay{Label: s.Label, Press: s.Press, Run: s.Run, Head: s.Head, Broken: s.Broken}
	in := New(m.ctx, cfg).dress(m.styles)
	in.inPlace, in.large, in.logOn, in.chart.pen = true, m.large, m.logOn, m.chart.pen
	m.stand, m.past, m.over, m.focus = &in, nil, noOverlay, noFocus
	m, tell := m.recordMoved()
	return m, tea.Batch(tell, in.listenAs())
}

// recordMoved tells the live play which chapter of the record is shown.
func (m Model) recordMoved() (Model, tea.Cmd) {
	of, s := m.stand.cfg.Replay, m.stand.state
	c := s.Chapters[s.Reached]
	return m.apply(demo.Event{At: m.cfg.Now(), Body: demo.RecordMoved{RecordShown: demo.RecordShown{N: c.N, ID: c.ID, Run: of.Run, Head: of.Head, Of: s.Now}}})
}

// listenAs waits for one event of a record that stands in.
func (m Model) listenAs() tea.Cmd {
	stage := m.cfg.Stage
	return func() tea.Msg {
		e, ok := <-stage.Watch()
		return standInEventMsg{stage, eventMsg{e, !ok}}
	}
}

// standInEvent takes an event of the record. What it would have executed has
// happened long ago.
func (m Model) standInEvent(msg standInEventMsg) (Model, tea.Cmd) {
	if m.stand == nil || m.stand.cfg.Stage != msg.of || msg.closed {
		return m, nil
	}
	before := m.stand.state.Reached
	in, _ := m.stand.apply(msg.event)
	m.stand = &in
	if in.state.Reached == before {
		return m, in.listenAs()
	}
	m, tell := m.recordMoved()
	return m, tea.Batch(tell, in.listenAs())
}

// standsIn says whether the screen shows the record. What is asked, and leaving,
// are of the live talk and must be seen.
func (m Model) standsIn() bool {
	return m.stand != nil && m.state.OnRecord() && m.state.Question == demo.NoQuestion
}

// onStandIn takes a key while the record is shown. It says whether it is the
// record's: leaving, and going back to the live talk, are not.
func (m Model) onStandIn(k tea.KeyMsg) (Model, tea.Cmd, bool) {
	if !m.standsIn() || key.Matches(k, m.keys.Quit, m.keys.Interrupt, m.keys.TakeOver) {
		return m, nil, false
	}
	next, cmd := m.stand.press(k)
	in := next.(Model)
	m.stand = &in
	m.large, m.logOn = in.large, in.logOn
	return m.dress(in.styles), cmd, true
}

// shownStandIn is the record as it is drawn now.
func (m Model) shownStandIn() Model {
	in := *m.stand
	in.width, in.height = m.width, m.height
	if in.notice == "" {
		in.notice = m.notice
	}
	in.aside, in.clocked, in.frozenFor, in.ofLive = m.liveAside(), m.clock(), m.frozenFor, m.liveOffers()
	return in
}

// liveOffers are what the keys do that are the live talk's while a record is shown.
func (m Model) liveOffers() []demo.Offer {
	return slices.DeleteFunc(demo.Offers(m.state), func(o demo.Offer) bool { return !slices.Contains(liveIntents, o.Intent) })
}

// liveAside says how the live side is, while a record is shown.
func (m Model) liveAside() string {
	s := m.state
	refusal := m.voice().Refusal(s)
	switch {
	case refusal != "":
		return m.styles.Warn.Render(refusal)
	case s.LiveWell():
		return m.styles.Good.Render(m.say("live: well again, R goes back"))
	case s.FaultOpen():
		return m.styles.Warn.Render(m.say("live: repairing %s", s.Plan.Target))
	}
	return m.styles.Warn.Render(m.say("live: not well yet"))
}

// withAside puts what is said of the live side at the right of a line.
func (m Model) withAside(line string, w int) string {
	room := w - ansi.StringWidth(m.aside) - 2
	if m.aside == "" || room < 0 {
		return line
	}
	return fitLine(line, room) + "  " + m.aside
}

// StandIns opens the record that can stand in, at a chapter.
type StandIns func(ctx context.Context, chapter int) (StandIn, error)
