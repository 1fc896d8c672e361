package tui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func TestOnlyTheKeyThatCoveredTheScreenUncoversIt(t *testing.T) {
	for cover, keys := range map[Cover][]string{Blanked: {".", "b"}, Frozen: {"x"}} {
		for _, back := range keys {
			p := on(t, 2, 80, 24, styles.Mono)
			press(p, letter(keys[0]))
			got, since := p.Cover()
			require.Equal(t, cover, got)
			require.Equal(t, p.at, since)
			other := map[Cover]string{Blanked: "x", Frozen: "."}[cover]
			for _, k := range []tea.KeyMsg{letter(" "), letter("q"), letter("1"), letter("?"), letter("z"), letter("T"), letter(other), {Type: tea.KeyEnter}, {Type: tea.KeyPgDown}, {Type: tea.KeyEsc}, {Type: tea.KeyF5}} {
				press(p, k)
				got, _ = p.Cover()
				require.Equal(t, cover, got, k)
				require.Equal(t, 2, p.state.Chapter().N, "%v goes on unseen", k)
				require.Nil(t, p.state.Finished, k)
			}
			press(p, letter(back))
			got, _ = p.Cover()
			require.Equal(t, Uncovered, got)
			require.Contains(t, p.View(), "Lamp Health")
			press(p, letter(" "))
			require.Equal(t, 3, p.state.Chapter().N)
		}
	}
}

func TestABlankScreenIsEmptyUntilAWrongKeyAsksForHelp(t *testing.T) {
	p := on(t, 2, 80, 24, styles.Mono)
	press(p, letter("."))
	require.Empty(t, strings.TrimSpace(ansi.Strip(p.View())))
	press(p, letter(" "))
	require.Equal(t, ". shows the screen again", strings.TrimSpace(ansi.Strip(p.View())))
}

func TestAFrozenScreenShowsItsAgeWhileTheTalkGoesOn(t *testing.T) {
	p := on(t, 3, 80, 24, styles.Mono)
	press(p, letter("x"))
	before := strings.Split(p.View(), "\n")
	p.shine(77)
	p.later(5 * time.Second)
	frozen := strings.Split(p.View(), "\n")
	require.Regexp(t, `frozen \d+(\.\d)? s +$`, frozen[0])
	require.NotEqual(t, before[0], frozen[0], "its age grows")
	require.Equal(t, before[1:], frozen[1:])
	require.EqualValues(t, 77, p.state.Load[len(p.state.Load)-1].Ops)

	p.width, p.height = 120, 36
	requireWithin(t, p.View(), 120, 36, "another projector")
	require.Contains(t, p.View(), "Dusk")
	press(p, letter("x"))
	require.Contains(t, p.View(), "77")
}

// later lets the audience's clock go on while nothing happens. A record that waits
// stands still meanwhile.
func (p *played) later(d time.Duration) {
	next, _ := p.Update(tickMsg(p.at.Add(d)))
	p.Model = next.(Model)
}

// The time of a record that waits at the end of a chapter stands still: the age of
// the frozen frame stayed 0.0 s there.
func TestTheAgeOfAFrozenFrameGrowsWhileARecordWaits(t *testing.T) {
	p := on(t, 5, 80, 24, styles.Mono)
	p.cfg.Replay = &Replay{Label: "REPLAY 2026-01-02 10:00"}
	press(p, letter("x"))
	p.later(6 * time.Second)
	require.Equal(t, p.at, p.now, "the record waits")
	require.Contains(t, p.View(), "frozen 6.0 s")
	p.later(42 * time.Second)
	require.Contains(t, p.View(), "frozen 42 s")
	press(p, letter(" "))
	require.Contains(t, p.View(), "frozen 42 s, x goes on")
}

// The age has its room in the header: it was written over the right end of it, and what
// stood there was cut.
func TestTheHeaderOfAFrozenScreenIsWhole(t *testing.T) {
	for _, label := range []string{"", "REPLAY 2026-01-02 10:00"} {
		for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}} {
			p := on(t, 5, size[0], size[1], styles.Mono)
			if label != "" {
				p.cfg.Replay = &Replay{Label: label}
			}
			press(p, letter("x"))
			p.later(6 * time.Second)
			view := ansi.Strip(p.View())
			requireExact(t, view, size[0], size[1], label)
			header, _, _ := strings.Cut(view, "\n")
			require.Regexp(t, `\d:\d\d +`+label+`.*frozen 6\.0 s *$`, header)
			require.NotContains(t, header, "…", "%v", size)
			require.NotContains(t, header, "LIVE")
		}
	}
}

// Who wants out gets out, and sees what that asks.
func TestAnInterruptUncoversTheScreen(t *testing.T) {
	for _, k := range []string{".", "x"} {
		p := on(t, 5, 80, 24, styles.Mono)
		press(p, letter(k), tea.KeyMsg{Type: tea.KeyCtrlC})
		require.Equal(t, demo.ModeLeaving, p.state.Mode)
		require.Contains(t, p.View(), "repairing lamp-2")
	}
}
