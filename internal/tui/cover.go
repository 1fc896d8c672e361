package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Cover says what hides the talk from the audience.
type Cover int

// The covers.
const (
	Uncovered Cover = iota
	Blanked         // nothing is shown
	Frozen          // an old frame is shown
)

// Cover says whether the audience sees the talk as it is, and since when not. It
// is for whoever presents on another screen.
func (m Model) Cover() (Cover, time.Time) { return m.cover, m.coveredAt }

// coverUp blanks or freezes the screen, or takes that away. While it is covered
// only the same key and an interrupt do anything: a press of next must not go on
// unseen. It says whether the key was taken.
func (m Model) coverUp(k tea.KeyMsg) (Model, tea.Cmd, bool) {
	wanted := Uncovered
	switch {
	case key.Matches(k, m.keys.Interrupt):
		m.cover, m.frozen, m.wrongKey = Uncovered, nil, false
		return m, nil, false
	case key.Matches(k, m.keys.Blank):
		wanted = Blanked
	case key.Matches(k, m.keys.Freeze):
		wanted = Frozen
	}
	switch {
	case m.cover == Uncovered && (wanted == Uncovered || wanted == Frozen && (m.over != noOverlay || m.past != nil)):
		return m, nil, false
	case m.cover != Uncovered && wanted != m.cover:
		m.wrongKey = true
		return m, nil, true
	}
	m, cmd := m.toggleCover(wanted)
	return m, cmd, true
}

// toggleCover puts a cover on, or takes the same one away. Its age is told by the
// audience's clock: the time of a record stands still while it waits.
func (m Model) toggleCover(wanted Cover) (Model, tea.Cmd) {
	m.wrongKey = false
	if m.cover == wanted {
		m.cover, m.frozen = Uncovered, nil
		return m.seen()
	}
	m.cover, m.coveredAt, m.wall = wanted, m.cfg.Clock(), m.cfg.Clock()
	if wanted == Frozen {
		old := m
		old.cover = Uncovered
		m.frozen = &old
	}
	return m, nil
}

// seen tells the play that what was covered is seen now: the keys of a question
// that came meanwhile are dead for a moment again.
func (m Model) seen() (Model, tea.Cmd) {
	if m.state.Question == demo.AskApprove && m.cfg.Replay == nil {
		return m.ask(demo.Decide, 0)
	}
	return m, nil
}

// coverView is what is shown instead of the talk.
func (m Model) coverView() string {
	if m.cover == Blanked {
		said := ""
		if m.wrongKey {
			said = m.styles.Dim.Render(" " + m.say(". shows the screen again"))
		}
		return m.stamped(fit(strings.Repeat("\n", max(0, m.height-1))+said, m.width, m.height))
	}
	old := *m.frozen
	old.width, old.height = m.width, m.height
	old.frozenFor = m.say("frozen %s", age(m.wall.Sub(m.coveredAt)))
	if m.wrongKey {
		old.frozenFor = m.say("frozen %s, x goes on", age(m.wall.Sub(m.coveredAt)))
	}
	return old.frame()
}
