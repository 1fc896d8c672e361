package tui

import (
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// clickerKeys are what clickers send: next and back, a blank screen, one start button
// that alternates F5 and Escape, and arrows.
var clickerKeys = []string{"pgdown", "pgup", ".", "b", "f5", "esc", "right", "left"}

// clickGap is the time between two presses that are meant as two. A double click
// took 100 to 200 ms; a held key repeats every 30 ms.
const clickGap = 300 * time.Millisecond

// echoed says whether a key is the second half of a double click, or the repeat of a
// clicker's key that is held. Where a page is scrolled, or a pane chosen, a repeat is
// meant.
func (m Model) echoed(k tea.KeyMsg) (Model, bool) {
	name := k.String()
	if !slices.Contains(clickerKeys, name) {
		m.clicked = ""
		return m, false
	}
	now := m.cfg.Clock()
	again := name == m.clicked && now.Sub(m.clickedAt) < clickGap
	m.clicked, m.clickedAt = name, now
	return m, again && m.over == noOverlay && m.focus == noFocus && m.past == nil
}

// closes says whether Escape and F5 take the open question away. A clicker's start
// button sends them, so they do not where something is decided.
func (m Model) closes() bool {
	return m.state.Question != demo.AskApprove && m.state.Question != demo.AskReason
}

// ClickGap is the time within which a second press of a clicker's key is the first.
const ClickGap = clickGap

// Sent is what a key is and would do, for whoever tries a clicker.
type Sent struct {
	Key  string // as people write it
	Does string
	Safe bool // it can neither leave, nor force, nor decide
}

// Meaning says what a key would do on the screen.
func Meaning(k tea.KeyMsg) Sent {
	keys := newKeyMap(words.English)
	name := written([]string{k.String()})
	for _, b := range []key.Binding{keys.Advance, keys.Back, keys.Blank, keys.Close} {
		if key.Matches(k, b) {
			return Sent{name, meanings[b.Help().Key], true}
		}
	}
	for _, l := range keys.reference() {
		if key.Matches(k, l.Binding) {
			return Sent{name, l.does, false}
		}
	}
	return Sent{name, "nothing", true}
}

// meanings are what a clicker's keys do, by how their bindings are shown.
var meanings = map[string]string{
	"Space": "next; in chapter 4 it starts the countdown. A double click counts once",
	"←":     "back; nothing is done twice",
	".":     "blanks the screen; the same key shows it again",
	"Esc":   "closes a page that lies over the screen, and decides nothing",
}
