package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func TestRewindShowsTheWholeScreenAsItWas(t *testing.T) {
	p := on(t, 5, 120, 36, styles.Mono)
	live := p.state
	require.Contains(t, p.View(), "Who Sees It")
	for i := 0; !strings.Contains(p.View(), "Dusk  chapter 3 of 8"); i++ {
		require.Less(t, i, 100, "chapter 3 is not found again")
		press(p, letter("["))
		require.Contains(t, p.View(), "REWIND −")
		require.Contains(t, p.View(), "live goes on")
		requireWithin(t, p.View(), 120, 36, "rewound")
	}
	require.Contains(t, p.View(), "┃", "the chart's cursor")
	require.Contains(t, p.View(), "now it is chapter 5, Who Sees It")
	require.Equal(t, live, p.state, "the play is where it was")

	p.shine(321) // live goes on
	require.Contains(t, p.View(), "Dusk  chapter 3 of 8")
	require.EqualValues(t, 321, p.state.Load[len(p.state.Load)-1].Ops)
	p.now = p.at
	before := p.past.at
	press(p, letter("]"))
	require.Equal(t, before.Add(time.Second), p.past.at)
	for range 100 {
		press(p, letter("]"))
	}
	require.Nil(t, p.past, "at the end is the present")
	require.Contains(t, p.View(), "321 ops/s")
	require.NotContains(t, p.View(), "REWIND")
}

// A key held down stops at the beginning.
func TestRewindStopsAtTheBeginning(t *testing.T) {
	p := on(t, 8, 80, 24, styles.Mono)
	for range 500 {
		press(p, letter("["))
	}
	require.Equal(t, p.history.From(), p.past.at)
	require.Contains(t, p.View(), "Look up")
}

// From the past every key of the play returns or does nothing: none reaches it.
func TestWhileRewoundNoKeyReachesThePlay(t *testing.T) {
	returns := []tea.KeyMsg{letter(" "), {Type: tea.KeyEnter}, {Type: tea.KeyPgDown}, {Type: tea.KeyEsc}, {Type: tea.KeyF5}, letter("l")}
	stays := []tea.KeyMsg{{Type: tea.KeyPgUp}, letter("q"), letter("y"), letter("n"), letter("F"), letter("t"), letter("r"), letter("a"), letter("w"), letter("1"), letter("4"), letter("N"), letter("?"), letter("s"), letter("e"), letter("o"),
		letter("x"), letter("z"), letter("+"), letter("-"), letter("L"), letter("T"), {Type: tea.KeyLeft}, {Type: tea.KeyRight}, {Type: tea.KeyUp}, {Type: tea.KeyDown}}
	for chapter := 1; chapter <= 8; chapter++ {
		for i, k := range append(returns, stays...) {
			p := on(t, chapter, 100, 30, styles.Mono)
			p.now = p.now.Add(time.Minute)
			for range 3 {
				press(p, letter("["))
			}
			was := p.state
			press(p, k)
			require.Equal(t, was, p.state, "%v in chapter %d", k, chapter)
			require.Equal(t, i < len(returns), p.past == nil, "%v in chapter %d", k, chapter)
			requireWithin(t, p.View(), 100, 30, fmt.Sprint(k))
		}
	}
}

// An interrupt leaves from wherever the screen is.
func TestAnInterruptReturnsFromThePast(t *testing.T) {
	p := on(t, 5, 80, 24, styles.Mono)
	press(p, letter("["), tea.KeyMsg{Type: tea.KeyCtrlC})
	require.Nil(t, p.past)
	require.Equal(t, demo.ModeLeaving, p.state.Mode)
	require.Contains(t, p.View(), "repairing lamp-2")
	press(p, letter("["))
	require.Nil(t, p.past, "what leaving asks must be seen")
}

// What was asked while the screen showed the past is seen only afterwards: its
// keys are dead for a moment then.
func TestAQuestionThatCameMeanwhileIsAnnounced(t *testing.T) {
	p := on(t, 6, 100, 30, styles.Mono)
	press(p, letter("["))
	p.hear(demo.Asked{Intent: demo.Advance})
	require.Equal(t, demo.AskApprove, p.state.Question)
	require.Contains(t, p.View(), "asked meanwhile")
	p.at = p.at.Add(time.Minute)
	press(p, letter("y"))
	require.Equal(t, demo.Undecided, p.state.Decision)
	press(p, tea.KeyMsg{Type: tea.KeyEsc})
	require.Nil(t, p.past)
	require.True(t, p.state.Deaf(p.at), "nobody can have read it yet")
}

// In a replay the label stays, and returning is no press of next.
func TestRewindInAReplay(t *testing.T) {
	pressed := 0
	p := on(t, 5, 120, 36, styles.Mono)
	p.cfg.Replay = &Replay{Label: "REPLAY 2026-01-02 10:00", Press: func() { pressed++ }}
	for _, over := range []string{"", "."} {
		press(p, letter("["))
		require.Contains(t, p.View(), "REPLAY 2026-01-02 10:00 · REWIND −1.0 s")
		if over != "" {
			press(p, letter(over))
			require.Contains(t, p.View(), "REPLAY 2026-01-02 10:00")
			press(p, letter(over))
		}
		press(p, letter(" "))
		require.Nil(t, p.past)
	}
	require.Zero(t, pressed)
}

func TestWhoIsAttachedIsToldThatTheScreenShowsThePast(t *testing.T) {
	p, d := attachedAt(t, 5)
	press(p, letter("["), letter("["))
	p.now = p.now.Add(3 * time.Second)
	s := p.told(d)
	require.EqualValues(t, 5000, s.Screen.Rewound)
	require.Contains(t, ansi.Strip(s.Screen.Frame), "REWIND −5.0 s, live goes on")
	require.Equal(t, 4, s.Current, "the presenter is told of the present")
	for _, o := range s.Offers {
		require.Equal(t, o.Do == protocol.DoAdvance || o.Do == protocol.DoBlank, o.Enabled, o.Do)
	}
	was := p.state
	for do := range intentOf {
		if do == protocol.DoAdvance {
			continue
		}
		a := p.remoteAs(protocol.RoleConsole, do, 1, p.newest())
		require.Equal(t, protocol.ResultRefused, a.Result, do)
		require.Contains(t, a.Why, "the past")
	}
	require.Equal(t, protocol.ResultRefused, p.remote(protocol.DoFreeze, p.newest()).Result)
	require.NotNil(t, p.past)
	require.Equal(t, protocol.ResultOK, p.remote(protocol.DoAdvance, p.newest()).Result)
	require.Nil(t, p.past)
	require.Equal(t, was, p.state)
	require.Zero(t, p.told(d).Screen.Rewound)
}

// Whatever the size of the screen, a rewound frame fits it and says that it is one.
func TestARewoundFrameFitsAnyScreen(t *testing.T) {
	p := on(t, 6, 80, 24, styles.Mono)
	press(p, letter("["))
	for w := 20; w <= 220; w += 10 {
		for h := 5; h <= 60; h += 5 {
			p.width, p.height = w, h
			requireWithin(t, p.View(), w, h, "rewound")
			if w >= 40 {
				require.Contains(t, ansi.Strip(p.View()), "REWIND −1.0 s", "%dx%d", w, h)
			}
		}
	}
}
