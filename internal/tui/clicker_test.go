package tui

import (
	"math/rand/v2"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// clickers are what each sends, press for press.
var clickers = map[string][]tea.KeyMsg{
	"start button":  {{Type: tea.KeyF5}, {Type: tea.KeyEsc}},
	"back":          {{Type: tea.KeyPgUp}},
	"blank":         {letter(".")},
	"another blank": {letter("b")},
	"arrows":        {{Type: tea.KeyLeft}, {Type: tea.KeyUp}, {Type: tea.KeyDown}},
	"next":          {{Type: tea.KeyPgDown}},
	"next, arrow":   {{Type: tea.KeyRight}},
}

// Whatever a clicker sends, in any order and at any speed, in every chapter and at
// every question: it leaves nothing, forces nothing and decides nothing.
func TestNoScriptOfAClickerLeavesForcesOrDecides(t *testing.T) {
	var all []tea.KeyMsg
	for _, keys := range clickers {
		all = append(all, keys...)
	}
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 2))
		for chapter := 1; chapter <= 8; chapter++ {
			for _, first := range []string{"", "q", "r", "a", "?", "N", "z", "O"} {
				p := on(t, chapter, 120, 36, "dark")
				p.at = p.at.Add(time.Minute)
				if first != "" {
					p.goOn(letter(first))
				}
				before := p.state
				for range 20 {
					p.at = p.at.Add(time.Duration(rng.IntN(2000)) * time.Millisecond)
					p.goOn(all[rng.IntN(len(all))])
				}
				require.Equal(t, before.Mode, p.state.Mode)
				require.Equal(t, before.Finished, p.state.Finished)
				require.Equal(t, before.Forced, p.state.Forced)
				require.Equal(t, before.Play, p.state.Play)
				require.Equal(t, before.ApprovedBy(), p.state.ApprovedBy())
				require.Equal(t, before.DeniedFor() != "" && before.DeniedFor() != demo.DeniedByHand, p.state.DeniedFor() != "" && p.state.DeniedFor() != demo.DeniedByHand)
			}
		}
	}
}

func TestADoubleClickAndAHeldKeyCountOnce(t *testing.T) {
	p := on(t, 5, 80, 24, "dark")
	p.at = p.at.Add(time.Minute)
	click := func(after time.Duration, k tea.KeyMsg) {
		p.at = p.at.Add(after)
		m, _ := p.Update(k)
		p.Model = m.(Model)
	}
	up := tea.KeyMsg{Type: tea.KeyPgUp}
	click(0, up)
	for range 40 {
		click(clickGap/2, up) // held for six seconds
	}
	require.Equal(t, 4, p.state.Chapter().N)
	click(clickGap, up)
	require.Equal(t, 3, p.state.Chapter().N)

	click(time.Second, letter("."))
	click(clickGap/2, letter("."))
	require.Equal(t, Blanked, p.cover, "a double click does not show the screen again")
	click(time.Second, letter("."))
	require.Equal(t, Uncovered, p.cover)

	// Two keys are two presses, and so are repeats where a page is scrolled.
	click(time.Second, tea.KeyMsg{Type: tea.KeyPgDown})
	click(time.Millisecond, up)
	require.Equal(t, 3, p.state.Chapter().N)
	click(time.Second, letter("N"))
	m, echo := p.echoed(tea.KeyMsg{Type: tea.KeyPgDown})
	require.False(t, echo)
	_, echo = m.echoed(tea.KeyMsg{Type: tea.KeyPgDown})
	require.False(t, echo)
}

// Where a record waits for a key its time stands still: all presses there looked like
// one, and a blank screen stayed blank.
func TestTwoPressesAreTwoWhereTheTimeOfTheRecordStandsStill(t *testing.T) {
	replay := Config{Now: func() time.Time { return ten }, Replay: &Replay{Label: "REPLAY 2026-01-02 10:00", Press: func() {}}}
	require.WithinDuration(t, time.Now(), screenOf(t, replay).cfg.Clock(), time.Minute, "presses are made today")

	room := ten
	replay.Clock = func() time.Time { room = room.Add(time.Second); return room }
	m := screenOf(t, replay)
	for _, want := range []Cover{Blanked, Uncovered, Blanked} {
		next, _ := m.Update(letter("."))
		m = next.(Model)
		require.Equal(t, want, m.cover)
	}
}

func TestWhatAClickersKeyWouldDoIsSaid(t *testing.T) {
	for name, keys := range clickers {
		for _, k := range keys {
			s := Meaning(k)
			require.NotEmpty(t, s.Does, name)
			if k.Type != tea.KeyUp && k.Type != tea.KeyDown {
				require.True(t, s.Safe, "%s: %+v", name, s)
			}
		}
	}
	require.Equal(t, "PageDown", Meaning(tea.KeyMsg{Type: tea.KeyPgDown}).Key)
	for _, k := range []string{"q", "F", "y"} {
		require.False(t, Meaning(letter(k)).Safe, k)
	}
	require.Equal(t, Sent{"§", "nothing", true}, Meaning(letter("§")))
}
