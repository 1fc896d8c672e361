package tui

import (
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// replayed is what asking means in a replay: leaving leaves, and everything else
// lets the record go on. What the record holds cannot be changed any more.
func (m Model) replayed(i demo.Intent) (Model, tea.Cmd) {
	switch {
	case i == demo.Quit || i == demo.Interrupt:
		return m, tea.Quit
	case !ofRecord(i):
		m.notice = m.say("this is a replay: the record goes its own way; Space goes on")
		return m, nil
	}
	press := m.cfg.Replay.Press
	return m, func() tea.Msg { press(); return nil }
}

// label says that what is shown is not what is now; "" where it is.
func (m Model) label() string {
	label := m.source()
	if label != "" && m.frozenFor != "" {
		label += " · "
	}
	return label + m.frozenFor
}

// source says where a screen that is not live comes from.
func (m Model) source() string {
	switch {
	case m.live != nil:
		return m.rewindLabel()
	case m.standsIn():
		return m.stand.recordLabel()
	case m.cfg.Replay != nil:
		return m.recordLabel()
	}
	return ""
}

// recordLabel says which record is shown, and that it is not as it was written.
func (m Model) recordLabel() string {
	if m.notWhole {
		return m.cfg.Replay.Label + ", " + m.say("NOT WHOLE")
	}
	return m.cfg.Replay.Label
}

// checked looks whether the record was found not to be whole.
func (m Model) checked() Model {
	r := m.cfg.Replay
	m.notWhole = m.notWhole || r != nil && r.Broken != nil && r.Broken()
	return m
}

// stamped puts the label at the upper right of a frame that has no header.
func (m Model) stamped(view string) string {
	label := m.label()
	if label == "" {
		return view
	}
	label = " " + label + " "
	if ansi.StringWidth(label) >= m.width {
		label = ansi.Truncate(label, m.width, "")
	}
	first, rest := view, ""
	for i, r := range view {
		if r == '\n' {
			first, rest = view[:i], view[i:]
			break
		}
	}
	return fitLine(ansi.Truncate(first, m.width-ansi.StringWidth(label), ""), m.width-ansi.StringWidth(label)) + m.styles.BadgeWarn.Render(label) + rest
}
