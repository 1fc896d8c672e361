package tui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// before is a screen on which the proposed action waits for a yes.
func before(t *testing.T, w, h int) *played {
	t.Helper()
	p := on(t, 6, w, h, styles.Mono)
	press(p, letter(" "))
	require.Equal(t, demo.AskApprove, p.state.Question)
	p.now = p.at.Add(time.Second)
	return p
}

func TestTheQuestionSaysWhatAYesMeans(t *testing.T) {
	p := before(t, 120, 36)
	require.Equal(t, `┌ Approve? ──────────────────────────────────────────────────────┐
│ restart lamp-2                                                 │
│                                                                │
│ effect    put a new bulb into lamp-2                           │
│ only if   lamp-2 is still dark                                 │
│ undo      take it out again                                    │
│ risk      It may flicker while it warms up.                    │
│                                                                │
│ y approves. No other key does.                                 │
└────────────────────────────────────────────────────────────────┘`, p.stage())
	require.Contains(t, p.View(), "y approve • n refuse • Space go on without • ← back")
	p.now = p.at.Add(100 * time.Millisecond)
	require.Contains(t, p.stage(), "one moment")
	require.NotContains(t, p.stage(), "approves")
}

func TestNoKeyButOneApproves(t *testing.T) {
	keys := []tea.KeyMsg{
		{Type: tea.KeyEnter}, {Type: tea.KeyRight}, {Type: tea.KeyPgDown}, {Type: tea.KeyLeft}, {Type: tea.KeyPgUp}, {Type: tea.KeyEsc},
		{Type: tea.KeyF5}, {Type: tea.KeyTab}, {Type: tea.KeyCtrlC}, {Type: tea.KeyUp},
	}
	for c := ' '; c <= '~'; c++ {
		if c != 'y' {
			keys = append(keys, letter(string(c)))
		}
	}
	for _, k := range keys {
		p := before(t, 80, 24)
		press(p, k)
		require.Empty(t, p.state.ApprovedBy(), k)
	}
	p := before(t, 80, 24)
	press(p, letter("y"))
	require.Equal(t, demo.ByPresenter, p.state.ApprovedBy())
	require.Equal(t, 7, p.state.Chapter().N)
}

func TestWhatAClickerSendsGoesOnWithoutOrDecidesNothing(t *testing.T) {
	p := before(t, 80, 24)
	press(p, tea.KeyMsg{Type: tea.KeyPgDown})
	require.Equal(t, 7, p.state.Chapter().N)
	require.True(t, p.state.Unmended())
	require.Contains(t, p.stage(), "restart lamp-2 is not approved")
	require.Contains(t, p.View(), "a approve or refuse • Space repair by hand")

	for _, k := range []tea.KeyMsg{{Type: tea.KeyPgUp}, {Type: tea.KeyEsc}, {Type: tea.KeyF5}} {
		p := before(t, 80, 24)
		press(p, k)
		require.Equal(t, 6, p.state.Chapter().N)
		open := k.Type != tea.KeyPgUp // the start button closes nothing that is to be decided
		require.Equal(t, open, p.state.Question == demo.AskApprove)
		require.Empty(t, p.state.DeniedFor())
	}
}

func TestAKeyThatWasPressedTooSoonDecidesNothing(t *testing.T) {
	p := before(t, 80, 24)
	p.at = p.at.Add(-900 * time.Millisecond) // press adds a second
	press(p, letter("y"))
	require.Equal(t, demo.AskApprove, p.state.Question)
	press(p, letter("y"))
	require.Equal(t, demo.ByPresenter, p.state.ApprovedBy())
}

func TestWhereNobodyIsAskedNoKeySaysThatSomebodyIs(t *testing.T) {
	p := on(t, 6, 120, 36, styles.Mono)
	p.state.Options.AutoApprove = true
	require.NotContains(t, p.View(), "restart lamp-2?")
	press(p, letter(" "))
	require.Equal(t, demo.NoQuestion, p.state.Question)
	require.Equal(t, demo.ByAuto, p.state.ApprovedBy())
}

func TestAQuestionUnderABlankScreenIsNotAnsweredUnseen(t *testing.T) {
	p := on(t, 5, 80, 24, styles.Mono)
	p.advance()
	p.advance() // it goes on as soon as there is an answer
	press(p, letter("."))
	p.hear(demo.DiagnosisStarted{Source: "RULES", Ticket: "T-1", Evidence: lampEvidence})
	p.hear(lampAnswer)
	for s := demo.Step(1); s < 60 && p.state.Question == demo.NoQuestion; s++ {
		p.step(s, demo.Waited{})
	}
	require.Equal(t, demo.AskApprove, p.state.Question)
	require.Empty(t, strings.TrimSpace(p.View()))
	press(p, letter("y"))
	require.Empty(t, p.state.ApprovedBy())
	require.NotContains(t, p.View(), "Approve?")
	press(p, letter("."))
	require.Contains(t, p.View(), "Approve?")
	p.at = p.at.Add(-900 * time.Millisecond)
	press(p, letter("y"))
	require.Empty(t, p.state.ApprovedBy(), "it is seen since a moment only")
	press(p, letter("y"))
	require.Equal(t, demo.ByPresenter, p.state.ApprovedBy())
}

func TestARefusalAsksForItsReason(t *testing.T) {
	p := before(t, 80, 24)
	press(p, letter("n"))
	for _, why := range demo.DenyReasons() {
		require.Contains(t, p.stage(), why)
	}
	require.Contains(t, p.View(), "restart lamp-2 is refused. Why?")
	press(p, letter("9"), letter("2"))
	require.Equal(t, demo.DenyReasons()[1], p.state.DeniedFor())
	require.Contains(t, p.stage(), "restart lamp-2 was refused: the evidence is")
	require.NotContains(t, p.View(), "approve or refuse")
}

func TestAnActionThatWasNotDoneSaysWhy(t *testing.T) {
	p := before(t, 120, 36)
	press(p, letter("y"))
	p.answer(demo.ActionSkipped{Action: lampAnswer.Action, Why: "lamp-2 shines"})
	require.Contains(t, p.stage(), "restart lamp-2 was not done: lamp-2 shines\nit waits for you, or to heal by itself")
	press(p, letter(" "))
	p.answer(demo.FaultLifted{Fault: "unscrew", Target: "lamp-2", By: demo.ByPresenter})
	require.Contains(t, p.stage(), "screw in lamp-2\npresenter, by hand")
}

func TestNoQuestionBreaksTheScreen(t *testing.T) {
	for _, question := range []demo.Question{demo.AskApprove, demo.AskReason} {
		p := before(t, 80, 24)
		p.state.Question = question
		long := *p.state.Answer
		long.Risk = strings.Repeat("It may flicker. ", 20)
		p.state.Answer = &long
		for _, size := range [][2]int{{60, 18}, {76, 18}, {80, 24}, {120, 36}, {200, 55}} {
			p.width, p.height = size[0], size[1]
			requireWithin(t, p.View(), size[0], size[1], "question")
			if question == demo.AskApprove {
				require.Contains(t, p.View(), "y approves", "%v", size)
			}
		}
	}
}
