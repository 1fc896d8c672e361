package cli

import (
	"math/rand/v2"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"
)

func TestDoctorShowsWhatAClickerSends(t *testing.T) {
	t.Parallel()
	s := onScreen(t, t.TempDir(), "doctor", "--clicker")
	s.shows("Press every button")
	for bytes, says := range map[string]string{
		"\x1b[6~": "PageDown", "\x1b[5~": "PageUp", "\x1b[15~": "F5", ".": "blanks the screen", "q": "NOT what clickers send: leave",
	} {
		s.press(bytes)
		s.shows(says)
	}
	s.press("\x1b")
	s.shows("Escape")
	s.press("\r")
	require.Zero(t, s.ends())
	s.requireWhole()
	require.Equal(t, exitPrecondition, call(t, t.TempDir(), "doctor", "--clicker").status)
}

func TestADoubleClickIsToldAsOne(t *testing.T) {
	at := time.Unix(1000, 0)
	var m tea.Model = clicker{now: func() time.Time { return at }}
	m, _ = m.Update(tea.KeyMsg{Type: tea.KeyPgDown})
	at = at.Add(120 * time.Millisecond)
	m, _ = m.Update(tea.KeyMsg{Type: tea.KeyPgDown})
	require.Contains(t, m.View(), "again after 120 ms")
	for range 100 {
		m, _ = m.Update(tea.KeyMsg{Type: tea.KeyPgUp})
	}
	require.Len(t, m.(clicker).lines, pressesShown)
	_, end := m.Update(tea.KeyMsg{Type: tea.KeyEnter})
	require.NotNil(t, end)
}

// What clickers send, as bytes, through the terminal into a talk: buttons in any
// order, sequences that arrive in pieces, and the start button's F5 and Escape in turn.
func TestTheBytesOfAClickerHarmNoTalk(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := onScreen(t, state, "run")
	s.until(state, `"id":"welcome"`)
	s.press("\x1b[6~")
	s.until(state, `"kind":"cluster.ready"`)
	buttons := []string{"\x1b[5~", "\x1b[15~", "\x1b", "..", "bb", "\x1b[D", "\x1bOD", "\x1b[15~\x1b", "\x1b[5", "~", "\x1b[5~\x1b[5~\x1b[5~"}
	rng := rand.New(rand.NewPCG(1, 3))
	for range 200 {
		s.press(buttons[rng.IntN(len(buttons))])
	}
	require.False(t, s.ended(), s.tail())
	all := record(t, state)
	for _, never := range []string{`"kind":"run.finished"`, `"by":"forced"`, `"kind":"action.approved"`, `"kind":"fault.injected"`} {
		require.NotContains(t, all, never)
	}
	s.press("\x03")
	s.ends()
	s.requireWhole()
	requireNothingLeft(t, state)
}
