package guard

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// More than a pipe holds.
var tooMuch = strings.Repeat("x", 1<<20)

func TestAnOutputThatIsNotReadIsWaitedForUntilNobodyMayBe(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	brisk := make(chan struct{})
	out := NewOutput(w, brisk)
	written := make(chan error, 1)
	go func() {
		_, err := out.WriteString(tooMuch)
		written <- err
	}()
	_, err = io.ReadFull(r, make([]byte, 10))
	require.NoError(t, err)
	require.Empty(t, written, "a slow reader is waited for")
	close(brisk)
	require.ErrorIs(t, <-written, ErrUnread)
	_, err = out.WriteString("more")
	require.ErrorIs(t, err, ErrUnread, "it fails at once")

	back := make(chan struct{})
	out.OnBack(func() { close(back) })
	_, err = io.ReadFull(r, make([]byte, len(tooMuch)-10))
	require.NoError(t, err)
	<-back
	_, err = out.WriteString("again")
	require.NoError(t, err)
	got := make([]byte, 5)
	_, err = io.ReadFull(r, got)
	require.NoError(t, err)
	require.Equal(t, "again", string(got))
}

func TestNothingIsWrittenAfterTheLastWord(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	out := NewOutput(w, nil)
	require.NoError(t, out.Last("whole"))
	_, err = out.WriteString("a frame")
	require.ErrorIs(t, err, os.ErrClosed)
	require.NoError(t, w.Close())
	sent, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "whole", string(sent))
	require.NoError(t, out.Failed())
}

// away gives an output that nobody read for a moment, during which something was not
// written: the modes of the terminal, as a program on the whole screen leaves it.
func away(t *testing.T, lost func(out *Output)) (*Output, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	brisk := make(chan struct{})
	close(brisk)
	out := NewOutput(w, brisk)
	back := make(chan struct{})
	out.OnBack(func() { close(back) })
	_, err = out.WriteString(tooMuch)
	require.ErrorIs(t, err, ErrUnread)
	require.ErrorIs(t, out.makeWhole(), ErrUnread, "nobody reads it")
	lost(out)
	_, err = io.ReadFull(r, make([]byte, len(tooMuch)))
	require.NoError(t, err)
	<-back
	return out, r
}

// The reader may come back between a mode that was not written and the end of the screen.
func TestATerminalThatMissedItsModesIsMadeWhole(t *testing.T) {
	out, r := away(t, func(out *Output) {
		_, err := out.WriteString("\x1b[?1049l")
		require.ErrorIs(t, err, ErrUnread)
	})
	require.NoError(t, out.makeWhole())
	got := make([]byte, len(Whole))
	_, err := io.ReadFull(r, got)
	require.NoError(t, err)
	require.Equal(t, Whole, string(got))
}

// Or between the last word and the look whether it was said.
func TestALastWordThatNobodyReadStaysUnsaid(t *testing.T) {
	out, _ := away(t, func(out *Output) { require.ErrorIs(t, out.Last("whole"), ErrUnread) })
	require.ErrorIs(t, out.makeWhole(), ErrUnread)
}

func TestATerminalThatMissedNothingIsLeftAlone(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	out := NewOutput(w, nil)
	require.NoError(t, out.makeWhole())
	require.NoError(t, out.Last("whole"))
	require.NoError(t, out.makeWhole())
	require.NoError(t, w.Close())
	sent, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "whole", string(sent))
}
