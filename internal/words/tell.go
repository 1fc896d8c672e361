package words

import (
	"fmt"
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

// toldConfirmed is how long a fault takes before its end is news.
const toldConfirmed = time.Second

// Tell gives one short line for an event, and who says it. Who is "" for an
// event that deserves no line: what comes every second or two, and what only
// moves the play.
func (v Voice) Tell(b demo.Body) (who, text string) {
	if who, text = tellPlay(b); who == "" {
		who, text = v.tellFinding(b)
	}
	return who, strings.Join(strings.Fields(text), " ")
}

// tellPlay tells what the talk itself did.
func tellPlay(b demo.Body) (who, text string) {
	switch b := b.(type) {
	case demo.RunStarted:
		return whoDemo, fmt.Sprintf("run started: %s cluster, %s profile, fault %s, seed %d", b.Cluster, b.Profile, b.Fault, b.Seed)
	case demo.ChapterEntered:
		return tellChapter(b)
	case demo.ClusterReady:
		return whoCluster, fmt.Sprintf("ready in %s: %s at %s", Seconds(b.Took.Duration()), b.Label, b.PD)
	case demo.LoadStarted:
		return whoLoad, fmt.Sprintf("%d records loaded, workload running", b.Records)
	case demo.FaultPlanned:
		return whoChaos, fmt.Sprintf("%s aimed at %s: %s", b.Plan.Fault, b.Plan.Target, b.Plan.Why())
	case demo.FaultSealed:
		return whoDemo, "sealed what will be done: sha256 " + b.Hash
	case demo.FaultOpened:
		return whoDemo, tellSeal(b)
	case demo.FaultInjected:
		return whoChaos, fmt.Sprintf("%s on %s: %s", b.Fault, b.Target, b.Effect)
	case demo.FaultConfirmed:
		if b.SinceFault.Duration() < toldConfirmed {
			return "", "" // at once, as everybody expects
		}
		return whoChaos, fmt.Sprintf("%s on %s is done%s", b.Fault, b.Target, afterFault(b.SinceFault))
	case demo.FaultLifted:
		return whoChaos, fmt.Sprintf("%s on %s lifted%s", b.Fault, b.Target, credit(b.By))
	case demo.ActionDone:
		return whoChaos, b.String() + ": done"
	case demo.ActionSkipped:
		return whoChaos, b.String() + ": not done: " + b.Why
	case demo.ActionAsked:
		return whoDemo, b.String() + "?"
	case demo.ActionApproved:
		return byWhom(b.By), b.String() + ": approved"
	case demo.ActionDenied:
		return byWhom(b.By), b.String() + ": denied" + because(b.Reason)
	case demo.Progressed:
		return tellProgress(b)
	case demo.EffectFailed:
		if b.Effect != "" {
			return whoDemo, "failed to " + b.Effect + ": " + b.Err
		}
		return whoDemo, "failed: " + b.Err
	case demo.RunFinished:
		return whoDemo, tellEnd(b)
	}
	return "", ""
}

// tellFinding tells what was seen, thought and proven.
func (v Voice) tellFinding(b demo.Body) (who, text string) {
	switch b := b.(type) {
	case demo.SignalSeen:
		return whoMonitor, v.tellSignal(b)
	case demo.TicketOpened:
		return whoMonitor, tellTicket(b)
	case demo.TicketClosed:
		return whoMonitor, fmt.Sprintf("%s closed: %s%s", b.ID, b.Invariant, on(b.Target))
	case demo.DiagnosisStarted:
		return whoDiagnosis, tellAsking(b)
	case demo.DiagnosisFinished:
		return whoDiagnosis, tellAnswer(b)
	case demo.ActionProposed:
		return whoDiagnosis, "proposes: " + b.String()
	case demo.StageSeen:
		return whoDemo, v.tellStage(b)
	case demo.Recovered:
		return whoDemo, fmt.Sprintf("recovered %s after the fault%s, throughput at %.0f%% of the baseline%s", Seconds(b.TTR.Duration()), fromAction(b), 100*b.OpsRatio, credit(b.By))
	case demo.LedgerVerified:
		return whoLoad, Ledger(b)
	case demo.Violation:
		return whoLoad, "DATA VIOLATION: " + Violation(b)
	case demo.DataProved:
		return whoLoad, tellProof(b)
	case demo.SourceFailed:
		return tellSource(b)
	}
	return "", ""
}

func tellChapter(b demo.ChapterEntered) (who, text string) {
	text = fmt.Sprintf("chapter %d: %s", b.N, b.Title)
	switch b.By {
	case demo.ByForced:
		return whoPresenter, text + " (forced: the gate before it was closed)"
	case demo.ByKey:
		return whoPresenter, text
	}
	return whoDemo, text
}

func tellProgress(b demo.Progressed) (who, text string) {
	switch {
	case b.Text == "" || b.Total > demo.ToldSteps && b.Done < b.Total:
		return "", ""
	case b.Total == 0:
		return whoDemo, b.Text
	}
	return whoDemo, fmt.Sprintf("%s (%d of %d)", b.Text, b.Done, b.Total)
}

func tellTicket(b demo.TicketOpened) string {
	text := fmt.Sprintf("%s %s: %s%s", b.ID, b.Severity, b.Invariant, on(b.Target))
	switch len(b.Signals) {
	case 0:
		if b.Message != "" {
			text += " (" + b.Message + ")"
		}
	case 1:
		text += " (" + b.Signals[0] + ")"
	default:
		text += " (" + strings.Join(b.Signals, " + ") + " agree)"
	}
	return text + afterFault(b.SinceFault)
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
	return text + afterFault(b.SinceFault)
}

func tellAsking(b demo.DiagnosisStarted) string {
	text := fmt.Sprintf("%s looks at %d facts for %s", b.Source, len(b.Evidence), b.Ticket)
	if b.Why != "" {
		text += " (" + b.Why + ")"
	}
	return text
}

func tellAnswer(b demo.DiagnosisFinished) string {
	text := fmt.Sprintf("%s after %s: %s%s", b.Source, Seconds(b.Took.Duration()), b.FaultType, on(b.Component))
	return text + fmt.Sprintf(", %.0f%% of its claims verified; %s, %s", 100*b.Verified, Right(b.Correct), Grounded(b.Grounded))
}

// tellSeal tells the scores. The line that was sealed is in the record, and on a
// page of its own.
func tellSeal(b demo.FaultOpened) string {
	text := "the seal holds"
	if !b.Matches {
		text = "the seal does not hold: " + b.Why
	}
	for _, c := range b.Card {
		text += fmt.Sprintf(", %s %.0f%%", c.Source, 100*c.Marks.Total())
	}
	return text
}

func (v Voice) tellStage(b demo.StageSeen) string {
	if b.Late {
		return fmt.Sprintf("late: %s, not within %s", v.Stage(b.Name), Seconds(b.Limit.Duration()))
	}
	return v.Stage(b.Name) + afterFault(b.SinceFault)
}

func fromAction(b demo.Recovered) string {
	if b.FromAction == 0 {
		return ""
	}
	return " (" + Seconds(b.FromAction.Duration()) + " from the repair)"
}

// credit says whose merit something is.
func credit(by string) string {
	switch by {
	case "":
		return ""
	case demo.ByItself:
		return ", by itself"
	}
	return ", by the " + by
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", " + reason
}

func tellSource(b demo.SourceFailed) (who, text string) {
	switch b.Source {
	case whoLoad, whoMonitor, whoCluster, whoChaos, whoDiagnosis:
		return b.Source, "stopped: " + b.Err
	}
	return whoDemo, b.Source + " stopped: " + b.Err
}

// tellEnd speaks of lost writes only when they were counted, or when some are
// known: a run that was left early has proven nothing.
func tellEnd(b demo.RunFinished) string {
	text := "run " + b.Outcome
	if b.TTD > 0 {
		text += ", detected in " + Seconds(b.TTD.Duration())
	}
	if b.TTR > 0 {
		text += ", recovered in " + Seconds(b.TTR.Duration())
	}
	if b.Outcome == demo.OutcomeComplete || b.Lost > 0 {
		text += fmt.Sprintf(", %d lost", b.Lost)
	}
	if b.Unknown > 0 {
		text += fmt.Sprintf(", %d unknown", b.Unknown)
	}
	if len(b.LeftBroken) > 0 {
		text += ", left broken: " + strings.Join(b.LeftBroken, ", ")
	}
	if b.Forced > 0 {
		text += fmt.Sprintf(", %d gates forced", b.Forced)
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

func on(target string) string {
	if target == "" {
		return ""
	}
	return " on " + target
}

func afterFault(since demo.Millis) string {
	if since <= 0 {
		return ""
	}
	return " (" + Seconds(since.Duration()) + " after the fault)"
}
