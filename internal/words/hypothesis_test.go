package words

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestAHypothesisIsSaidAsASpeakerWould(t *testing.T) {
	h := demo.Hypothesis{P99: demo.Millis(10 * time.Millisecond), Within: demo.Millis(10 * time.Second)}
	require.Equal(t, "p99 back under 10 ms within 10 s, no acknowledged write lost", English.Hypothesis(h))
	require.Equal(t, "no acknowledged write lost", English.Hypothesis(demo.Hypothesis{}))

	three, none := demo.Millis(3*time.Second), demo.Millis(0)
	for want, j := range map[string]demo.HypothesisJudged{
		"hypothesis held: p99 back after 3.0 s, 0 lost":                        {Verdict: demo.Held, Latency: demo.Held, Writes: demo.Held, Back: &three},
		"hypothesis held: p99 never above, 0 lost":                             {Verdict: demo.Held, Latency: demo.Held, Writes: demo.Held, Back: &none},
		"hypothesis broken: p99 not back, 2 lost":                              {Verdict: demo.Broken, Latency: demo.Broken, Writes: demo.Broken, Lost: 2},
		"hypothesis unknown: p99 back after 3.0 s, 0 lost, 12 not read":        {Verdict: demo.Unknown, Latency: demo.Held, Writes: demo.Unknown, Back: &three, Unread: 12},
		"hypothesis unknown: p99 not measured long enough, writes not checked": {Verdict: demo.Unknown, Latency: demo.Unknown, Writes: demo.Unknown},
		"hypothesis held: 0 lost":                                              {Verdict: demo.Held, Writes: demo.Held},
	} {
		require.Equal(t, want, English.Judged(j))
	}
}
