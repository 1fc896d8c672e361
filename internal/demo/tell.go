package demo

import (
	"fmt"
	"strings"
	"time"
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

// tellSteps is how many steps a piece of work may have for each of them to be
// told. A count that runs to thousands would push everything else off the log;
// of that only the end is told.
const tellSteps = 20

// toldConfirmed is how long a fault takes before its end is news.
const toldConfirmed = time.Second

// Tell gives one short line for an event, and who says it. Who is "" for an
// event that deserves no line: what comes every second or two, and what only
// moves the play.
func Tell(b Body) (who, text string) {
	if who, text = tellPlay(b); who == "" {
		who, text = tellFinding(b)
	}
	return who, strings.Join(strings.Fields(text), " ")
}

// tellPlay tells what the talk itself did.
func tellPlay(b Body) (who, text string) {
	switch b := b.(type) {
	case RunStarted:
		return whoDemo, fmt.Sprintf("run started: %s cluster, %s profile, fault %s, seed %d", b.Cluster, b.Profile, b.Fault, b.Seed)
	case ChapterEntered:
		return tellChapter(b)
	case ClusterReady:
		return whoCluster, fmt.Sprintf("ready in %s: %s at %s", seconds(b.Took.Duration()), b.Label, b.PD)
	case LoadStarted:
		return whoLoad, fmt.Sprintf("%d records loaded, workload running", b.Records)
	case FaultPlanned:
		return whoChaos, fmt.Sprintf("%s aimed at %s: %s", b.Plan.Fault, b.Plan.Target, b.Plan.Why())
	case FaultSealed:
		return whoDemo, "sealed what will be done: sha256 " + b.Hash
	case FaultOpened:
		return whoDemo, tellSeal(b)
	case FaultInjected:
		return whoChaos, fmt.Sprintf("%s on %s: %s", b.Fault, b.Target, b.Effect)
	case FaultConfirmed:
		if b.SinceFault.Duration() < toldConfirmed {
			return "", "" // at once, as everybody expects
		}
		return whoChaos, fmt.Sprintf("%s on %s is done%s", b.Fault, b.Target, afterFault(b.SinceFault))
	case FaultLifted:
		return whoChaos, fmt.Sprintf("%s on %s lifted%s", b.Fault, b.Target, credit(b.By))
	case ActionDone:
		return whoChaos, b.String() + ": done"
	case ActionSkipped:
		return whoChaos, b.String() + ": not done: " + b.Why
	case ActionAsked:
		return whoDemo, tellQuestion(b)
	case ActionApproved:
		return byWhom(b.By), b.String() + ": approved"
	case ActionDenied:
		return byWhom(b.By), b.String() + ": denied" + because(b.Reason)
	case Progressed:
		return tellProgress(b)
	case EffectFailed:
		return whoDemo, "failed: " + b.Err
	case RunFinished:
		return whoDemo, tellEnd(b)
	}
	return "", ""
}

// tellFinding tells what was seen, thought and proven.
func tellFinding(b Body) (who, text string) {
	switch b := b.(type) {
	case SignalSeen:
		return whoMonitor, tellSignal(b)
	case TicketOpened:
		return whoMonitor, tellTicket(b)
	case TicketClosed:
		return whoMonitor, fmt.Sprintf("%s closed: %s%s", b.ID, b.Invariant, on(b.Target))
	case DiagnosisStarted:
		return whoDiagnosis, tellAsking(b)
	case DiagnosisFinished:
		return whoDiagnosis, tellAnswer(b)
	case ActionProposed:
		return whoDiagnosis, tellProposal(b)
	case StageSeen:
		return whoDemo, tellStage(b)
	case Recovered:
		return whoDemo, fmt.Sprintf("recovered %s after the fault, throughput at %.0f%% of the baseline%s", seconds(b.TTR.Duration()), 100*b.OpsRatio, credit(b.By))
	case LedgerVerified:
		return whoLoad, fmt.Sprintf("%d writes acknowledged, %d keys read again, %d lost", b.Acked, b.Checked, b.Lost)
	case SourceFailed:
		return tellSource(b)
	}
	return "", ""
}

func tellChapter(b ChapterEntered) (who, text string) {
	text = fmt.Sprintf("chapter %d: %s", b.N, b.Title)
	switch b.By {
	case ByForced:
		return whoPresenter, text + " (forced: the gate before it was closed)"
	case ByKey:
		return whoPresenter, text
	}
	return whoDemo, text
}

func tellProgress(b Progressed) (who, text string) {
	switch {
	case b.Text == "" || b.Total > tellSteps && b.Done < b.Total:
		return "", ""
	case b.Total == 0:
		return whoDemo, b.Text
	}
	return whoDemo, fmt.Sprintf("%s (%d of %d)", b.Text, b.Done, b.Total)
}

func tellTicket(b TicketOpened) string {
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

// signalWords is what each signal means, when it is seen and when it ends.
var signalWords = map[string][2]string{
	SignalStatusProbe:    {"status probe failed", "status probe OK again"},
	SignalClientErrors:   {"clients get errors", "clients get no more errors"},
	SignalLeaderMoved:    {"leaders moved away", "leaders no longer move away"},
	SignalHeartbeatAge:   {"heartbeat is late", "heartbeat on time again"},
	SignalPDDisconnected: {"the control plane misses it", "the control plane hears it again"},
}

func tellSignal(b SignalSeen) string {
	words, known := signalWords[b.Name]
	if !known {
		words = [2]string{b.Name, b.Name + " ended"}
	}
	text := words[0]
	if b.Cleared {
		text = words[1]
	}
	if b.Target != "" {
		text = b.Target + ": " + text
	}
	if b.Detail != "" && !b.Cleared {
		text += ", " + b.Detail
	}
	return text + afterFault(b.SinceFault)
}

func tellAsking(b DiagnosisStarted) string {
	text := fmt.Sprintf("%s looks at %d pieces of evidence for %s", b.Source, len(b.Evidence), b.Ticket)
	if b.Why != "" {
		text += " (" + b.Why + ")"
	}
	return text
}

func tellAnswer(b DiagnosisFinished) string {
	text := fmt.Sprintf("%s after %s: %s%s", b.Source, seconds(b.Took.Duration()), b.FaultType, on(b.Component))
	text += fmt.Sprintf(", %.0f%% of its claims borne out", 100*b.Verified)
	if b.Correct {
		return text + ", correct"
	}
	return text + ", not what was done"
}

// tellSeal tells the scores first: the line that was sealed is long.
func tellSeal(b FaultOpened) string {
	text := "the seal holds"
	if !b.Matches {
		text = "the seal does not hold: " + b.Why
	}
	for _, c := range b.Card {
		text += fmt.Sprintf(", %s %.0f%%", c.Source, 100*c.Marks.Total())
	}
	return text + ": sha256 of " + b.Text
}

// tellProposal says what approving it means.
func tellProposal(b ActionProposed) string {
	text := "proposes: " + b.String()
	for _, x := range []struct{ name, words string }{{"effect", b.Effect}, {"only if", b.Precondition}, {"undo", b.Undo}, {"risk", b.Risk}} {
		if x.words != "" {
			text += "; " + x.name + ": " + x.words
		}
	}
	return text
}

// tellQuestion names the answers: where there is no screen, this line is all
// that a presenter sees of the question.
func tellQuestion(b ActionAsked) string {
	text := b.String() + "? y approves, an empty line goes on without, n refuses, and then"
	for i, why := range DenyReasons() {
		text += fmt.Sprintf(" %d: %s,", i+1, why)
	}
	return strings.TrimSuffix(text, ",")
}

func tellStage(b StageSeen) string {
	if b.Late {
		return fmt.Sprintf("late: %s, not within %s", b.Name, seconds(b.Limit.Duration()))
	}
	return b.Name + afterFault(b.SinceFault)
}

// credit says whose merit something is.
func credit(by string) string {
	switch by {
	case "":
		return ""
	case ByItself:
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

func tellSource(b SourceFailed) (who, text string) {
	switch b.Source {
	case whoLoad, whoMonitor, whoCluster, whoChaos, whoDiagnosis:
		return b.Source, "stopped: " + b.Err
	}
	return whoDemo, b.Source + " stopped: " + b.Err
}

// tellEnd speaks of lost writes only when they were counted, or when some are
// known: a run that was left early has proven nothing.
func tellEnd(b RunFinished) string {
	text := "run " + b.Outcome
	if b.TTD > 0 {
		text += ", detected in " + seconds(b.TTD.Duration())
	}
	if b.TTR > 0 {
		text += ", recovered in " + seconds(b.TTR.Duration())
	}
	if b.Outcome == OutcomeComplete || b.Lost > 0 {
		text += fmt.Sprintf(", %d lost", b.Lost)
	}
	if b.Forced > 0 {
		text += fmt.Sprintf(", %d gates forced", b.Forced)
	}
	return text
}

// byWhom gives the speaker for one of the By… constants.
func byWhom(by string) string {
	if by == ByPresenter || by == ByKey || by == ByForced {
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

func afterFault(since Millis) string {
	if since <= 0 {
		return ""
	}
	return " (" + seconds(since.Duration()) + " after the fault)"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
