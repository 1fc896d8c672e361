package plain

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func after(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }

// play prints a script of events and gives what was printed.
func play(t *testing.T, events ...demo.Event) string {
	t.Helper()
	var b bytes.Buffer
	p := NewPrinter(&b)
	for _, e := range events {
		require.NoError(t, p.Print(e))
	}
	return "\n" + b.String()
}

func TestAnEventIsASentenceWithItsTimeAndItsSpeaker(t *testing.T) {
	assert.Equal(t, `
At 0.0 s, demo: run started: embedded cluster, stage profile, fault kill, seed 7.
At 12.4 s, monitor: ticket T-1 opened, severity critical: store down on node-2; signals: its status port is silent, clients get errors.
At 1234.5 s, presenter: chapter 2: Health.
`, play(t,
		demo.Event{At: start, Body: demo.RunStarted{Cluster: "embedded", Profile: "stage", Fault: "kill", Seed: 7}},
		demo.Event{At: after(12.4), Body: demo.TicketOpened{ID: "T-1", Severity: demo.SeverityCritical, Invariant: "store_down", Target: "node-2", Signals: []string{"status_probe", "client_errors"}}},
		demo.Event{At: after(20), Body: demo.Waited{}},
		demo.Event{At: after(1234.5), Body: demo.ChapterEntered{N: 2, Title: "Health", By: demo.ByKey}},
	))
}

func TestHealthIsTastedAllTheTimeAndToldWhenItChanges(t *testing.T) {
	look := func(s float64, health demo.Health, err string, beat int) demo.Event {
		return demo.Event{At: after(s), Body: demo.HealthSeen{Snapshot: demo.Snapshot{Error: err, Nodes: []demo.Node{
			{Name: "node-1", Health: demo.HealthUp, HeartbeatAge: demo.Millis(beat)}, {Name: "node-2", Health: health, State: "Disconnected"},
		}}}}
	}
	assert.Equal(t, `
At 0.0 s, cluster: nodes up: 2 of 2.
At 4.0 s, cluster: nodes up: 1 of 2; node-2 is suspect (Disconnected).
At 8.0 s, cluster: no fresh look at the cluster: timed out.
At 10.0 s, cluster: nodes up: 2 of 2.
`, play(t, look(0, demo.HealthUp, "", 1), look(2, demo.HealthUp, "", 2), look(4, demo.HealthSuspect, "", 3),
		look(6, demo.HealthSuspect, "", 4), look(8, demo.HealthSuspect, "timed out", 5), look(10, demo.HealthUp, "", 6)))
}

func TestTheWorkloadIsToldEveryFiveSecondsAndWhenErrorsBeginOrEnd(t *testing.T) {
	var events []demo.Event
	for s := range 12 {
		sample := demo.LoadSample{Ops: int64(1000 + s), P99: demo.Micros(2500 * time.Microsecond)}
		if s == 7 || s == 8 {
			sample.Errors = 3
		}
		events = append(events, demo.Event{At: after(float64(s)), Body: demo.LoadSeen{LoadSample: sample}})
	}
	assert.Equal(t, `
At 0.0 s, load: throughput 1000 operations a second, p99 2.5 ms.
At 5.0 s, load: throughput 1005 operations a second, p99 2.5 ms.
At 7.0 s, load: throughput 1007 operations a second, p99 2.5 ms, errors 3.
At 9.0 s, load: throughput 1009 operations a second, p99 2.5 ms.
`, play(t, events...))
}

func TestAnAnswerThatStreamsInIsToldInWholeLines(t *testing.T) {
	delta := func(s string) demo.Event { return demo.Event{At: start, Body: demo.DiagnosisDelta{Text: s}} }
	assert.Equal(t, `
At 0.0 s, diagnosis: The process is gone (E1).
At 0.0 s, diagnosis: Nothing else fits.
At 0.0 s, diagnosis: So restart it.
At 0.0 s, diagnosis: RULES after 0.0 s: process crashed on node-2, 100% of its claims verified; right, not grounded.
`, play(t, delta("The process"), delta(" is gone (E1).\n\nNothing else"), delta(" fits.\nSo restart it."),
		demo.Event{At: start, Body: demo.DiagnosisFinished{Source: "RULES", FaultType: demo.TypeCrashed, Component: "node-2", Verified: 1, Correct: true}}))
	assert.Equal(t, 2, strings.Count(play(t, delta(strings.Repeat("x", maxProse+1))), "\n"), "an answer without a line end does not pile up")
}

func TestAClaimThatDoesNotHoldIsToldAsItComes(t *testing.T) {
	assert.Equal(t, `
At 0.0 s, diagnosis: It fell 40 times [E2].
At 0.0 s, diagnosis: a claim does not hold: It fell 40 times [E2]. Reason: 40 does not stand in the cited evidence.
`, play(t, demo.Event{At: start, Body: demo.DiagnosisDelta{Text: "It fell 40 times [E2].\n", Claims: []demo.Claim{
		{Text: "It fell [E1].", OK: true}, {Text: "It fell 40 times [E2].", Why: "40 does not stand in the cited evidence"},
	}}}))
}

func TestWhoeverIsCutOffIsToldBeforeTheNextBegins(t *testing.T) {
	delta := func(s string) demo.Event { return demo.Event{At: start, Body: demo.DiagnosisDelta{Text: s}} }
	assert.Equal(t, `
At 0.0 s, diagnosis: It is the.
At 0.0 s, diagnosis: RULES looks at 0 facts for T-1 (CLAUDE LIVE: cut off).
At 0.0 s, diagnosis: The process is gone.
`, play(t, delta("It is the "), demo.Event{At: start, Body: demo.DiagnosisStarted{Source: "RULES", Ticket: "T-1", Why: "CLAUDE LIVE: cut off"}}, delta("The process is gone.\n")))
}

func TestNothingPrintedCanMoveACursor(t *testing.T) {
	out := play(t, demo.Event{At: start, Body: demo.ActionProposed{Action: demo.Action{Name: "\x1b[2Jrestart\r\u202e", Target: "node\x00-2"}}},
		demo.Event{At: start, Body: demo.HealthSeen{Snapshot: demo.Snapshot{Error: "\x1b]0;title\x07down\nline"}}})
	assert.NotContains(t, out, "\x1b")
	assert.Equal(t, 3, strings.Count(out, "\n"))
}

func TestASecondRunBeginsAtZeroAgain(t *testing.T) {
	again := func(s float64) demo.Event { return demo.Event{At: after(s), Body: demo.RunStarted{}} }
	out := play(t, again(0), again(60))
	assert.Equal(t, 2, strings.Count(out, "At 0.0 s, demo"))
}

type gone struct{ calls int }

var errGone = errors.New("broken pipe")

func (g *gone) Write([]byte) (int, error) { g.calls++; return 0, errGone }

func TestAReaderThatHasGoneIsSaidOnce(t *testing.T) {
	w := &gone{}
	p := NewPrinter(w)
	require.ErrorIs(t, p.Write(start, demo.RunStarted{}), errGone)
	require.NoError(t, p.Write(start, demo.RunStarted{}))
	assert.Equal(t, 1, w.calls)
}
