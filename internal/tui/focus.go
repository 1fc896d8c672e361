package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// focus is the pane that has the whole body, if any.
type focus int

// The panes that can have it.
const (
	noFocus focus = iota
	focusMap
	focusChart
	focusWatch
	focusAnswer
	focusScore
	focusLog
)

// pane gives the pane that shows what has the focus.
func (f focus) pane() pane {
	switch f {
	case focusMap:
		return mapPane
	case focusChart:
		return chartPane
	case focusLog:
		return logPane
	}
	return stagePane
}

func (f focus) String() string {
	return [...]string{"", words.Later("map"), words.Later("chart"), words.Later("stopwatch"), words.Later("answer"), words.Later("scorecard"), words.Later("log")}[f]
}

// focusable lists what has something to show now, in the order of the arrows.
func (m Model) focusable() []focus {
	s := m.state
	var all []focus
	if len(s.Snapshot.Nodes) > 0 {
		all = append(all, focusMap)
	}
	if len(s.Load) > 1 {
		all = append(all, focusChart)
	}
	if s.FaultBegun() && !s.Plan.Nothing() {
		all = append(all, focusWatch)
	}
	if s.Asking != nil {
		all = append(all, focusAnswer)
	}
	if s.Ledger != nil {
		all = append(all, focusScore)
	}
	return append(all, focusLog)
}

// focusFirst is what z shows in this chapter.
func (m Model) focusFirst() focus {
	best := map[poster]focus{mapPoster: focusMap, loadPoster: focusChart, faultPoster: focusMap, racePoster: focusWatch, claimsPoster: focusAnswer, proofsPoster: focusMap, verdictPoster: focusScore}[posterOf(m.state.Chapter())]
	all := m.focusable()
	if slices.Contains(all, best) {
		return best
	}
	return all[0]
}

// zoom handles the keys of the focus. It says whether the key was one of them.
func (m Model) zoom(k tea.KeyMsg) (Model, bool) {
	switch {
	case key.Matches(k, m.keys.Focus) && m.focus == noFocus:
		m.focus = m.focusFirst()
	case m.focus == noFocus:
		return m, false
	case key.Matches(k, m.keys.Focus, m.keys.Close):
		m.focus = noFocus
	case key.Matches(k, m.keys.Right):
		m.focus = m.focusBeside(1)
	case key.Matches(k, m.keys.Left):
		m.focus = m.focusBeside(-1)
	default:
		return m, false
	}
	return m, true
}

// focusBeside gives the next of the panes that have something to show.
func (m Model) focusBeside(step int) focus {
	all := m.focusable()
	i := slices.Index(all, m.focus)
	return all[(i+step+len(all))%len(all)]
}

// focusedStage is the stopwatch, the answer or the scorecard, on the whole body.
func (m Model) focusedStage(r rect) []string {
	switch m.focus {
	case focusWatch:
		return m.centred(m.racePiece(r), r)
	case focusScore:
		return m.centred(m.scorePiece(r), r)
	}
	return m.diagnosisPiece(r)
}

// centred puts lines into the middle of a height.
func (m Model) centred(lines []string, r rect) []string {
	above := max(0, (r.H-len(lines))/2)
	return append(strings.Split(strings.Repeat("\n", above), "\n")[:above], lines...)
}
