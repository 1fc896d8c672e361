package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func TestTheHelpSaysWhatEachKeyDoesNowOrWhyItDoesNot(t *testing.T) {
	p := on(t, 4, 80, 36, styles.Mono) // all of it: a smaller screen scrolls
	press(p, letter("?"))
	view := p.View()
	for _, line := range []string{"Space  break lamp-2", "F      force the gate", "t      nothing failed here", "r      the talk can start again only from its last chapter", "q      leave", "N      notes"} {
		require.Contains(t, view, line)
	}
	p = before(t, 80, 24)
	p.over = helpOverlay
	require.Contains(t, p.View(), "y      approve")
	require.Contains(t, p.View(), "Space  go on without")
	require.NotContains(t, p.View(), "force the gate")
}

func TestEveryKeyCanBeFoundOnTheSmallestScreen(t *testing.T) {
	p := on(t, 4, 60, 18, styles.Mono)
	press(p, letter("?"))
	var read strings.Builder
	for range 40 {
		read.WriteString(ansi.Strip(p.View()))
		press(p, tea.KeyMsg{Type: tea.KeyDown})
	}
	for _, b := range p.keys.own() {
		require.Contains(t, read.String(), b.Help().Desc)
	}
	require.Contains(t, read.String(), "A clicker can neither leave")
	press(p, letter(" "), tea.KeyMsg{Type: tea.KeyEsc})
	require.Equal(t, noOverlay, p.over)
}

func TestASlowInjectionIsShownAsUnderWay(t *testing.T) {
	p := on(t, 4, 80, 24, styles.Mono)
	require.Contains(t, p.stage(), "nothing is broken yet")
	p.hear(demo.FaultInjected{Plan: lampPlan, By: demo.ByDemo})
	require.Contains(t, p.stage(), "under way for")
	require.NotContains(t, p.stage(), "nothing is broken yet")
	p.hear(demo.FaultConfirmed{Fault: "unscrew", Target: "lamp-2"})
	require.Contains(t, p.stage(), "ago")
}
