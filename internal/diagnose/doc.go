// Package diagnose finds the cause of a ticket from what was observed, and
// from nothing else: it is never told what chaos did. A Witness watches the
// same observations as the monitor and freezes them, numbered, when a ticket
// opens; a Diagnoser reads that bundle; the claim check holds its answer
// against the evidence, sentence by sentence as it streams.
//
// The Ladder asks Claude, then recorded answers, then the rules, and says in
// words why it steps down. What Claude sends is treated like any other text
// from outside: bounded in time, bytes, turns and calls, cleaned, searched for
// the key, and held to closed lists, so that no action can be proposed that is
// not in Actions. Its tools only look, at the frozen bundle. Claude's words are
// never trusted for what they say of themselves: an answer of which the
// evidence supports less than half is not taken.
package diagnose

import (
	"context"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Diagnoser finds the cause of what a bundle shows.
type Diagnoser interface {
	// Name is the label on the screen, such as RULES.
	Name() string
	// Diagnose hands its prose to delta piece by piece as it is made, and then
	// gives the whole answer. Correct and Took are left to the runner.
	Diagnose(ctx context.Context, b Bundle, delta func(text string)) (demo.DiagnosisFinished, error)
}

// Kind is what a fact says.
type Kind string

// The kinds of facts.
const (
	ProbeRefused     Kind = "probe refused"         // nobody listens on the status port
	ProbeTimedOut    Kind = "probe timed out"       // the status port takes time and gives nothing
	ProbeFailed      Kind = "probe failed"          // the probe failed in another way
	ProbeAnswers     Kind = "probe answers"         // the status port was asked and answers at once
	ProbeQuiet       Kind = "probe quiet"           // it was not asked, and no failure of it is known
	ProbeSlow        Kind = "probe slow"            // it answers, but late or not every time; Value is milliseconds
	ServiceAnswers   Kind = "service answers"       // the port for clients takes them
	ServiceTurnsAway Kind = "service turns away"    // it refuses them
	ServiceSilent    Kind = "service silent"        // it takes time and gives nothing
	ClientErrors     Kind = "client errors"         // Value is how many
	ClientsBusy      Kind = "clients told busy"     // the node itself answers that it has too much to do
	LeadersMoved     Kind = "leaders moved"         // Before and Value are the node's leaders
	HeartbeatLate    Kind = "heartbeat late"        // the control plane misses the node
	ControlSaysUp    Kind = "control says up"       // the control plane calls the node healthy
	ControlSaysDown  Kind = "control says down"     // the control plane calls the node something else
	OthersUp         Kind = "others up"             // the control plane calls all other nodes healthy
	ControlSilent    Kind = "control silent"        // the control plane gives no answer
	ProcessGone      Kind = "process gone"          // with an error, or by a signal that does not ask
	ProcessEnded     Kind = "process ended"         // in an orderly way
	ProcessNoMemory  Kind = "process out of memory" // the kernel ended it for want of memory
	ProcessStopped   Kind = "process stopped"       // SIGSTOP, docker pause
	ProcessFrozen    Kind = "process frozen"        // by its control group
	ProcessStuck     Kind = "process stuck"         // it waits in the kernel and executes nothing: a freezer or a disk
	ProcessStutters  Kind = "process stutters"      // stopped and continued again and again
	ProcessStarved   Kind = "process starved"       // it waits for a processor most of the time
	ProcessExecutes  Kind = "process executes"      // it was seen to
	ProcessRuns      Kind = "process runs"          // it exists and is not stopped; whether it executes is not known
	ProcessCutOff    Kind = "process cut off"       // it runs, in a container that is on no network
	ProcessRestarted Kind = "process restarted"     // it reports a later start than before
	ProcessUnknown   Kind = "process unknown"       // it could not be looked at
	Throughput       Kind = "throughput"            // Before and Value are operations a second
	Latency          Kind = "latency"               // Before and Value are p99 in milliseconds
	SignalEnded      Kind = "signal ended"          // a symptom that was there and is not any more
	QuorumGone       Kind = "quorum gone"           // so many stores do not serve that no majority is left
	LogLine          Kind = "log line"
	LogCannotWrite   Kind = "log: cannot write"
	LogNoMemory      Kind = "log: out of memory"
	LogToldToStop    Kind = "log: told to stop"
	LogBusy          Kind = "log: busy"
	LogNoQuorum      Kind = "log: no quorum" // the others do not answer it
	ClusterWas       Kind = "cluster was"    // every member and store, before the first symptom
	ClusterIs        Kind = "cluster is"     // and at the ticket
)

// Fact is the typed form of the evidence with the same number.
type Fact struct {
	N      int
	Kind   Kind
	Node   string // "" for the whole cluster
	Before float64
	Value  float64
	Detail string // the observer's own words, cleaned
}

// Bundle is what was known when a ticket opened.
type Bundle struct {
	Ticket demo.TicketOpened
	At     time.Time
	Nodes  []demo.Node // as the control plane last gave them
	Items  []demo.Evidence
	Facts  []Fact

	// What the numbered evidence was made of, for the tools of a model.
	Before    []demo.Node            // as the control plane gave them before the first symptom
	Processes map[string]ProcessFact // of the suspects
	Logs      map[string][]string    // of the suspects: the last lines, alike ones as one
	Loads     []demo.LoadPoint
}

// ticketed says whether the evidence was frozen for a ticket. Without one it was
// frozen because somebody asks whether anything is wrong.
func (b Bundle) ticketed() bool { return b.Ticket.ID != "" }

// find gives the first fact of one of the kinds about node.
func (b Bundle) find(node string, kinds ...Kind) (Fact, bool) {
	for _, k := range kinds {
		for _, f := range b.Facts {
			if f.Node == node && f.Kind == k {
				return f, true
			}
		}
	}
	return Fact{}, false
}

func (b Bundle) node(name string) (demo.Node, bool) {
	i := slices.IndexFunc(b.Nodes, func(n demo.Node) bool { return n.Name == name })
	if i < 0 {
		return demo.Node{}, false
	}
	return b.Nodes[i], true
}

// item gives the evidence with number n.
func (b Bundle) item(n int) (demo.Evidence, bool) {
	if n < 1 || n > len(b.Items) {
		return demo.Evidence{}, false
	}
	return b.Items[n-1], true
}
