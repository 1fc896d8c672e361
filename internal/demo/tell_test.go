package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestEachEventIsToldInOneLineByTheOneWhoDidIt(t *testing.T) {
	act := Action{Name: ActionRestart, Target: "lamp-2"}
	plan := Plan{Fault: "kill", Target: "lamp-2", Reason: "drawn among 3", Seed: 7, Effect: "SIGKILL to process 4711"}
	ms := func(n int) Millis { return Millis(time.Duration(n) * time.Millisecond) }
	for _, c := range []struct {
		b         Body
		who, text string
	}{
		{RunStarted{Cluster: "embedded", Profile: "stage", Fault: "kill", Seed: 7}, "demo", "run started: embedded cluster, stage profile, fault kill, seed 7"},
		{ChapterEntered{N: 2, Title: "Health", By: ByKey}, "presenter", "chapter 2: Health"},
		{ChapterEntered{N: 4, Title: "Fault", By: ByAuto}, "demo", "chapter 4: Fault"},
		{ChapterEntered{N: 6, Title: "Why?", By: ByForced}, "presenter", "chapter 6: Why? (forced: the gate before it was closed)"},
		{ClusterReady{Took: ms(1420), PD: "http://127.0.0.1:2379", Label: "3 lamps"}, "cluster", "ready in 1.4 s: 3 lamps at http://127.0.0.1:2379"},
		{LoadStarted{Records: 10000}, "load", "10000 records loaded, workload running"},
		{FaultPlanned{plan}, "chaos", "kill aimed at lamp-2: drawn among 3, seed 7"},
		{FaultSealed{Hash: "3fa9"}, "demo", "sealed what will be done: sha256 3fa9"},
		{FaultOpened{Text: "{}", Matches: true, Card: []Scored{{Verdict: Verdict{Source: "RULES"}, Marks: Marks{1, 0.5, 1, 1}}, {Verdict: Verdict{Source: "NOBODY"}}}}, "demo", "the seal holds, RULES 88%, NOBODY 0%: sha256 of {}"},
		{FaultOpened{Text: "{}", Why: "another store was broken"}, "demo", "the seal does not hold: another store was broken: sha256 of {}"},
		{FaultInjected{Plan: plan}, "chaos", "kill on lamp-2: SIGKILL to process 4711"},
		{FaultLifted{Fault: "kill", Target: "lamp-2"}, "chaos", "kill on lamp-2 lifted"},
		{SignalSeen{Name: SignalStatusProbe, Target: "lamp-2", SinceFault: ms(400)}, "monitor", "lamp-2: status probe failed (0.4 s after the fault)"},
		{SignalSeen{Name: SignalHeartbeatAge, Target: "lamp-2", Detail: "14 s old"}, "monitor", "lamp-2: heartbeat is late, 14 s old"},
		{SignalSeen{Name: SignalStatusProbe, Target: "lamp-2", Cleared: true, Detail: "x"}, "monitor", "lamp-2: status probe OK again"},
		{SignalSeen{Name: "flicker"}, "monitor", "flicker"},
		{TicketOpened{ID: "T-1", Severity: SeverityCritical, Invariant: "store_down", Target: "lamp-2", Signals: []string{"status_probe", "client_errors"}}, "monitor", "T-1 critical: store_down on lamp-2 (status_probe + client_errors agree)"},
		{TicketOpened{ID: "T-2", Severity: SeverityWarning, Invariant: "throughput_drop", Message: "41% of the baseline", SinceFault: ms(1300)}, "monitor", "T-2 warning: throughput_drop (41% of the baseline) (1.3 s after the fault)"},
		{TicketClosed{ID: "T-1", Invariant: "store_down", Target: "lamp-2", Count: 9}, "monitor", "T-1 closed: store_down on lamp-2"},
		{DiagnosisStarted{Source: "RULES", Ticket: "T-1", Evidence: make([]Evidence, 6)}, "diagnosis", "RULES looks at 6 pieces of evidence for T-1"},
		{DiagnosisStarted{Source: "RULES", Ticket: "T-1", Why: "CLAUDE LIVE: overloaded"}, "diagnosis", "RULES looks at 0 pieces of evidence for T-1 (CLAUDE LIVE: overloaded)"},
		{DiagnosisFinished{Source: "RULES", Component: "lamp-2", FaultType: TypeCrashed, Verified: 1, Correct: true, Took: ms(130)}, "diagnosis", "RULES after 0.1 s: process_crashed on lamp-2, 100% of its claims borne out, correct"},
		{DiagnosisFinished{Source: "RULES", FaultType: TypeInconclusive, Verified: 0.5}, "diagnosis", "RULES after 0.0 s: inconclusive, 50% of its claims borne out, not what was done"},
		{ActionProposed{Action: act, By: "RULES"}, "diagnosis", "proposes: restart lamp-2"},
		{ActionApproved{Action: act, By: ByPresenter}, "presenter", "restart lamp-2: approved"},
		{ActionApproved{Action: act, By: ByAuto}, "demo", "restart lamp-2: approved"},
		{ActionDenied{Action: act, By: ByPresenter}, "presenter", "restart lamp-2: denied"},
		{ActionProposed{Action: act, Terms: Terms{Effect: "a new bulb", Undo: "take it out", Precondition: "it is dark", Risk: "a flicker"}, By: "RULES"}, "diagnosis", "proposes: restart lamp-2; effect: a new bulb; only if: it is dark; undo: take it out; risk: a flicker"},
		{ActionAsked{act}, "demo", "restart lamp-2? y approves, an empty line goes on without, n refuses, and then 1: the diagnosis is wrong, 2: the evidence is too thin, 3: the risk is too high, 4: another way is better"},
		{ActionDenied{Action: act, By: ByPresenter, Reason: "the risk is too high"}, "presenter", "restart lamp-2: denied, the risk is too high"},
		{ActionDenied{Action: act, By: ByAuto, Reason: "no"}, "demo", "restart lamp-2: denied, no"},
		{ActionSkipped{Action: act, Why: "it shines"}, "chaos", "restart lamp-2: not done: it shines"},
		{StageSeen{Name: StageProcess, SinceFault: ms(8230)}, "demo", "process up (8.2 s after the fault)"},
		{StageSeen{Name: StageLeaders, Late: true, Limit: ms(60000), SinceFault: ms(70000)}, "demo", "late: leads again, not within 60.0 s"},
		{Recovered{TTR: ms(8230), OpsRatio: 0.981, By: ByAgent}, "demo", "recovered 8.2 s after the fault, throughput at 98% of the baseline, by the agent"},
		{FaultLifted{Fault: "kill", Target: "lamp-2", By: ByItself}, "chaos", "kill on lamp-2 lifted, by itself"},
		{ActionDone{Action: act}, "chaos", "restart lamp-2: done"},
		{Recovered{TTR: ms(8230), OpsRatio: 0.981}, "demo", "recovered 8.2 s after the fault, throughput at 98% of the baseline"},
		{LedgerVerified{Acked: 31415, Checked: 2718}, "load", "31415 writes acknowledged, 2718 keys read again, 0 lost"},
		{RunFinished{Outcome: OutcomeComplete, TTD: ms(1300), TTR: ms(8230)}, "demo", "run complete, detected in 1.3 s, recovered in 8.2 s, 0 lost"},
		{RunFinished{Outcome: OutcomeQuit, Forced: 2}, "demo", "run quit, 2 gates forced"},
		{EffectFailed{Err: "no target\nleads anything"}, "demo", "failed: no target leads anything"},
		{SourceFailed{Source: "load", Err: "gone"}, "load", "stopped: gone"},
		{SourceFailed{Source: "poller", Err: "gone"}, "demo", "poller stopped: gone"},
		{Progressed{Text: "nodes up", Done: 1, Total: 3}, "demo", "nodes up (1 of 3)"},
		{Progressed{Text: "waiting"}, "demo", "waiting"},
		{Progressed{Text: "loading", Done: 10000, Total: 10000}, "demo", "loading (10000 of 10000)"},
	} {
		who, text := Tell(c.b)
		assert.Equal(t, c.who, who, "%T", c.b)
		assert.Equal(t, c.text, text)
	}
}

func TestWhatComesEverySecondOrOnlyMovesThePlayGetsNoLine(t *testing.T) {
	for _, b := range []Body{
		HealthSeen{}, LoadSeen{}, DiagnosisDelta{Text: "because"}, ChapterDone{N: 1}, Waited{}, Asked{Intent: Advance},
		Progressed{Done: 1, Total: 2}, Progressed{Text: "loading", Done: 10, Total: 10000},
	} {
		who, text := Tell(b)
		assert.Empty(t, who+text, "%T", b)
	}
}

func TestTheLinesNameNoSubject(t *testing.T) {
	for name, words := range signalWords {
		for _, w := range words {
			assert.NotContains(t, strings.ToLower(w), "tikv", name)
		}
	}
	assert.Len(t, signalWords, len(SignalNames()))
}
