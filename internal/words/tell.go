package words

import (
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Who says a line of the event log.
const (
	whoPresenter = "presenter"
	whoDemo      = "demo"
	whoCluster   = "cluster"
	whoLoad      = "load"
	whoChaos     = "chaos"
	whoMonitor   = "monitor"
	whoDiagnosis = "diagnosis"
)

// toldConfirmed is how long a fault must take for its end to deserve a line.
const toldConfirmed = time.Second

// Tell gives one short line for an event, and who says it. Who is "" for an
// event that deserves no line: what comes every second or two, and what only
// moves the play.
func (v Voice) Tell(b demo.Body) (who, text string) {
	if who, text = v.tellPlay(b); who == "" {
		who, text = v.tellFinding(b)
	}
	return who, strings.Join(strings.Fields(text), " ")
}

// tellPlay tells what the talk itself did.
func (t Tongue) tellPlay(b demo.Body) (who, text string) {
	switch b := b.(type) {
	case demo.RunStarted:
		return whoDemo, t.tellStart(b)
	case demo.ChapterEntered:
		return t.tellChapter(b)
	case demo.ClusterReady:
		return whoCluster, t.Say("ready in %s: %s at %s", t.Seconds(b.Took.Duration()), b.Label, b.PD)
	case demo.LoadStarted:
		return whoLoad, t.Say("%d records loaded, workload running", b.Records)
	case demo.FaultPlanned, demo.FaultSealed, demo.FaultOpened, demo.FaultInjected, demo.FaultConfirmed, demo.FaultLifted:
		return t.tellFault(b)
	case demo.HypothesisStated:
		return whoDemo, t.Say("hypothesis: %s", t.Hypothesis(b.Hypothesis))
	case demo.HypothesisJudged:
		return whoDemo, t.Judged(b)
	case demo.ActionDone:
		return whoChaos, t.Say("%s: done", b.String())
	case demo.ActionSkipped:
		return whoChaos, t.Say("%s: not done: %s", b.String(), b.Why)
	case demo.ActionAsked:
		return whoDemo, b.String() + "?"
	case demo.ActionApproved:
		return byWhom(b.By), t.Say("%s: approved", b.String())
	case demo.ActionDenied:
		return byWhom(b.By), t.Say("%s: denied%s", b.String(), t.because(t.Denied(b.Reason)))
	case demo.QuestionOpened:
		return whoPresenter, t.Say("a question: the clock stands still")
	case demo.QuestionClosed:
		return whoPresenter, t.Say("the question took %s", t.Seconds(b.Took.Duration()))
	case demo.TakenOver, demo.RecordShown, demo.LiveWell, demo.LiveAgain:
		return t.tellTakeOver(b)
	case demo.ChaptersRevised:
		return whoPresenter, t.Say("the chapter files were edited; this is how they are now")
	case demo.ChaptersKept:
		return whoPresenter, t.Say("the chapter files were edited and not taken: %s", b.Why)
	case demo.Progressed:
		return t.tellProgress(b)
	case demo.EffectFailed:
		if b.Effect != "" {
			return whoDemo, t.Say("failed to %s: %s", b.Effect, b.Err)
		}
		return whoDemo, t.Say("failed: %s", b.Err)
	case demo.RunFinished:
		return whoDemo, t.tellEnd(b)
	}
	return "", ""
}

// tellFault tells what is broken: the plan, its seal, and how it went.
func (t Tongue) tellFault(b demo.Body) (who, text string) {
	switch b := b.(type) {
	case demo.FaultPlanned:
		return whoChaos, t.Say("%s aimed at %s: %s", b.Plan.Fault, b.Plan.Target, t.Quote(b.Plan.Why()))
	case demo.FaultSealed:
		return whoDemo, t.Say("sealed what will be done: sha256 %s", b.Hash)
	case demo.FaultOpened:
		return whoDemo, t.tellSeal(b)
	case demo.FaultInjected:
		return whoChaos, t.Say("%s on %s: %s", b.Fault, b.Target, t.Quote(b.Effect))
	case demo.FaultConfirmed:
		if b.SinceFault.Duration() < toldConfirmed {
			return "", "" // at once, as everybody expects
		}
		return whoChaos, t.Say("%s on %s is done%s", b.Fault, b.Target, t.afterFault(b.SinceFault))
	case demo.FaultLifted:
		return whoChaos, t.Say("%s on %s lifted%s", b.Fault, b.Target, t.credit(b.By))
	}
	return "", ""
}

func (t Tongue) tellStart(b demo.RunStarted) string {
	if b.Rehearsal {
		return t.Say("rehearsal started: %s cluster, %s profile, fault %s, seed %d", b.Cluster, b.Profile, b.Fault, b.Seed)
	}
	return t.Say("run started: %s cluster, %s profile, fault %s, seed %d", b.Cluster, b.Profile, b.Fault, b.Seed)
}

// tellTakeOver tells what the audience sees in the place of the live talk.
func (t Tongue) tellTakeOver(b demo.Body) (who, text string) {
	switch b := b.(type) {
	case demo.TakenOver:
		return whoPresenter, t.Say("the screen goes on from %s; live stands in chapter %d", b.Record, b.N)
	case demo.RecordShown:
		return whoPresenter, t.Say("the record shows chapter %d, %s", b.N, b.ID)
	case demo.LiveWell:
		return whoDemo, t.Say("the live cluster is well, %s after the screen left it", t.Seconds(b.After.Duration()))
	case demo.LiveAgain:
		return whoPresenter, t.Say("the screen is live again, in chapter %d", b.N)
	}
	return "", ""
}

// tellFinding tells what was observed, concluded and proven.
func (v Voice) tellFinding(b demo.Body) (who, text string) {
	switch b := b.(type) {
	case demo.SignalSeen:
		return whoMonitor, v.tellSignal(b)
	case demo.TicketOpened:
		return whoMonitor, v.tellTicket(b)
	case demo.TicketClosed:
		return whoMonitor, v.Say("%s closed: %s%s", b.ID, b.Invariant, v.On(b.Target))
	case demo.DiagnosisStarted:
		return whoDiagnosis, v.tellAsking(b)
	case demo.DiagnosisFinished:
		return whoDiagnosis, v.tellAnswer(b)
	case demo.ActionProposed:
		return whoDiagnosis, v.Say("proposes: %s", b.String())
	case demo.StageSeen:
		return whoDemo, v.tellStage(b)
	case demo.Recovered:
		return whoDemo, v.Say("recovered %s after the fault%s, throughput at %.0f%% of the baseline%s", v.Seconds(b.TTR.Duration()), v.fromAction(b), 100*b.OpsRatio, v.credit(b.By))
	case demo.LedgerVerified:
		return whoLoad, v.Ledger(b)
	case demo.Violation:
		return whoLoad, v.Say("DATA VIOLATION: %s", v.Violation(b))
	case demo.DataProved:
		return whoLoad, v.tellProof(b)
	case demo.SourceFailed:
		return v.tellSource(b)
	}
	return "", ""
}

func (t Tongue) tellChapter(b demo.ChapterEntered) (who, text string) {
	text = t.Say("chapter %d: %s", b.N, b.Title)
	switch b.By {
	case demo.ByForced:
		return whoPresenter, t.Say("%s (forced: the gate before it was closed)", text)
	case demo.ByKey:
		return whoPresenter, text
	case demo.ByFrom:
		return whoDemo, t.Say("%s (the one before was played without a presenter)", text)
	}
	return whoDemo, text
}

func (t Tongue) tellProgress(b demo.Progressed) (who, text string) {
	switch {
	case b.Text == "" || b.Total > demo.ToldSteps && b.Done < b.Total:
		return "", ""
	case b.Total == 0:
		return whoDemo, t.Quote(b.Text)
	}
	return whoDemo, t.Say("%s (%d of %d)", t.Quote(b.Text), b.Done, b.Total)
}

func (t Tongue) tellTicket(b demo.TicketOpened) string {
	text := t.Say("%s %s: %s%s", b.ID, t.Word(string(b.Severity)), b.Invariant, t.On(b.Target))
	switch len(b.Signals) {
	case 0:
		if b.Message != "" {
			text += " (" + b.Message + ")"
		}
	case 1:
		text += " (" + b.Signals[0] + ")"
	default:
		text += t.Say(" (%s agree)", strings.Join(b.Signals, " + "))
	}
	return text + t.afterFault(b.SinceFault)
}

func (v Voice) tellSignal(b demo.SignalSeen) string {
	seen, ended := v.signal(b.Name)
	text := seen
	if b.Cleared {
		text = ended
	}
	if b.Target != "" {
		text = b.Target + ": " + text
	}
	if b.Detail != "" && !b.Cleared {
		text += ", " + b.Detail
	}
	return text + v.afterFault(b.SinceFault)
}

func (t Tongue) tellAsking(b demo.DiagnosisStarted) string {
	text := t.Say("%s looks at %d facts for %s", b.Source, len(b.Evidence), b.Ticket)
	if b.Why != "" {
		text += " (" + b.Why + ")"
	}
	return text
}

func (t Tongue) tellAnswer(b demo.DiagnosisFinished) string {
	text := t.Say("%s after %s: %s%s", b.Source, t.Seconds(b.Took.Duration()), b.FaultType, t.On(b.Component))
	return text + t.Say(", %.0f%% of its claims verified; %s, %s", 100*b.Verified, t.Right(b.Correct), t.Grounded(b.Grounded))
}

// tellSeal tells the scores. The line that was sealed is in the record, and on a
// page of its own.
func (t Tongue) tellSeal(b demo.FaultOpened) string {
	text := t.Say("the seal holds")
	if !b.Matches {
		text = t.Say("the seal does not hold: %s", b.Why)
	}
	for _, c := range b.Card {
		text += t.Say(", %s %.0f%%", c.Source, 100*c.Marks.Total())
	}
	return text
}

func (v Voice) tellStage(b demo.StageSeen) string {
	if b.Late {
		return v.Say("still waiting for: %s (%s)", v.Stage(b.Name), v.Seconds(b.Limit.Duration()))
	}
	return v.Stage(b.Name) + v.afterFault(b.SinceFault)
}

func (t Tongue) fromAction(b demo.Recovered) string {
	if b.FromAction == 0 {
		return ""
	}
	return t.Say(" (%s from the repair)", t.Seconds(b.FromAction.Duration()))
}

// credit names who repaired something.
func (t Tongue) credit(by string) string {
	switch by {
	case "":
		return ""
	case demo.ByItself:
		return t.Say(", by itself")
	}
	return t.Say(", by the %s", t.Word(by))
}

func (t Tongue) because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", " + reason
}

func (t Tongue) tellSource(b demo.SourceFailed) (who, text string) {
	switch b.Source {
	case whoLoad, whoMonitor, whoCluster, whoChaos, whoDiagnosis:
		return b.Source, t.Say("stopped: %s", b.Err)
	}
	return whoDemo, t.Say("%s stopped: %s", b.Source, b.Err)
}

// tellEnd mentions lost writes only if they were counted or some are known: a run
// that ended early has proven nothing. A record of an earlier version does not say
// whether they were counted: there they were if it is complete.
func (t Tongue) tellEnd(b demo.RunFinished) string {
	text := t.Say("run %s", t.Word(b.Outcome))
	if b.TTD > 0 {
		text += t.Say(", detected in %s", t.Seconds(b.TTD.Duration()))
	}
	if b.TTR > 0 {
		text += t.Say(", recovered in %s", t.Seconds(b.TTR.Duration()))
	}
	if b.Verified || b.Outcome == demo.OutcomeComplete || b.Lost > 0 {
		text += t.Say(", %d lost", b.Lost)
	}
	if b.Unknown > 0 {
		text += t.Say(", %d unknown", b.Unknown)
	}
	if len(b.LeftBroken) > 0 {
		text += t.Say(", left broken: %s", strings.Join(b.LeftBroken, ", "))
	}
	if b.Forced > 0 {
		text += t.Say(", %d gates forced", b.Forced)
	}
	return text
}

// byWhom gives the speaker for one of the By… constants.
func byWhom(by string) string {
	if by == demo.ByPresenter || by == demo.ByKey || by == demo.ByForced {
		return whoPresenter
	}
	return whoDemo
}

// On puts after something what it is on, "" where it is on nothing.
func (t Tongue) On(target string) string {
	if target == "" {
		return ""
	}
	return t.Say(" on %s", target)
}

func (t Tongue) afterFault(since demo.Millis) string {
	if since <= 0 {
		return ""
	}
	return t.Say(" (%s after the fault)", t.Seconds(since.Duration()))
}
