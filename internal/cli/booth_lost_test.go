package cli

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
)

// setBack makes a cluster forget: as another client it puts the values back that
// some records had, once they are newer. It ends when one has been put back.
func setBack(ctx context.Context, t *testing.T, pd string) {
	t.Helper()
	other, err := tikv.OpenRaw(ctx, tikv.RawOptions{PD: []string{pd}})
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	old := map[string][]byte{}
	for n := range int64(200) {
		if old[string(load.Key(n))], err = other.Get(ctx, load.Key(n)); err != nil {
			delete(old, string(load.Key(n)))
		}
	}
	back := 0
	require.Eventually(t, func() bool {
		for key, was := range old {
			if now, err := other.Get(ctx, []byte(key)); err == nil && !bytes.Equal(now, was) && other.Put(ctx, []byte(key), was) == nil {
				back++
				delete(old, key)
			}
		}
		return back >= 20
	}, time.Minute, awaitEvery)
}

// The next round would cover after 15 s what nobody has seen yet.
func TestABoothThatLostWritesStaysOnItUntilSomebodyLeavesAndSaysSoByItsStatus(t *testing.T) {
	long(t)
	t.Parallel()
	state := t.TempDir()
	s := onScreen(t, state, "run", "--loop", "--auto")
	s.until(state, `"kind":"load"`)
	setBack(t.Context(), t, one(t, lines(t, record(t, state)), "cluster.ready")["pd"].(string))
	s.until(state, `"kind":"ledger.verified"`)
	s.shows("the loop stays here")
	require.False(t, s.ended())
	s.press("q")
	require.Equal(t, exitFailed, s.ends())
	require.Contains(t, s.seen.String(), "lost what was acknowledged or read")
	require.Equal(t, "failed", one(t, lines(t, record(t, state)), "run.finished")["outcome"])
	rounds, err := filepath.Glob(filepath.Join(state, "runs", "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, rounds, 1)
	requireNothingLeft(t, state)
}

// Where no screen could stay, the booth ends.
func TestABoothWithoutAScreenEndsOnARoundThatLostWrites(t *testing.T) {
	cs := []demo.Chapter{{N: 1, ID: "welcome"}, {N: 2, ID: "complete", OnEnter: demo.OnEnterVerify, Gate: demo.GateVerified}}
	rounds := 0
	st := script{events: make(chan demo.Event, 10), answer: func(v demo.Verb) demo.Body {
		switch v := v.(type) {
		case demo.Reset:
			require.Less(t, rounds, 3)
		case demo.Verify:
			rounds++
			return demo.LedgerVerified{Acked: 10, Checked: 10, Lost: int64(rounds / 2)}
		case demo.Wait:
			if v.For < time.Minute { // a pause, not the limit of a gate
				return demo.Waited{}
			}
		}
		return nil
	}}
	ctx, cancel := context.WithTimeout(t.Context(), awaitLimit)
	defer cancel()
	end, err := drive(ctx, demo.New(cs, demo.Options{Auto: true, Loop: true}), st, strings.NewReader(""), io.Discard)
	require.NoError(t, err)
	require.Equal(t, 2, end.Play, "a good round is followed by another")
	require.Equal(t, demo.OutcomeFailed, end.Finished.Outcome)
}
