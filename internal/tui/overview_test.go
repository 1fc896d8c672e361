package tui

import (
	"regexp"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

var (
	enter = tea.KeyMsg{Type: tea.KeyEnter}
	up    = tea.KeyMsg{Type: tea.KeyUp}
	down  = tea.KeyMsg{Type: tea.KeyDown}
)

func TestTheOverviewSaysWhatWasDoneInEachChapter(t *testing.T) {
	p := on(t, 8, 120, 36, styles.Mono)
	press(p, letter("O"))
	view := ansi.Strip(p.View())
	for _, want := range []string{"Overview", "2 Lamp Health", "ready in ", "3 Dusk", "baseline", "unscrew", "5 Who Sees It", "T-1 after ", "keys read again"} {
		require.Contains(t, view, want)
	}
	require.Contains(t, view, "▸ ● 8 Complete")
	require.Contains(t, view, "this chapter is shown")
}

func TestTheOverviewJumpsWhereAJumpIsAllowedAndSaysWhyNotElsewhere(t *testing.T) {
	p := on(t, 4, 80, 24, styles.Mono)
	press(p, letter("O"), down, enter)
	require.Equal(t, overviewOverlay, p.over, "chapter 5 was not reached")
	require.Equal(t, 4, p.state.Chapter().N)
	require.Contains(t, p.View(), "chapter 5 comes after chapter 4")
	press(p, up, up, up, enter)
	require.Equal(t, noOverlay, p.over)
	require.Equal(t, 2, p.state.Chapter().N)
	require.Equal(t, demo.Refusal{}, p.state.Refusal)
	press(p, letter("O"), letter("8"))
	require.Equal(t, overviewOverlay, p.over)
	require.Contains(t, p.View(), "chapter 8 comes after chapter 7")
	press(p, letter("1"))
	require.Equal(t, 1, p.state.Chapter().N)
	require.Equal(t, noOverlay, p.over)
}

func TestAClickerClosesTheOverviewAndMovesNothing(t *testing.T) {
	for _, k := range []tea.KeyMsg{{Type: tea.KeyPgDown}, {Type: tea.KeyPgUp}, {Type: tea.KeyF5}, {Type: tea.KeyEsc}, {Type: tea.KeyRight}, {Type: tea.KeyLeft}} {
		p := on(t, 4, 80, 24, styles.Mono)
		press(p, letter("O"), up, k)
		require.Equal(t, noOverlay, p.over, k)
		require.Equal(t, 4, p.state.Chapter().N, k)
		require.Equal(t, demo.PhaseAimed, p.state.Phase, k)
	}
}

func TestThePickedChapterIsSeenOnTheSmallestScreen(t *testing.T) {
	p := on(t, 8, 60, 18, styles.Mono)
	press(p, letter("O"))
	require.Contains(t, p.View(), "▸ ● 8")
	for range 7 {
		press(p, up)
	}
	require.Contains(t, p.View(), "▸ ✓ 1")
	for range 20 {
		press(p, down)
		require.Contains(t, p.View(), "▸")
	}
	require.Equal(t, 18, strings.Count(p.View(), "\n")+1)
}

func TestAWideTitleMovesNoColumnOfTheOverview(t *testing.T) {
	p := on(t, 4, 100, 30, styles.Mono)
	p.state.Chapters[1].Title = "集群健康"
	press(p, letter("O"))
	ends := map[int]bool{}
	for line := range strings.SplitSeq(ansi.Strip(p.View()), "\n") {
		if m := regexp.MustCompile(`^.{4}[1-4] .*?\d+:\d\d`).FindString(line); m != "" {
			ends[ansi.StringWidth(m)] = true
		}
	}
	require.Len(t, ends, 1, p.View())
}
