package tui

import (
	"fmt"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// nextRound begins the next round while something of the last is shown.
func (p *played) nextRound(show func()) {
	p.hear(demo.Asked{Intent: demo.Restart})
	show()
	p.hear(demo.Asked{Intent: demo.Confirm})
	require.Equal(p.t, 2, p.state.Play)
}

// A loop begins its next round whatever is shown: no page and no pane of the round
// that is over stays over the new one, which has nothing to show there.
func TestTheNextRoundTakesAwayWhatWasShownOfTheLast(t *testing.T) {
	for _, over := range []overlay{noOverlay, helpOverlay, notesOverlay, outgoingOverlay, sealOverlay, answerOverlay, textOverlay, overviewOverlay} {
		t.Run(fmt.Sprint("page ", over), func(t *testing.T) {
			p := on(t, 8, 80, 24, styles.Mono)
			p.nextRound(func() { p.over, p.scroll, p.picked = over, 3, 7 })
			requireWithin(t, p.View(), 80, 24, "the first frame of the round")
			require.Equal(t, noOverlay, p.over)
			require.Contains(t, ansi.Strip(p.View()), "Welcome")
			press(p, tea.KeyMsg{Type: tea.KeyDown}, letter(" "))
		})
	}
	for _, f := range []focus{focusMap, focusChart, focusWatch, focusAnswer, focusScore, focusLog} {
		t.Run("pane "+f.String(), func(t *testing.T) {
			p := on(t, 8, 80, 24, styles.Mono)
			p.nextRound(func() { p.focus = f })
			requireWithin(t, p.View(), 80, 24, "the first frame of the round")
			require.Contains(t, append(p.focusable(), noFocus), p.focus, "there is nothing to see there")
		})
	}
	p := on(t, 8, 80, 24, styles.Mono)
	p.nextRound(func() { press(p, letter("[")) })
	require.True(t, p.past == nil, "the round that it looks back at is over")
	require.NotContains(t, p.View(), "REWIND")
}

func TestAPageOfWhatWasSentSaysWhereNothingWas(t *testing.T) {
	for chapter := 1; chapter <= 5; chapter++ {
		p := on(t, chapter, 80, 24, styles.Mono)
		require.Nil(t, p.state.Outgoing)
		p.over, p.scroll = outgoingOverlay, 1
		require.Contains(t, ansi.Strip(p.pageView()), "What leaves this machine")
		require.Regexp(t, `(?m)^nothing\s*$`, ansi.Strip(p.View()))
		p.Model = p.resized(60, 18)
		press(p, letter(" "))
	}
}
