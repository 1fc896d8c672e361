package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// footerView is what the presenter needs: above what is waited for, below the
// keys that do something now.
func (m Model) footerView(r rect) string {
	m.help.Width = r.W
	if m.live != nil {
		return m.rewindLine() + "\n" + m.keyLine(m.rewindKeys(), r.W)
	}
	return m.withAside(m.statusLine(r.W), r.W) + "\n" + m.keyLine(m.footerKeys(), r.W)
}

// footerKeys is what the play offers and the screen's own keys. While one pane
// has the focus the arrows choose another, so they do not go back.
func (m Model) footerKeys() []key.Binding {
	keys := m.keys.shown(m.voice(), m.state)
	if i := slices.IndexFunc(m.ofLive, func(o demo.Offer) bool { return o.Intent == demo.Quit }); i >= 0 && len(keys) > 0 {
		keys[len(keys)-1] = m.keys.leaving(m.voice(), m.ofLive)
	}
	switch {
	case m.state.Question != demo.NoQuestion, m.state.Mode == demo.ModeLeaving, m.state.Finished != nil:
		return keys
	case m.focus == noFocus:
		return slices.Insert(keys, len(keys)-2, m.keys.Overview) // the first to go where there is no room
	}
	choose, leave := m.keys.Left, m.keys.Focus
	choose.SetHelp("← →", m.word(m.focus.String()))
	leave.SetHelp("z", m.say("all panes"))
	gone := func(k key.Binding) bool {
		return slices.Equal(k.Keys(), m.keys.Back.Keys()) || slices.Equal(k.Keys(), m.keys.Blank.Keys())
	}
	keys = slices.DeleteFunc(keys, gone)
	at := max(0, len(keys)-2) // before help and leave, which are never dropped
	if i := slices.IndexFunc(keys, func(k key.Binding) bool {
		return slices.Equal(k.Keys(), m.keys.Jump.Keys()) || slices.Equal(k.Keys(), m.keys.Answer.Keys())
	}); i >= 0 {
		at = i
	}
	return slices.Insert(keys, at, choose, leave)
}

// keyLine is the keys that fit. The first are what the play offers, and the last
// two are help and leave; those between go first, but for the way back from a pane.
func (m Model) keyLine(keys []key.Binding, w int) string {
	m.help.Width = 0 // it would cut the last ones off
	keys = slices.Clone(keys)
	for ansi.StringWidth(m.help.ShortHelpView(keys)) > w && len(keys) > 3 {
		last := len(keys) - 3
		if m.focus != noFocus && slices.Equal(keys[last].Keys(), m.keys.Focus.Keys()) && last > 1 {
			last--
		}
		keys = slices.Delete(keys, last, last+1)
	}
	m.help.Width = w
	return m.help.ShortHelpView(keys)
}

// statusLine says the one thing that matters for going on.
func (m Model) statusLine(w int) string {
	s := m.state
	work, gate := s.WorkOf(s.Reached), s.Gate(s.Reached)
	refusal := m.voice().Refusal(s)
	switch {
	case s.Mode == demo.ModeLeaving && !s.FaultOpen():
		return m.styles.Warn.Render(m.say("leaving"))
	case s.Mode == demo.ModeLeaving:
		return m.styles.Warn.Render(m.say("repairing %s, then leaving", s.Plan.Target))
	case s.Question != demo.NoQuestion:
		return m.questionLine()
	case s.LoopStopped():
		return m.styles.BadgeBad.Render(" "+m.say("stopped")+" ") + m.styles.Bad.Render(" "+m.voice().Stopped(s))
	case s.Mode == demo.ModeGaveUp:
		return m.styles.Warn.Render(m.voice().GaveUp(s))
	case work.State == demo.WorkFailed:
		return m.styles.BadgeBad.Render(" "+m.say("failed")+" ") + " " + m.styles.Bad.Render(ansi.Truncate(work.Err, max(0, w-10), "…"))
	case m.notice != "":
		return m.styles.Warn.Render(m.notice)
	case refusal != "":
		return m.styles.Warn.Render(refusal)
	}
	if (m.cfg.Replay != nil || m.live != nil) && s.OnRecord() {
		return m.styles.Warn.Render(m.voice().Behind(s))
	}
	if why := s.NotShown(); why != "" {
		return m.styles.Warn.Render(m.say("the record cannot be shown: %s", why))
	}
	if line := m.lateLine(gate); line != "" {
		return line
	}
	if kept := m.voice().Kept(s); kept != "" && m.alone() {
		return m.styles.Warn.Render(kept)
	}
	value := m.styles.Text.Render(m.voice().Gate(s, s.Reached))
	if catching := m.voice().CatchingUp(s); catching != "" {
		return m.styles.Warn.Render("» "+catching+": ") + value
	}
	switch {
	case s.Armed && !gate.Open:
		return m.styles.Accent.Render("▶ "+m.say("goes on as soon as it can:")+" ") + value + m.styles.Dim.Render("  ("+m.say("← stays")+")")
	case gate.Open && gate.Name != "":
		return m.styles.Good.Render("✓ ") + value
	case s.Unmended(), s.Countdown > 0: // while it counts all eyes are on the figure
		return m.styles.Accent.Render("… ") + value
	case gate.Name != "":
		return m.styles.Accent.Render("… ") + value + m.hint()
	}
	return m.hint()
}

// alone says whether the speaker has this screen alone. What only the speaker
// needs to know is otherwise said on the console.
func (m Model) alone() bool { return m.cfg.Attached == nil || m.cfg.Attached.Attached() == 0 }

// questionLine puts the open question; what an answer does stands below it.
func (m Model) questionLine() string {
	badge, look := m.styles.BadgeWarn, m.styles.Warn
	switch m.state.Question {
	case demo.AskQuorum:
		badge = m.styles.BadgeBad
	case demo.AskQuorumAgain:
		badge, look = m.styles.BadgeBad, m.styles.Bad
	}
	line := badge.Render(" ? ") + look.Render(" "+m.voice().Question(m.state))
	if m.state.Question == demo.AskApprove {
		line += m.styles.Dim.Render("  " + m.say("it is checked again when it is done"))
	}
	return line
}

// lateLine says what did not come within its limit, "" for nothing.
func (m Model) lateLine(gate demo.GateView) string {
	s := m.state
	late := func(text string) string {
		return m.styles.BadgeWarn.Render(" "+m.say("late")+" ") + m.styles.Warn.Render(" "+text)
	}
	if stage, ok := s.LateStage(); ok && s.Chapters[s.Reached].OnEnter == demo.OnEnterRecover {
		return late(m.say("still waiting for %s%s (%.0f s)", m.voice().Stage(stage.Name), m.voice().Detail(s, stage.Name), stage.Limit.Seconds()))
	}
	if s.Visits[s.Reached].Late {
		return late(m.say("still waiting for %s (%.0f s): %s", m.voice().Wanted(gate.Name), gate.Limit.Seconds(), m.voice().Gate(s, s.Reached)))
	}
	return ""
}

func (m Model) hint() string {
	if h := m.state.Chapter().KeyHint; h != "" {
		return m.styles.Dim.Render("  " + h)
	}
	return ""
}
