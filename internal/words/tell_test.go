package words

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestEachEventIsToldInOneLineByTheOneWhoDidIt(t *testing.T) {
	act := demo.Action{Name: demo.ActionRestart, Target: "lamp-2"}
	plan := demo.Plan{Fault: "kill", Target: "lamp-2", Reason: "drawn among 3", Seed: 7, Effect: "SIGKILL to process 4711"}
	ms := func(n int) demo.Millis { return demo.Millis(time.Duration(n) * time.Millisecond) }
	for _, c := range []struct {
		b         demo.Body
		who, text string
	}{
		{demo.RunStarted{Cluster: "embedded", Profile: "stage", Fault: "kill", Seed: 7}, "demo", "run started: embedded cluster, stage profile, fault kill, seed 7"},
		{demo.ChapterEntered{N: 2, Title: "Health", By: demo.ByKey}, "presenter", "chapter 2: Health"},
		{demo.ChapterEntered{N: 4, Title: "Fault", By: demo.ByAuto}, "demo", "chapter 4: Fault"},
		{demo.ChapterEntered{N: 6, Title: "Why?", By: demo.ByForced}, "presenter", "chapter 6: Why? (forced: the gate before it was closed)"},
		{demo.ClusterReady{Took: ms(1420), PD: "http://127.0.0.1:2379", Label: "3 lamps"}, "cluster", "ready in 1.4 s: 3 lamps at http://127.0.0.1:2379"},
		{demo.LoadStarted{Records: 10000}, "load", "10000 records loaded, workload running"},
		{demo.FaultPlanned{Plan: plan}, "chaos", "kill aimed at lamp-2: drawn among 3, seed 7"},
		{demo.FaultSealed{Hash: "3fa9"}, "demo", "sealed what will be done: sha256 3fa9"},
		{demo.FaultOpened{Text: "{}", Matches: true, Card: []demo.Scored{{Verdict: demo.Verdict{Source: "RULES"}, Marks: demo.Marks{Detection: 1, Localization: 0.5, FaultType: 1, Action: 1}}, {Verdict: demo.Verdict{Source: "NOBODY"}}}}, "demo", "the seal holds, RULES 88%, NOBODY 0%"},
		{demo.FaultOpened{Text: "{}", Why: "another store was broken"}, "demo", "the seal does not hold: another store was broken"},
		{demo.FaultInjected{Plan: plan}, "chaos", "kill on lamp-2: SIGKILL to process 4711"},
		{demo.FaultLifted{Fault: "kill", Target: "lamp-2"}, "chaos", "kill on lamp-2 lifted"},
		{demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2", SinceFault: ms(400)}, "monitor", "lamp-2: its status port is silent (0.4 s after the fault)"},
		{demo.SignalSeen{Name: demo.SignalHeartbeatAge, Target: "lamp-2", Detail: "14 s old"}, "monitor", "lamp-2: its heartbeat is overdue, 14 s old"},
		{demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2", Cleared: true, Detail: "x"}, "monitor", "lamp-2: its status port answers again"},
		{demo.SignalSeen{Name: "flicker"}, "monitor", "flicker"},
		{demo.TicketOpened{ID: "T-1", Severity: demo.SeverityCritical, Invariant: "store_down", Target: "lamp-2", Signals: []string{"status_probe", "client_errors"}}, "monitor", "T-1 critical: store_down on lamp-2 (status_probe + client_errors agree)"},
		{demo.TicketOpened{ID: "T-2", Severity: demo.SeverityWarning, Invariant: "throughput_drop", Message: "41% of the baseline", SinceFault: ms(1300)}, "monitor", "T-2 warning: throughput_drop (41% of the baseline) (1.3 s after the fault)"},
		{demo.TicketClosed{ID: "T-1", Invariant: "store_down", Target: "lamp-2", Count: 9}, "monitor", "T-1 closed: store_down on lamp-2"},
		{demo.DiagnosisStarted{Source: "RULES", Ticket: "T-1", Evidence: make([]demo.Evidence, 6)}, "diagnosis", "RULES looks at 6 facts for T-1"},
		{demo.DiagnosisStarted{Source: "RULES", Ticket: "T-1", Why: "CLAUDE LIVE: overloaded"}, "diagnosis", "RULES looks at 0 facts for T-1 (CLAUDE LIVE: overloaded)"},
		{demo.DiagnosisFinished{Source: "RULES", Component: "lamp-2", FaultType: demo.TypeCrashed, Verified: 1, Correct: true, Took: ms(130)}, "diagnosis", "RULES after 0.1 s: process_crashed on lamp-2, 100% of its claims verified; right, not grounded"},
		{demo.DiagnosisFinished{Source: "RULES", FaultType: demo.TypeInconclusive, Verified: 0.5}, "diagnosis", "RULES after 0.0 s: inconclusive, 50% of its claims verified; wrong, not grounded"},
		{demo.ActionProposed{Action: act, By: "RULES"}, "diagnosis", "proposes: restart lamp-2"},
		{demo.ActionApproved{Action: act, By: demo.ByPresenter}, "presenter", "restart lamp-2: approved"},
		{demo.ActionApproved{Action: act, By: demo.ByAuto}, "demo", "restart lamp-2: approved"},
		{demo.ActionDenied{Action: act, By: demo.ByPresenter}, "presenter", "restart lamp-2: denied"},
		{demo.ActionProposed{Action: act, Terms: demo.Terms{Effect: "a new bulb", Undo: "take it out", Precondition: "it is dark", Risk: "a flicker"}, By: "RULES"}, "diagnosis", "proposes: restart lamp-2"},
		{demo.ActionAsked{Action: act}, "demo", "restart lamp-2?"},
		{demo.ActionDenied{Action: act, By: demo.ByPresenter, Reason: "the risk is too high"}, "presenter", "restart lamp-2: denied, the risk is too high"},
		{demo.ActionDenied{Action: act, By: demo.ByAuto, Reason: "no"}, "demo", "restart lamp-2: denied, no"},
		{demo.ActionSkipped{Action: act, Why: "it shines"}, "chaos", "restart lamp-2: not done: it shines"},
		{demo.StageSeen{Name: demo.StageProcess, SinceFault: ms(8230)}, "demo", "process up (8.2 s after the fault)"},
		{demo.StageSeen{Name: demo.StageLeaders, Late: true, Limit: ms(60000), SinceFault: ms(70000)}, "demo", "still waiting for: leads again (60.0 s)"},
		{demo.Recovered{TTR: ms(8230), OpsRatio: 0.981, By: demo.ByAgent}, "demo", "recovered 8.2 s after the fault, throughput at 98% of the baseline, by the agent"},
		{demo.FaultLifted{Fault: "kill", Target: "lamp-2", By: demo.ByItself}, "chaos", "kill on lamp-2 lifted, by itself"},
		{demo.ActionDone{Action: act}, "chaos", "restart lamp-2: done"},
		{demo.Recovered{TTR: ms(8230), OpsRatio: 0.981}, "demo", "recovered 8.2 s after the fault, throughput at 98% of the baseline"},
		{demo.LedgerVerified{Acked: 31415, Checked: 2718, Inserts: 42, Reads: 999, Refused: 1, Indeterminate: 2}, "load", "0 lost; 2718 keys read again, 42 acknowledged inserts among them, and 999 reads of the run checked; writes: 31415 acknowledged, 1 refused, 2 of unknown outcome"},
		{demo.LedgerVerified{Lost: 2, Unknown: 3, Violations: map[string]int64{demo.ViolationStale: 4, demo.ViolationLost: 1}}, "load", "2 lost (wrong reads: 1 lost, 4 stale), 3 unknown because they could not be read; 0 keys read again, 0 acknowledged inserts among them, and 0 reads of the run checked; writes: 0 acknowledged, 0 refused, 0 of unknown outcome"},
		{demo.Violation{Name: demo.ViolationStale, Key: "user1", Lower: 4, Upper: 6, Read: 3, Store: "lamp-2", When: demo.SeenInRun}, "load", "DATA VIOLATION: stale: user1 reads version 3 through lamp-2, expected versions 4 to 6"},
		{demo.Violation{Name: demo.ViolationAbsent, Key: "user1", Lower: 1, Upper: 1, When: demo.SeenAtEnd}, "load", "DATA VIOLATION: absent: user1 reads nothing, expected version 1"},
		{demo.DataProved{Stores: []demo.StoreProof{{Store: "lamp-2", Records: 3, Inserts: 2, Unread: 1}, {Store: "lamp-3", Why: "it serves none of the keys"}}}, "load", "3 records and 2 inserts read through lamp-2, 0 wrong, 1 could not be read; nothing was read through lamp-3: it serves none of the keys"},
		{demo.RunFinished{Outcome: demo.OutcomeComplete, TTD: ms(1300), TTR: ms(8230)}, "demo", "run complete, detected in 1.3 s, recovered in 8.2 s, 0 lost"},
		{demo.RunFinished{Outcome: demo.OutcomeComplete, Verified: true}, "demo", "run complete, 0 lost"},
		{demo.RunFinished{Outcome: demo.OutcomeQuit, Verified: true}, "demo", "run quit, 0 lost"},
		{demo.RunFinished{Outcome: demo.OutcomeFailed, Lost: 2}, "demo", "run failed, 2 lost"},
		{demo.RunFinished{Outcome: demo.OutcomeQuit, Forced: 2}, "demo", "run quit, 2 gates forced"},
		{demo.RunFinished{Outcome: demo.OutcomeQuit, LeftBroken: []string{"lamp-2"}}, "demo", "run quit, left broken: lamp-2"},
		{demo.EffectFailed{Effect: "start the cluster", Err: "no Docker"}, "demo", "failed to start the cluster: no Docker"},
		{demo.QuestionOpened{}, "presenter", "a question: the clock stands still"},
		{demo.QuestionClosed{Took: ms(61500)}, "presenter", "the question took 61.5 s"},
		{demo.TakenOver{N: 4, ID: "fault", Record: "the example kill"}, "presenter", "the screen goes on from the example kill; live stands in chapter 4"},
		{demo.RecordShown{N: 5, ID: "detection"}, "presenter", "the record shows chapter 5, detection"},
		{demo.LiveWell{After: demo.Millis(12 * time.Second)}, "demo", "the live cluster is well, 12.0 s after the screen left it"},
		{demo.LiveAgain{N: 4, ID: "fault"}, "presenter", "the screen is live again, in chapter 4"},
		{demo.EffectFailed{Err: "no target\nleads anything"}, "demo", "failed: no target leads anything"},
		{demo.SourceFailed{Source: "load", Err: "gone"}, "load", "stopped: gone"},
		{demo.SourceFailed{Source: "poller", Err: "gone"}, "demo", "poller stopped: gone"},
		{demo.Progressed{Text: "nodes up", Done: 1, Total: 3}, "demo", "nodes up (1 of 3)"},
		{demo.Progressed{Text: "waiting"}, "demo", "waiting"},
		{demo.Progressed{Text: "loading", Done: 10000, Total: 10000}, "demo", "loading (10000 of 10000)"},
	} {
		who, text := Voice{}.Tell(c.b)
		assert.Equal(t, c.who, who, "%T", c.b)
		assert.Equal(t, c.text, text)
	}
}

func TestWhatComesEverySecondOrOnlyMovesThePlayGetsNoLine(t *testing.T) {
	for _, b := range []demo.Body{
		demo.HealthSeen{}, demo.RegionsSeen{}, demo.LoadSeen{}, demo.DiagnosisDelta{Text: "because"}, demo.ChapterDone{N: 1}, demo.Waited{}, demo.Asked{Intent: demo.Advance},
		demo.Progressed{Done: 1, Total: 2}, demo.Progressed{Text: "loading", Done: 10, Total: 10000},
	} {
		who, text := Voice{}.Tell(b)
		assert.Empty(t, who+text, "%T", b)
	}
}

func TestEverySignalHasWordsThatNameNoSubject(t *testing.T) {
	for _, name := range append(demo.SignalNames(), demo.SignalSlowProbe, demo.SignalPDSilent, demo.SignalRestarted, demo.SignalOverload) {
		for _, v := range []Voice{{}, {Control: "SWITCH"}} {
			seen, ended := v.signal(name)
			assert.NotEqual(t, name, seen)
			assert.NotContains(t, strings.ToLower(seen+ended), "tikv", name)
			assert.NotContains(t, seen+ended, "PD", name)
		}
	}
}

func TestEveryOfferAndEveryReasonHasWords(t *testing.T) {
	for l := demo.DoShowNext; l <= demo.DoAbandon; l++ {
		if l == demo.DoSee { // nobody is shown it
			continue
		}
		assert.NotEmpty(t, English.Offer(demo.Offer{Label: l, N: 1, About: "lamp-1"}), l)
	}
	for why := demo.WhyFirst; why <= demo.WhyNotOffered; why++ {
		if why == demo.WhyThere || why == demo.WhyArmed { // the footer says that all the time
			continue
		}
		s := demo.New([]demo.Chapter{{}}, demo.Options{})
		s.Reached, s.Refusal = 0, demo.Refusal{Why: why, N: 2}
		assert.NotEmpty(t, English.Refusal(s), why)
	}
}
