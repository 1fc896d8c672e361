package tui

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// shelf is a record that can stand in: it begins where it is asked to.
type shelf struct {
	t       *testing.T
	opened  []int
	pressed int
	err     error
}

func (s *shelf) open(_ context.Context, chapter int) (StandIn, error) {
	s.opened = append(s.opened, chapter)
	r := on(s.t, chapter, 80, 24, styles.Mono)
	return StandIn{Stage: &deaf{}, State: r.state, Now: func() time.Time { return r.at }, Label: "RECORD 2026-01-02 10:00, not live", Press: func() { s.pressed++ }, Run: "r0", Head: "abcd"}, s.err
}

// hanging is a live talk that hangs in a chapter: nothing answers any more.
func hanging(t *testing.T, chapter int) (*played, *shelf) {
	p, s := on(t, chapter, 120, 36, styles.Mono), &shelf{t: t}
	p.cfg.StandIn = s.open
	p.state.Options.TakeOver = "the record of 2026-01-02 (example unscrew)"
	p.history = demo.NewHistory(p.state)
	p.at = p.at.Add(time.Minute)
	return p, s
}

// goOn presses a key, and lets what it wants of the record happen.
func (p *played) goOn(k tea.KeyMsg) {
	m, cmd := p.Update(k)
	p.Model = m.(Model)
	for _, msg := range messages(cmd) {
		if _, opened := msg.(standInMsg); opened {
			m, _ = p.Update(msg)
			p.Model = m.(Model)
		}
	}
}

// messages gives what commands say. Commands that wait for a stage are not run.
func messages(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		var all []tea.Msg
		for _, c := range msg {
			all = append(all, messages(c)...)
		}
		return all
	default:
		return []tea.Msg{msg}
	}
}

// Where the live side hangs, in any chapter, the talk goes on from the record, says
// so in every frame, and the live play stands still.
func TestATalkGoesOnFromARecordWhereverTheLiveSideHangs(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		t.Run(fmt.Sprint(chapter), func(t *testing.T) {
			p, s := hanging(t, chapter)
			p.goOn(letter("R"))
			require.Equal(t, demo.AskTakeOver, p.state.Question)
			require.Contains(t, p.View(), "example unscrew")
			require.Empty(t, s.opened, "it is asked first")
			p.at = p.at.Add(time.Second)
			p.goOn(letter("y"))
			require.Equal(t, []int{chapter}, s.opened)
			require.True(t, p.state.OnRecord())
			require.Contains(t, p.View(), "RECORD 2026-01-02 10:00, not live")
			if chapter > 1 {
				p.now = p.state.TalkAt.Add(754 * time.Second)
				require.Contains(t, p.View(), "12:34", "the talk's time goes on")
			}
			reached := p.state.Reached
			for i, k := range []tea.KeyMsg{letter(" "), {Type: tea.KeyPgDown}, {Type: tea.KeyEnter}} {
				p.at = p.at.Add(time.Second)
				p.goOn(k)
				require.Equal(t, i+1, s.pressed, "it lets the record go on")
			}
			for _, k := range []tea.KeyMsg{letter("["), letter("["), letter("]"), {Type: tea.KeyEsc}, letter("."), letter("."), letter("x"), letter("x"), letter("?"), letter("?"), letter("z"), letter("z"), letter("F"), letter("t"), letter("2")} {
				p.at = p.at.Add(time.Second)
				p.goOn(k)
				require.Contains(t, ansi.Strip(p.View()), "RECORD 2026-01-02 10:00, not live", k)
				requireWithin(t, p.View(), 120, 36, k.String())
			}
			require.Equal(t, reached, p.state.Reached, "the live play stands still")
			require.NotNil(t, p.stand)
			p.goOn(tea.KeyMsg{Type: tea.KeyCtrlC})
			require.True(t, p.state.Mode == demo.ModeLeaving || p.state.Finished != nil)
		})
	}
}

func TestTheLiveTalkComesBackOnlyOnAHealthyCluster(t *testing.T) {
	p, _ := hanging(t, 5) // a lamp is out
	p.goOn(letter("R"))
	p.at = p.at.Add(time.Second)
	p.goOn(letter("y"))
	require.Contains(t, p.View(), "live: repairing lamp-2")
	p.goOn(letter("R"))
	require.True(t, p.state.OnRecord())
	require.Contains(t, p.View(), "the live cluster is not well yet")

	p.answer(demo.FaultLifted{Fault: "unscrew", Target: "lamp-2", By: demo.ByPresenter})
	require.True(t, p.state.Lifted(), "it is repaired in the background")
	p.hear(demo.HealthSeen{Snapshot: p.lamps(true)})
	p.at = p.at.Add(10 * time.Second)
	p.goOn(letter("R"))
	require.True(t, p.state.OnRecord(), "not every lamp leads")
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	p.at = p.at.Add(time.Hour)
	p.goOn(letter("R"))
	require.True(t, p.state.OnRecord(), "nobody has looked for an hour")
	p.at = p.at.Add(10 * time.Second)
	for _, name := range []string{demo.SignalStatusProbe, demo.SignalClientErrors, demo.SignalHeartbeatAge} {
		p.hear(demo.SignalSeen{Name: name, Target: "lamp-2", Cleared: true})
	}
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	require.Contains(t, p.View(), "live: not well yet", "a hang takes a moment to show")
	p.at = p.at.Add(3 * time.Second)
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	require.Contains(t, p.View(), "live: well again")
	p.goOn(letter("R"))
	require.False(t, p.state.OnRecord())
	require.Nil(t, p.stand)
	require.Contains(t, p.View(), "Who Sees It")
	require.NotContains(t, p.View(), "not live")
	require.Len(t, p.state.TakeOvers, 1)
	require.Equal(t, 5, p.state.TakeOvers[0].N)
}

// No key that a clicker has takes over, or answers that question with yes.
func TestNoClickerTakesOver(t *testing.T) {
	p, s := hanging(t, 3)
	p.goOn(letter("R"))
	for _, k := range []tea.KeyMsg{{Type: tea.KeyPgDown}, {Type: tea.KeyPgUp}, letter("."), letter("b"), {Type: tea.KeyF5}, {Type: tea.KeyEsc}} {
		p.at = p.at.Add(time.Second)
		p.goOn(k)
	}
	require.Empty(t, s.opened)
	require.False(t, p.state.OnRecord())
}

func TestARecordThatCannotBeOpenedIsSaid(t *testing.T) {
	p, s := hanging(t, 5)
	d := &desk{requests: make(chan protocol.Request)}
	p.cfg.Attached = d
	s.err = errors.New("it is gone")
	p.goOn(letter("R"))
	p.at = p.at.Add(time.Second)
	p.goOn(letter("y"))
	require.Nil(t, p.stand)
	require.Contains(t, p.View(), "it is gone")
	p.at = p.at.Add(time.Second)
	p.goOn(letter("?"))
	require.Contains(t, p.View(), "R      go on from the record")
	require.NotContains(t, p.View(), "1-8 ", "no other chapter can be shown")
	p.at = p.at.Add(time.Second)
	p.goOn(letter("?"))
	require.Contains(t, p.View(), "it is gone", "for as long as it is so")
	for _, o := range p.told(d).Offers {
		if o.Do == protocol.DoTakeOver {
			require.True(t, o.Enabled)
			require.Equal(t, "go on from the record", o.Label)
		}
	}
	require.Len(t, s.opened, 1)
	s.err = nil
	p.at = p.at.Add(time.Second)
	p.goOn(letter("R"))
	require.NotNil(t, p.stand, "R tries again")
	require.Contains(t, p.View(), "not live")
}

func TestWhoIsAttachedIsToldOfTheRecord(t *testing.T) {
	p, s := hanging(t, 5)
	d := &desk{requests: make(chan protocol.Request)}
	p.cfg.Attached = d
	p.goOn(letter("R"))
	p.at = p.at.Add(time.Second)
	p.goOn(letter("y"))
	told := p.told(d)
	require.Equal(t, "RECORD 2026-01-02 10:00, not live", told.Badge)
	require.Contains(t, ansi.Strip(told.Screen.Frame), "not live")
	require.Contains(t, told.Status, "live: repairing lamp-2")
	live := p.state.Reached
	require.Equal(t, protocol.ResultRefused, p.remote(protocol.DoBack, told.Rev).Result)
	require.Equal(t, protocol.ResultStale, p.remote(protocol.DoAdvance, told.Rev+7).Result)
	require.Equal(t, protocol.ResultRefused, p.remote(protocol.DoTakeOver, told.Rev).Result, "it is not well")
	r, _ := protocol.NewRequest(protocol.RoleConsole, "", protocol.Intent{Do: protocol.DoAdvance, Rev: told.Rev})
	m, cmd := p.Update(requestMsg(r))
	p.Model = m.(Model)
	_ = s
	require.NotNil(t, cmd)
	require.Equal(t, live, p.state.Reached)
}

// The live play hears which chapter of which record the audience sees, so that its own
// record can say it.
func TestTheLivePlayHearsWhatTheAudienceSees(t *testing.T) {
	p, _ := hanging(t, 5)
	p.goOn(letter("R"))
	p.at = p.at.Add(time.Second)
	p.goOn(letter("y"))
	at := func() demo.RecordShown { return *p.state.TakeOvers[0].Shown }
	require.Equal(t, 5, at().N)
	require.Equal(t, "r0", at().Run)
	require.Equal(t, "abcd", at().Head)
	require.Equal(t, p.stand.state.Now, at().Of)

	next := standInEventMsg{p.stand.cfg.Stage, eventMsg{event: demo.Event{At: p.stand.state.Now.Add(time.Minute), Body: demo.Asked{Intent: demo.Advance}}}}
	m, _ := p.Update(next)
	p.Model = m.(Model)
	require.Equal(t, 6, at().N)
	require.Equal(t, "abcd", at().Head)
	require.Equal(t, 5, p.state.Chapters[p.state.Reached].N, "the live play stands still")

	// Whoever looks at that time again, in this talk or in a replay of it, is told that
	// the audience saw something else.
	const behind = "the audience saw chapter 6 of the record of 2026-01-02"
	again := p.Model
	again.stand, again.cfg.Replay = nil, &Replay{Label: "REPLAY 2026-01-03 10:00", Press: func() {}}
	require.Contains(t, ansi.Strip(again.View()), behind)
	p.hear(demo.HealthSeen{Snapshot: p.lamps(false)})
	p.state.Mode = demo.ModeRunning // by hand: the lamp is still out
	p.stand = nil
	p.now = p.at.Add(time.Second)
	press(p, letter("["), letter("["))
	require.Contains(t, ansi.Strip(p.View()), behind)
}

// onRecord is a live talk that shows a record, with a lamp that is still out.
func onRecord(t *testing.T) *played {
	p, _ := hanging(t, 5)
	p.goOn(letter("R"))
	p.at = p.at.Add(time.Second)
	p.goOn(letter("y"))
	require.True(t, p.standsIn())
	return p
}

// A look back in the live talk is labelled as one: that it once showed a record does not
// make it one.
func TestALookBackInTheLiveTalkIsNotLabelledAsTheRecord(t *testing.T) {
	p := onRecord(t)
	p.hear(demo.HealthSeen{Snapshot: p.lamps(true)})
	p.goOn(letter("q"))
	p.goOn(letter("["))
	require.Contains(t, ansi.Strip(p.View()), "REWIND")
	require.NotContains(t, ansi.Strip(p.View()), "RECORD 2026-01-02 10:00, not live")
}

// What the screen says of a key stays until the next key, of a record that stands in too.
func TestWhatARecordSaysOfAKeyGoesWithTheNextKey(t *testing.T) {
	const said = "this is a replay"
	for _, next := range []tea.KeyMsg{letter(" "), letter("R"), letter("z"), {Type: tea.KeyEsc}} {
		p := onRecord(t)
		p.goOn(tea.KeyMsg{Type: tea.KeyPgUp})
		require.Contains(t, ansi.Strip(p.View()), said)
		p.at = p.at.Add(time.Second)
		p.goOn(next)
		require.NotContains(t, ansi.Strip(p.View()), said, next)
		p.goOn(tea.KeyMsg{Type: tea.KeyPgUp})
		require.Contains(t, ansi.Strip(p.View()), said, next)
	}
}

// Whoever is asked whether to leave sees the live talk, and can look back in it. The end
// of the repair closes the question and shows the record again: its keys are heard.
func TestARecordIsHeardAgainAfterALookBackInTheLiveTalk(t *testing.T) {
	p := onRecord(t)
	p.hear(demo.HealthSeen{Snapshot: p.lamps(true)})
	p.goOn(letter("q"))
	require.Equal(t, demo.AskQuitFault, p.state.Question)
	p.goOn(letter("["))
	require.Contains(t, ansi.Strip(p.View()), "REWIND")
	p.answer(demo.FaultLifted{Fault: "unscrew", Target: "lamp-2", By: demo.ByPresenter})
	require.Equal(t, demo.NoQuestion, p.state.Question)
	require.Contains(t, ansi.Strip(p.View()), "RECORD 2026-01-02 10:00, not live")
	p.at = p.at.Add(time.Second)
	p.goOn(letter("R"))
	require.Contains(t, ansi.Strip(p.View()), "the live cluster is not well yet")
	p.at = p.at.Add(time.Second)
	p.goOn(letter("q"))
	require.NotNil(t, p.state.Finished, "nothing is broken any more: it leaves at once")
}

// Leaving asks first while something is broken, and ends the talk afterwards: who pressed
// before meant to be asked.
func TestAPressFromBeforeTheRepairBehindARecordIsStale(t *testing.T) {
	p := onRecord(t)
	p.cfg.Attached = &desk{requests: make(chan protocol.Request)}
	seen := p.newest()
	require.True(t, p.state.FaultOpen())
	p.hear(demo.FaultLifted{By: demo.ByDemo})
	require.False(t, p.state.FaultOpen())
	require.Equal(t, protocol.ResultStale, p.remote(protocol.DoQuit, seen).Result)
	require.Nil(t, p.state.Finished)
}
