package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// store concludes for a node that holds data: with the one cause that the table
// of causes allows, or with none.
func (a *answer) store(node string) {
	c, ok := a.b.shown(node)
	if !ok {
		a.undecided(node)
		return
	}
	for _, f := range c.shownBy(a.b, node, nil) {
		a.fact(node, f)
	}
	a.details(node, c.fault)
	a.consequences(node)
	a.rivals(node, c.fault)
	a.conclude(node, c.fault, a.remedy(node, c.fault))
	if f, ok := a.b.find("", QuorumGone); ok && c.fault == demo.TypeQuorumLost {
		others := slices.DeleteFunc(components(f.Detail), func(n string) bool { return n == node })
		a.d.Component = strings.Join(append([]string{node}, others...), componentsJoin)
	}
}

// fact says one fact in words.
func (a *answer) fact(node string, f Fact) {
	for _, n := range a.d.Evidence {
		if n == f.N {
			return // said already
		}
	}
	if words := factWords(node, f); words != "" {
		a.say(words, f)
	}
}

func factWords(node string, f Fact) string {
	switch f.Kind {
	case ProcessGone:
		return "The process of " + node + " has ended: " + f.Detail
	case ProcessEnded:
		return "The process of " + node + " has ended in an orderly way: " + f.Detail
	case ProcessNoMemory:
		return "The process of " + node + " has ended, and the kernel killed it for want of memory: " + f.Detail
	case ProcessStopped:
		return "The process of " + node + " exists and is stopped: it holds its connections and executes nothing"
	case ProcessFrozen:
		return "The process of " + node + " exists, and its control group is frozen: it executes nothing, and SIGCONT does not change that"
	case ProcessStuck:
		return "The process of " + node + " waits in the kernel and executes nothing, as one does that is frozen or waits for a device"
	case ProcessStutters:
		return "The process of " + node + " is stopped and continued again and again"
	case ProcessStarved:
		return "The process of " + node + " waits for a processor most of the time"
	case ProcessCutOff:
		return "The process of " + node + " runs, and its container is on no network"
	case ProcessRestarted:
		return "The process of " + node + " was started again: it reports a later start than before"
	case ProcessExecutes:
		return "The process of " + node + " runs and executes"
	case ProcessRuns:
		return "The process of " + node + " runs"
	}
	return portWords(node, f)
}

func portWords(node string, f Fact) string {
	switch f.Kind {
	case ProbeRefused:
		return "Nobody listens on the status port of " + node + ": it refuses connections"
	case ProbeTimedOut:
		return "The status port of " + node + " lets calls time out"
	case ProbeFailed:
		return "The status port of " + node + " fails"
	case ProbeSlow:
		return "Its status port answers late or not every time"
	case ProbeAnswers:
		return "Its status port answers at once"
	case ServiceAnswers:
		return "Its port for clients takes requests"
	case ServiceTurnsAway:
		return "Its port for clients turns them away"
	case ServiceSilent:
		return "Its port for clients is silent too"
	case ClientErrors:
		return "Operations of clients on " + node + " failed"
	case ClientsBusy:
		return node + " told clients that it is busy"
	case ControlSaysDown:
		return "The control plane calls " + node + " " + f.Detail
	case HeartbeatLate:
		return "The control plane misses the heartbeat of " + node + ", which is overdue"
	case OthersUp:
		return "It calls the other nodes healthy"
	case QuorumGone:
		return "Too many stores do not serve, so that regions have no majority left"
	case LogToldToStop:
		return "Its log says that it was told to stop"
	case LogCannotWrite:
		return "Its log says why it ended: it could not write (" + shortened(f.Detail) + ")"
	case LogNoMemory:
		return "Its log says that it ran out of memory"
	case LogBusy:
		return "Its log says that it is busy"
	case LogNoQuorum:
		return "Its log says that it lost the quorum of its regions, because the others do not answer it"
	}
	return ""
}

// shortened takes the figures and paths off a line of a log: the evidence has
// them.
func shortened(line string) string {
	parts := strings.Split(line, ": ")
	last := strings.Trim(parts[len(parts)-1], `"`)
	if strings.ContainsAny(last, `0123456789"`) || len(last) > 60 {
		return "see there"
	}
	return last
}

// details adds what is seen of such a fault beside what shows it.
func (a *answer) details(node, fault string) {
	more := map[string][]Kind{
		demo.TypeQuorumLost:  {ProcessGone, ProcessEnded, ProcessNoMemory, ProcessStopped, ProcessFrozen, ProcessStuck, ProcessCutOff},
		demo.TypeCrashed:     {ProbeRefused, ProbeFailed},
		demo.TypeStopped:     {LogToldToStop},
		demo.TypeFrozen:      {ProbeTimedOut},
		demo.TypePartitioned: {ProbeTimedOut, ProbeFailed, LogNoQuorum},
		demo.TypeGray:        {ProcessExecutes, ProcessRuns},
		demo.TypeSlow:        {ProbeSlow},
	}
	for _, k := range more[fault] {
		if f, ok := a.b.find(node, k); ok {
			a.fact(node, f)
		}
	}
	switch fault {
	case demo.TypeCannotWrite:
		if f, ok := a.b.find(node, LogCannotWrite); ok {
			a.say("To start it again does not help while it cannot write", f)
		}
	case demo.TypeQuorumLost:
		if f, ok := a.b.find("", QuorumGone); ok {
			a.say("Nothing can be written to a region that has lost its majority until a store is back", f)
		}
	}
}

// remedy is what would repair it, as far as the evidence shows that: an action on
// the network needs a fault of the network.
func (a *answer) remedy(node, fault string) string {
	has := func(k ...Kind) bool { _, ok := a.b.find(node, k...); return ok }
	switch fault {
	case demo.TypeCrashed, demo.TypeStopped, demo.TypeNoMemory:
		return demo.ActionRestart
	case demo.TypeFrozen:
		if has(ProcessStopped) {
			return demo.ActionResume
		}
	case demo.TypePartitioned, demo.TypeCutOffFromPD:
		return demo.ActionReconnect
	case demo.TypeSlow:
		// Both ports late while the process gets all the processor that it wants.
		if has(ProcessExecutes) && has(ProbeSlow) && !has(ProcessStarved, ProcessStutters, LogBusy) {
			return demo.ActionRestoreLine
		}
	case demo.TypeGray:
		return demo.ActionResumeGRPC
	case demo.TypeQuorumLost:
		switch {
		case has(ended...):
			return demo.ActionRestart
		case has(ProcessStopped):
			return demo.ActionResume
		}
	}
	return demo.ActionNone
}

// rivals are the other causes, each with the fact that speaks against it.
func (a *answer) rivals(node, fault string) {
	if fault == demo.TypeQuorumLost {
		a.against("only one store is down", "more than one does not serve, a majority is gone", "", QuorumGone)
	}
	for _, r := range []struct{ fault, name string }{
		{demo.TypeCrashed, "its process crashed"},
		{demo.TypeFrozen, "its process is frozen"},
		{demo.TypePartitioned, "it is cut off by the network"},
		{demo.TypeSlow, "it is only slow"},
		{demo.TypeStopped, "it was told to stop"},
	} {
		c, _ := causeOf(r.fault)
		if r.fault == fault {
			continue
		}
		if f, ok := c.excludedBy(a.b, node); ok && f.Node == node {
			a.against(r.name, rivalWords(f), node, f.Kind)
		}
	}
	a.againstCluster()
}

// rivalWords says what a fact that excludes a cause shows instead.
func rivalWords(f Fact) string {
	switch f.Kind {
	case ProcessGone, ProcessEnded, ProcessNoMemory:
		return "the process is gone"
	case ProcessStopped, ProcessFrozen:
		return "the process exists and stands still, which is seen directly"
	case ProcessStuck:
		return "the process exists and waits in the kernel"
	case ProcessCutOff:
		return "its container is on no network, which is seen directly"
	case ProcessStutters:
		return "the process is stopped and continued"
	case ProcessStarved:
		return "the process waits for a processor"
	case ProcessExecutes:
		return "the process executes"
	case ProcessRuns:
		return "the process runs"
	}
	return fmt.Sprintf("that is not what is seen: %s", f.Kind)
}

// undecided names the node, says what was seen, and no cause.
func (a *answer) undecided(node string) {
	for _, k := range kinds(ended, alive, ProcessRestarted, ProbeRefused, ProbeTimedOut, ProbeFailed, ProbeSlow, ProbeAnswers, ServiceTurnsAway, ServiceSilent, ClientsBusy, ControlSaysDown, HeartbeatLate,
		LogCannotWrite, LogNoMemory, LogBusy) {
		if f, ok := a.b.find(node, k); ok {
			a.fact(node, f)
		}
	}
	a.consequences(node)
	a.sayIf("Whether the process of "+node+" has ended, is frozen or is cut off is not known: it could not be looked at", node, ProcessUnknown)
	if seen := a.seen(node); len(seen) > 0 {
		a.say("What was seen of "+node+" does not decide between its causes", seen...)
	}
	a.rivals(node, demo.TypeInconclusive)
	a.against("its process crashed", "the port lets calls time out", node, ProbeTimedOut)
	a.against("it is cut off by the network", "the port refuses connections", node, ProbeRefused)
	a.conclude(node, demo.TypeInconclusive, demo.ActionNone)
}

// seen gives the symptoms of a node that were said.
func (a *answer) seen(node string) []Fact {
	var out []Fact
	for _, f := range a.b.Facts {
		if f.Node == node && f.Kind.symptom() {
			for _, n := range a.d.Evidence {
				if n == f.N && len(out) < 2 {
					out = append(out, f)
				}
			}
		}
	}
	return out
}
