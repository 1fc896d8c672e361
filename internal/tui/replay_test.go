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

// Once a record is found not to be whole, every frame of its replay says so.
func TestEveryFrameOfADamagedRecordSaysSo(t *testing.T) {
	broken := false
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		for chapter := 1; chapter <= 8; chapter++ {
			broken = false
			p := on(t, chapter, size[0], size[1], "dark")
			now := p.cfg.Now
			p.cfg.Replay = &Replay{Label: "REPLAY 2026-01-02 10:00", Press: func() {}, Broken: func() bool { return broken }}
			next, _ := p.Update(tickMsg(now()))
			require.NotContains(t, next.View(), "NOT WHOLE")
			broken = true
			next, _ = next.Update(tickMsg(now()))
			broken = false // it does not become whole again
			next, _ = next.Update(tickMsg(now()))
			require.Contains(t, next.View(), "REPLAY 2026-01-02 10:00, NOT WHOLE", "chapter %d", chapter)
			for _, keys := range []string{"?", "[", "."} {
				open, _ := next.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(keys)})
				require.Contains(t, open.View(), "REPLAY 2026-01-02 10:00, NOT WHOLE", "%s in chapter %d", keys, chapter)
			}
		}
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
