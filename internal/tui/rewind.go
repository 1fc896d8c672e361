package tui

import (
	"fmt"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// scrubStep is how far one press goes. A key that is held repeats about 30 times
// a second.
const scrubStep = time.Second

// rewind is an earlier moment that the whole screen shows while the talk goes on.
type rewind struct {
	at    time.Time
	state demo.State // as it was then
}

// scrub goes back or forth by one step. Forth to the present ends it.
func (m Model) scrub(step time.Duration) (Model, tea.Cmd) {
	at := m.now
	if m.past != nil {
		at = m.past.at
	}
	at = at.Add(step)
	if first := m.history.From(); at.Before(first) {
		at = first
	}
	if !at.Before(m.now) {
		return m.present()
	}
	m.over, m.past = noOverlay, &rewind{at, m.history.At(at)}
	return m, nil
}

// present shows what is now. What was asked meanwhile is seen only now.
func (m Model) present() (Model, tea.Cmd) {
	if m.past == nil {
		return m, nil
	}
	m.past = nil
	return m.seen()
}

// rewound takes a key while the screen shows the past: it scrubs, changes how the
// screen looks, or returns. None of them reaches the play.
func (m Model) rewound(k tea.KeyMsg) (Model, tea.Cmd) {
	if zoomed, ok := m.displayed().zoom(k); ok && !key.Matches(k, m.keys.Close) {
		m.focus = zoomed.focus
		return m, nil
	}
	switch {
	case key.Matches(k, m.keys.Earlier, m.keys.Left):
		return m.scrub(-scrubStep)
	case key.Matches(k, m.keys.Later, m.keys.Right):
		return m.scrub(scrubStep)
	case key.Matches(k, m.keys.Advance, m.keys.Close):
		return m.present()
	}
	if looks, ok := m.display(k); ok {
		return looks, nil
	}
	m.notice = m.say("this is the past: Esc or Space returns to what is now")
	return m, nil
}

// displayed is the model as the screen shows it: as it is, or as it was.
func (m Model) displayed() Model {
	if m.past == nil {
		return m
	}
	live := m
	m.state, m.now, m.past, m.live = m.past.state, m.past.at, nil, &live
	return m
}

// rewindLabel says how far back the moment lies that is shown.
func (m Model) rewindLabel() string {
	back := m.live.now.Sub(m.now)
	text := fmt.Sprintf("%.1f s", back.Seconds())
	if back >= 100*time.Second {
		text = m.say("%s min", words.Clock(back))
	}
	if m.cfg.Replay != nil {
		return m.recordLabel() + " · " + m.say("REWIND −%s", text)
	}
	return m.say("REWIND −%s", text) + m.say(", live goes on")
}

// rewindLine stands in the place of what is waited for: what goes on meanwhile.
func (m Model) rewindLine() string {
	now := m.live.state
	switch {
	case m.notice != "":
		return m.styles.Warn.Render(m.notice)
	case now.Question != demo.NoQuestion:
		return m.styles.BadgeWarn.Render(" ? ") + m.styles.Warn.Render(" "+m.say("asked meanwhile: %s Esc returns to it", m.voice().Question(now)))
	}
	c := now.Chapter()
	if m.state.OnRecord() {
		return m.styles.Warn.Render(m.voice().Behind(m.state))
	}
	return m.styles.Dim.Render(m.say("as it was at %s; now it is chapter %d, %s", m.now.Local().Format("15:04:05"), c.N, c.Title))
}

// rewindKeys are the keys of the footer while the screen shows the past.
func (m Model) rewindKeys() []key.Binding {
	scrub, leave := m.keys.Earlier, m.keys.Close
	scrub.SetHelp("[ ]", m.say("back and forth"))
	leave.SetHelp("Esc", m.say("what is now"))
	return []key.Binding{scrub, leave, m.keys.Focus, m.keys.Large, m.keys.Log, m.keys.Theme}
}
