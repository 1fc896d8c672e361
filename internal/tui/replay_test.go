package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// The last screen says which record it belongs to.
func TestTheLastScreenShowsTheHeadOfTheRecord(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		p := on(t, 8, size[0], size[1], "dark")
		p.hear(demo.RecordSealed{Head: "3f9a17c2" + strings.Repeat("0", 56), Words: "amber-otter-north-seven"})
		require.Contains(t, p.View(), "3f9a17c2 amber-otter-north-seven", "%v", size)
	}
}

// Every frame of a replay says that it is one, whatever is open.
func TestEveryFrameOfAReplaySaysSo(t *testing.T) {
	pressed := 0
	for chapter := 1; chapter <= 8; chapter++ {
		p := on(t, chapter, 100, 30, "dark")
		p.cfg.Replay = &Replay{Label: "REPLAY 2026-01-02 10:00", Press: func() { pressed++ }}
		require.Contains(t, p.View(), "REPLAY 2026-01-02 10:00")
		for _, keys := range []string{"?", "."} {
			next, _ := p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(keys)})
			require.Contains(t, next.View(), "REPLAY 2026-01-02 10:00", "%s in chapter %d", keys, chapter)
		}
		before := p.state.Rev
		m, cmd := p.replayed(demo.Advance)
		require.Equal(t, before, m.state.Rev, "the screen decides nothing")
		cmd()
	}
	require.Equal(t, 8, pressed)
}
