package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// What terminals send that nobody has pressed: pastes, reports of the mouse and of the
// focus, and answers.
var noKeys = []string{
	"\x1b[200~1 q y\r\x03\x1b[201~", "\x1b[200~" + strings.Repeat("2 y\n", 500) + "\x1b[201~",
	"\x1b[I", "\x1b[O", "\x1b[<0;10;10M", "\x1b[<64;10;10m", "\x1b[M !!", "\x1b[24;80R", "\x1b[?64;1;2c", "\x1b[8;36;120t", "\x1b[?2026;2$y", "\x1b[?1u",
	"\x1b]11;rgb:1e1e/2e2e/3e3e\a", "\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "\x1bP>|xterm(370)\x1b\\", "\x1b_Gi=1;OK\x1b\\", "\x1b[113;1:3u", "\x1b[57441;2u",
}

// slowly sends bytes with a pause between them, and gives the longest that it may have
// been: from before a byte was sent until after the next was.
func (s *screen) slowly(keys string, pause time.Duration) (longest time.Duration) {
	if len(keys) > 50 {
		s.press(keys)
		return 0
	}
	var before time.Time
	for i := range len(keys) {
		now := time.Now()
		s.press(keys[i : i+1])
		if i > 0 {
			longest = max(longest, time.Since(before))
		}
		before = now
		time.Sleep(pause)
	}
	return longest
}

// The terminal is fast, slow, and slower than the wait for what follows an Escape.
// Where a busy machine makes it so slow that a byte is a press by itself, what was sent
// is sent again to a program that is begun anew: beside other tests a Ctrl-C in a pasted
// text came so late that the talk was left.
func TestWhatNobodyHasPressedMovesNothing(t *testing.T) {
	t.Parallel()
	const press = 200 * time.Millisecond // the program waits 300 and 500 ms
	state, s := welcomed(t)
	for _, pause := range []time.Duration{0, 5 * time.Millisecond, 70 * time.Millisecond} {
		for _, b := range noKeys {
			for tries := 1; s.slowly(b, pause) >= press; tries++ {
				require.Less(t, tries, 10, "this machine holds a program up for longer than a person waits between two keys")
				require.NoError(t, s.cmd.Process.Kill())
				<-s.over
				state, s = welcomed(t)
			}
			s.requireNothingMoved(state, b)
		}
	}
	s.leave()
	s.requireWhole()
}

// welcomed begins a talk, and waits for its first chapter.
func welcomed(t *testing.T) (state string, s *screen) {
	t.Helper()
	state = t.TempDir()
	s = onScreen(t, state, "run")
	s.until(state, `"id":"welcome"`)
	return state, s
}

func (s *screen) requireNothingMoved(state, sent string) {
	s.t.Helper()
	s.press("?")
	s.has("closes this")
	require.NotContains(s.t, record(s.t, state), `"as":"asked"`, "%q", sent)
	s.press("x")
	s.hasNot("closes this")
}

// TestAStormOfKeysAndSizesSpoilsNothing presses anything, at any speed, on a terminal of
// changing size, and then leaves. TIKV_DEMO_STORM plays another storm, and a longer one.
func TestAStormOfKeysAndSizesSpoilsNothing(t *testing.T) {
	long(t)
	t.Parallel()
	seed, strokes := uint64(1), 150
	if other := os.Getenv("TIKV_DEMO_STORM"); other != "" {
		n, err := strconv.ParseUint(other, 10, 64)
		require.NoError(t, err)
		seed, strokes = n, 1500
	}
	rng := rand.New(rand.NewPCG(seed, 7))
	state := t.TempDir()
	s := onScreen(t, state, "run", "--seed", fmt.Sprint(seed), "--fault", []string{"kill", "pause"}[rng.IntN(2)])
	s.until(state, `"id":"welcome"`)
	keys := strings.Split(" |\r|l|h|p|\x1b[6~|\x1b[5~|\x1b[C|\x1b[D|\x1b[A|\x1b[B|1|2|3|4|5|6|7|8|F|t|r|?|N|.|b|\x1b|\x1b[15~|y|n|a|o|s|e|O|j|k|+|-|z|L|x|T|w|R|[|]|P|\t|ü|日|\x00|\x1b[113;5u", "|")
	for range strokes {
		switch n := rng.IntN(20); {
		case n < 6:
			s.press(" ")
			time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
		case n < 14:
			s.slowly(keys[rng.IntN(len(keys))], time.Duration(rng.IntN(3)*40)*time.Millisecond)
		case n < 17:
			s.slowly(noKeys[rng.IntN(len(noKeys))], time.Duration(rng.IntN(3)*10)*time.Millisecond)
		default:
			size := pty.Winsize{Rows: uint16(rng.IntN(101)), Cols: uint16(rng.IntN(301))}
			require.NoError(t, pty.Setsize(s.tty, &size))
		}
		require.False(t, s.ended(), "storm %d ended it: %s", seed, s.tail())
	}
	require.NoError(t, pty.Setsize(s.tty, &pty.Winsize{Rows: 36, Cols: 120}))
	s.press("\x03")
	require.Contains(t, []int{exitOK, exitInterrupted}, s.ends(), "storm %d: %s", seed, s.tail())
	s.requireWhole()
	requireNothingLeft(t, state)
	told := lines(t, record(t, state))
	last := told[len(told)-1]
	require.Equal(t, "run.finished", last["kind"], "storm %d", seed)
	require.NotContains(t, last, "left_broken", "storm %d", seed)
	for i, l := range told {
		if l["kind"] == "action.approved" && l["by"] == "presenter" {
			require.Equal(t, "confirm", intentBefore(told[:i]), "storm %d: line %d is approved without a yes", seed, i+1)
		}
	}
}

// intentBefore gives the intent of the latest press.
func intentBefore(told []map[string]any) any {
	for i := len(told) - 1; i >= 0; i-- {
		if told[i]["as"] == "asked" {
			return told[i]["body"].(map[string]any)["Intent"]
		}
	}
	return nil
}
