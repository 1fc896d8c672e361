package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

type (
	// eventMsg is one event; closed says that there are no more.
	eventMsg struct {
		event  demo.Event
		closed bool
	}
	// tickMsg is the clock.
	tickMsg time.Time
	// overMsg says that the end of the run is in the record.
	overMsg struct{}
)

// How often the clock is looked at: fast while something on the screen counts,
// slowly otherwise.
const (
	fastTick = 100 * time.Millisecond
	slowTick = time.Second
)

// execute makes commands of effects. Lines of the record keep their order by
// their numbers, so all may run at once.
func (m Model) execute(effects []demo.Effect) tea.Cmd {
	ctx, stage := m.ctx, m.cfg.Stage
	cmds := make([]tea.Cmd, 0, len(effects))
	for _, e := range effects {
		cmds = append(cmds, func() tea.Msg {
			stage.Do(ctx, e)
			if _, end := e.Verb.(demo.Finish); end {
				return overMsg{}
			}
			return nil
		})
	}
	return tea.Batch(cmds...)
}

// listen waits for one event. It is armed again in one place only, where the
// event is taken in.
func (m Model) listen() tea.Cmd {
	events := m.cfg.Stage.Watch()
	return func() tea.Msg {
		e, ok := <-events
		return eventMsg{e, !ok}
	}
}

// tick looks at the clock once.
func (m Model) tick() tea.Cmd {
	every := slowTick
	if m.counting() && !m.cfg.ReducedMotion {
		every = fastTick
	}
	return tea.Tick(every, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// counting says whether a stopwatch runs that is on the screen. Everything else
// moves once a second at most.
func (m Model) counting() bool {
	s := m.state
	if !s.FaultBegun() || s.Plan.Nothing() || s.Phase >= demo.PhaseRecovered {
		return false
	}
	_, ticket := s.TargetTicket()
	switch at := posterOf(s.Chapter()); {
	case m.focus == focusWatch, m.focus == noFocus && at == racePoster:
		return !ticket || s.DoubtedAt.IsZero() && !s.Lifted()
	case m.focus == noFocus && at == faultPoster:
		return s.Phase < demo.PhaseOpen
	}
	return false
}
