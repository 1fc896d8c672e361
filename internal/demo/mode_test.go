package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Nothing takes back that a play ends, and every other mode can be left for any other.
func TestFromAModeThatEndsThePlayNoWayLeadsBack(t *testing.T) {
	for from := ModeRunning; from <= ModeLeaving; from++ {
		for to := ModeRunning; to <= ModeLeaving; to++ {
			m := &machine{State: New(lampChapters(), Options{})}
			m.Mode, m.Reached, m.TakeOvers = from, 0, []TakeOver{{N: 1}}
			m.turn(to)
			want := to
			if from.ends() && to < from {
				want = from
			}
			require.Equal(t, want, m.Mode, "from %d to %d", from, to)
		}
	}
}

// Whoever leaves ends the question from the audience: the talk's clock goes on, and the
// record says how long the question took.
func TestLeavingEndsTheQuestionFromTheAudience(t *testing.T) {
	for _, leave := range []string{"quit", "interrupt"} {
		p, trace := tail(t, toFault, "pause; load 100; "+leave)
		require.NotNil(t, p.Finished)
		require.Equal(t, 2*time.Second, p.Paused)
		require.Zero(t, p.Pausing(p.at.Add(time.Minute)))
		require.Contains(t, trace, "[question.closed]")
	}
	p, _ := tail(t, toDark, "pause; load 100; interrupt")
	require.Equal(t, ModeLeaving, p.Mode)
	require.Nil(t, p.Finished, "it is repaired first")
	require.Equal(t, 2*time.Second, p.Paused)
}

// The next play begins with a clock that runs, and the record of this one says that the
// question is over.
func TestPlayingAgainEndsTheQuestionFromTheAudience(t *testing.T) {
	p, trace := tail(t, toComplete, "pause; restart; yes")
	require.Equal(t, 2, p.Play)
	require.Equal(t, ModeRunning, p.Mode)
	require.Contains(t, trace, "yes: [question.closed] finish(complete) reset")
}
