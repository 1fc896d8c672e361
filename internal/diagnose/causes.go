package diagnose

import (
	"fmt"
	"slices"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// cause is what it takes to say that a node has a fault of a type: facts that
// show it, and facts that exclude it. The rules conclude from this table and from
// nothing else, and the claim check holds every conclusion against it.
type cause struct {
	fault    string
	shows    [][]Kind // any of these sets, whole, about the node or the cluster
	excludes []Kind   // none of these, about the node or the cluster
}

var (
	ended = []Kind{ProcessGone, ProcessEnded, ProcessNoMemory}
	halts = []Kind{ProcessStopped, ProcessFrozen, ProcessStuck}
	alive = append([]Kind{ProcessRuns, ProcessExecutes, ProcessStutters, ProcessStarved, ProcessCutOff}, halts...)
)

func kinds(lists ...any) []Kind {
	var all []Kind
	for _, l := range lists {
		switch l := l.(type) {
		case Kind:
			all = append(all, l)
		case []Kind:
			all = append(all, l...)
		}
	}
	return all
}

// causes is the table. That a process is gone is not enough for a crash: it may
// have been told to end, have run out of memory, or have been unable to write.
// That a running store is silent is not enough for a network fault: a frozen,
// stuck or starved one is silent too, so it must be seen to execute. A slow store
// serves late; one that turns clients away does not serve, and on a busy machine its
// status port was late as well (one of three rounds was called slow).
var causes = []cause{
	{demo.TypeQuorumLost, [][]Kind{{QuorumGone}}, nil},
	{demo.TypeCrashed, [][]Kind{{ProcessGone}}, kinds(alive, ProcessEnded, ProcessNoMemory, LogCannotWrite, LogNoMemory, LogToldToStop)},
	{demo.TypeStopped, [][]Kind{{ProcessEnded}, {ProcessGone, LogToldToStop}}, kinds(alive, ProcessNoMemory, LogCannotWrite, LogNoMemory)},
	{demo.TypeNoMemory, [][]Kind{{ProcessNoMemory}, {ProcessGone, LogNoMemory}}, kinds(alive, LogCannotWrite)},
	{demo.TypeCannotWrite, [][]Kind{{ProcessGone, LogCannotWrite}, {ProcessEnded, LogCannotWrite}}, kinds(alive, ProcessNoMemory, LogNoMemory)},
	{demo.TypeFrozen, [][]Kind{{ProcessStopped}, {ProcessFrozen}}, kinds(ended, ProcessRuns, ProcessExecutes, ProcessStutters, ProbeAnswers, ServiceAnswers)},
	{demo.TypePartitioned, [][]Kind{{ProcessCutOff}, {ProcessExecutes, ProbeTimedOut, ServiceSilent}, {ProcessRuns, ProbeTimedOut, ServiceSilent, LogNoQuorum}},
		kinds(ended, halts, ProcessStutters, ProcessStarved, ProbeAnswers, ProbeSlow, ServiceAnswers)},
	{demo.TypeSlow, [][]Kind{{ProcessExecutes, ProbeSlow}, {ProcessRuns, ProbeSlow}, {ProcessStutters}, {ProcessStarved, ClientErrors}, {ProcessStarved, ProbeSlow}, {ProcessStarved, ProbeTimedOut}},
		kinds(ended, halts, ProcessCutOff, ClientsBusy, ServiceTurnsAway)},
	{demo.TypeRestarted, [][]Kind{{ProcessRestarted, ProcessExecutes}, {ProcessRestarted, ProcessRuns}, {ProcessRestarted, ProbeAnswers}},
		kinds(ended, halts, ProcessStutters, ProcessCutOff, ProbeTimedOut, ProbeRefused, ServiceTurnsAway)},
	{demo.TypeGray, [][]Kind{{ServiceTurnsAway, ProbeAnswers}, {ServiceTurnsAway, ProbeSlow}}, kinds(ended, halts, ProcessCutOff, ProcessStutters, ProcessStarved, ClientsBusy)},
	{demo.TypeOverloaded, [][]Kind{{ClientsBusy}, {LogBusy, ClientErrors}}, kinds(ended, halts, ProcessCutOff, ServiceTurnsAway)},
	{demo.TypeCutOffFromPD, [][]Kind{{ControlSaysDown, ProbeAnswers, ServiceAnswers, OthersUp}, {HeartbeatLate, ProbeAnswers, ServiceAnswers, OthersUp}},
		kinds(ended, halts, ProcessCutOff, ProcessStutters, ProcessStarved, ProbeSlow, ProbeTimedOut, ProbeRefused, ServiceSilent, ServiceTurnsAway, ControlSilent)},
}

func causeOf(fault string) (cause, bool) {
	i := slices.IndexFunc(causes, func(c cause) bool { return c.fault == fault })
	if i < 0 {
		return cause{}, false
	}
	return causes[i], true
}

// about says whether a fact counts for a node: it is about it, or about the
// whole cluster.
func (f Fact) about(node string) bool { return f.Node == node || f.Node == "" }

// aboutAny is about for several nodes as an answer names them.
func (f Fact) aboutAny(component string) bool {
	return f.Node == "" || slices.Contains(components(component), f.Node)
}

// shownBy gives the facts of the first set that is whole. Of those that may count
// only the ones in from do; nil is all.
func (c cause) shownBy(b Bundle, node string, from []int) []Fact {
	for _, set := range c.shows {
		var found []Fact
		for _, k := range set {
			i := slices.IndexFunc(b.Facts, func(f Fact) bool {
				return f.Kind == k && f.about(node) && (from == nil || slices.Contains(from, f.N))
			})
			if i < 0 {
				break
			}
			found = append(found, b.Facts[i])
		}
		if len(found) == len(set) {
			return found
		}
	}
	return nil
}

// excludedBy gives a fact that speaks against the cause.
func (c cause) excludedBy(b Bundle, node string) (Fact, bool) {
	for _, f := range b.Facts {
		if f.about(node) && slices.Contains(c.excludes, f.Kind) {
			return f, true
		}
	}
	return Fact{}, false
}

// shown gives the one cause that the facts about a node show. That a majority is
// gone comes before what is wrong with one store. Two that are shown at once
// decide nothing.
func (b Bundle) shown(node string) (cause, bool) {
	var found []cause
	for _, c := range causes {
		if _, no := c.excludedBy(b, node); no || c.shownBy(b, node, nil) == nil {
			continue
		}
		if c.fault == demo.TypeQuorumLost {
			return c, true
		}
		found = append(found, c)
	}
	if len(found) != 1 {
		return cause{}, false
	}
	return found[0], true
}

// unsupported says why the facts do not support a conclusion; excluded says that
// some speak against it. cited are the numbers of the evidence that it rests on.
// Where several nodes are named, the facts must support it for each.
func (b Bundle) unsupported(component, fault string, cited []int) (why string, excluded bool) {
	named := components(component)
	if len(named) == 0 {
		return b.unsupportedFor("", fault, cited)
	}
	for _, n := range named {
		if why, excluded = b.unsupportedFor(n, fault, cited); why != "" {
			return why, excluded
		}
	}
	return "", false
}

func (b Bundle) unsupportedFor(component, fault string, cited []int) (why string, excluded bool) {
	switch fault {
	case demo.TypeInconclusive:
		if component != "" && !b.symptom(component) {
			return "no symptom of " + component + " is in the evidence", false
		}
		return "", false
	case demo.TypeNone:
		return b.troubled()
	}
	c, ok := causeOf(fault)
	if !ok {
		return fault + " is not in the table of causes", true
	}
	if f, no := c.excludedBy(b, component); no {
		return fmt.Sprintf("E%d (%s) speaks against %s", f.N, f.Kind, words(fault)), true
	}
	if f, ok := b.find("", QuorumGone); ok && fault == demo.TypeQuorumLost && component != "" && !slices.Contains(components(f.Detail), component) {
		return fmt.Sprintf("%s is not among the stores of E%d that do not serve", component, f.N), true
	}
	if c.shownBy(b, component, nil) == nil {
		return "no fact shows " + words(fault), false
	}
	if c.shownBy(b, component, cited) == nil {
		return "what shows " + words(fault) + " is not cited", false
	}
	return "", false
}

// troubled says what is in the way of "nothing is wrong".
func (b Bundle) troubled() (why string, excluded bool) {
	if b.ticketed() {
		return "a ticket is open", true
	}
	for _, f := range b.Facts {
		if f.Kind.symptom() && f.Kind != ClientErrors {
			return fmt.Sprintf("E%d (%s) is a symptom", f.N, f.Kind), true
		}
		if f.Kind == Throughput && f.Value < dip*f.Before || f.Kind == Latency && f.Value > slowing*f.Before {
			return fmt.Sprintf("E%d (%s) is a symptom", f.N, f.Kind), true
		}
	}
	if _, ok := b.find("", Throughput); !ok {
		return "the workload was not measured", false
	}
	return "", false
}

func (b Bundle) symptom(node string) bool {
	return slices.ContainsFunc(b.Facts, func(f Fact) bool { return f.about(node) && f.Kind.symptom() })
}

// symptom says whether a fact of this kind is one.
func (k Kind) symptom() bool { return symptoms[k] > 0 || k == ControlSilent || k == QuorumGone }
