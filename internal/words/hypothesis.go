package words

import (
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Hypothesis says what is expected: "p99 back under 10 ms within 10 s, no
// acknowledged write lost".
func (t Tongue) Hypothesis(h demo.Hypothesis) string {
	said := t.Say("no acknowledged write lost")
	if h.P99 == 0 {
		return said
	}
	return t.Say("p99 back under %d ms within %.0f s, %s", h.P99.Duration().Milliseconds(), h.Within.Duration().Seconds(), said)
}

// Figures gives the figures that a hypothesis was judged by: "p99 back after
// 3.0 s, 0 lost".
func (t Tongue) Figures(j demo.HypothesisJudged) string {
	var said []string
	switch {
	case j.Latency == "":
	case j.Back != nil && *j.Back == 0:
		said = append(said, t.Say("p99 never above"))
	case j.Back != nil:
		said = append(said, t.Say("p99 back after %s", t.Seconds(j.Back.Duration())))
	case j.Latency == demo.Broken:
		said = append(said, t.Say("p99 not back"))
	default:
		said = append(said, t.Say("p99 not measured long enough"))
	}
	if j.Writes == demo.Unknown && j.Unread == 0 {
		said = append(said, t.Say("writes not checked"))
	} else {
		said = append(said, t.Say("%d lost", j.Lost))
	}
	if j.Unread > 0 {
		said = append(said, t.Say("%d not read", j.Unread))
	}
	return strings.Join(said, ", ")
}

// Judged says what became of a hypothesis: "hypothesis held: p99 back after 3.0 s, 0
// lost".
func (t Tongue) Judged(j demo.HypothesisJudged) string {
	return t.Say("hypothesis %s: %s", t.Word(string(j.Verdict)), t.Figures(j))
}
