package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// store tells the causes apart for a node that holds data.
func (a *answer) store(node string) {
	_, gone := a.b.find(node, ProcessGone)
	_, stopped := a.b.find(node, ProcessStopped)
	_, cut := a.b.find(node, ProcessCutOff)
	_, runs := a.b.find(node, ProcessRuns)
	_, refused := a.b.find(node, ProbeRefused)
	_, late := a.b.find(node, ProbeTimedOut)
	_, answers := a.b.find(node, ProbeAnswers)
	_, slow := a.b.find(node, ProbeSlow)
	switch {
	case a.quorumGone():
		a.quorumLost(node)
	case gone && a.saidGoodbye(node):
		a.ended(node)
	case gone || refused && !runs && !stopped && !cut:
		a.crashed(node)
	case stopped:
		a.frozen(node)
	case cut, late && runs && !answers && !slow:
		a.partitioned(node)
	case runs && answers && a.turnedAway(node):
		a.gray(node)
	case runs && (slow || answers):
		a.slow(node)
	default:
		a.undecided(node)
	}
}

// dead lists the stores whose processes are gone.
func (a *answer) dead() []Fact {
	var dead []Fact
	for _, n := range a.b.Nodes {
		if f, ok := a.b.find(n.Name, ProcessGone); ok && n.Role == demo.RoleData {
			dead = append(dead, f)
		}
	}
	return dead
}

// replicas of a region, as TiKV has them by default: with two of them gone there
// is no majority.
const replicas = 3

func (a *answer) quorumGone() bool { return len(a.dead()) > (replicas-1)/2 }

func (a *answer) quorumLost(node string) {
	dead := a.dead()
	var names []string
	for _, f := range dead {
		names = append(names, f.Node)
	}
	slices.Sort(names)
	a.say(fmt.Sprintf("The processes of %s have ended", list(names)), dead...)
	a.say("Regions with two of their replicas there have no majority left, so nothing can be written to them until one is back")
	a.consequences(node)
	a.against("only one store is down", "another one is gone too", otherThan(node, dead), ProcessGone)
	a.againstCluster()
	a.against("they are cut off by the network", "a network fault does not end a process", node, ProcessGone)
	a.conclude(node, demo.TypeQuorumLost, demo.ActionRestart)
}

func otherThan(node string, facts []Fact) string {
	for _, f := range facts {
		if f.Node != node {
			return f.Node
		}
	}
	return ""
}

// saidGoodbye says whether a process that is gone was told to end: it ended
// without an error, or its log says so.
func (a *answer) saidGoodbye(node string) bool {
	f, _ := a.b.find(node, ProcessGone)
	_, told := a.goodbye(node)
	return f.Detail == "exit status 0" || f.Detail == "signal: terminated" || told && f.Detail != "signal: killed"
}

// goodbye finds what TiKV writes to its log when it is told to end.
func (a *answer) goodbye(node string) (Fact, bool) {
	for _, f := range a.b.Facts {
		if f.Kind == LogLine && f.Node == node && strings.Contains(f.Detail, "receive signal 15") {
			return f, true
		}
	}
	return Fact{}, false
}

// ended is an end that somebody asked for.
func (a *answer) ended(node string) {
	if f, ok := a.b.find(node, ProcessGone); ok {
		a.say("The process of "+node+" has ended in an orderly way: "+f.Detail, f)
	}
	if f, ok := a.goodbye(node); ok {
		a.say("Its log says that it was told to stop", f)
	}
	a.consequences(node)
	a.against("its process crashed", "a crash leaves an error or a signal, this end was orderly", node, ProcessGone)
	a.against("its process is frozen", "a frozen process still exists, this one is gone", node, ProcessGone)
	a.againstCluster()
	a.conclude(node, demo.TypeStopped, demo.ActionRestart)
}

func (a *answer) crashed(node string) {
	if f, ok := a.b.find(node, ProcessGone); ok {
		a.say("The process of "+node+" has ended: "+f.Detail, f)
		a.sayIf("Its status port refuses connections, as the port of a dead process does", node, ProbeRefused)
	} else {
		a.sayIf("Nothing listens any more on the status port of "+node+", so its process has ended", node, ProbeRefused)
	}
	a.consequences(node)
	a.against("its process is frozen", "a frozen process still exists, this one is gone", node, ProcessGone)
	a.against("its process is frozen", "a frozen process keeps its ports and lets calls time out; this port refuses", node, ProbeRefused)
	a.againstCluster()
	a.against("it is cut off by the network", "packets that are lost give time-outs, not a refusal", node, ProbeRefused)
	a.against("it is cut off by the network", "a network fault does not end a process", node, ProcessGone)
	a.conclude(node, demo.TypeCrashed, demo.ActionRestart)
}

func (a *answer) frozen(node string) {
	a.sayIf("The process of "+node+" exists and is stopped: it holds its connections and executes nothing", node, ProcessStopped)
	a.sayIf("Its status port takes calls and lets them time out", node, ProbeTimedOut)
	a.consequences(node)
	a.against("its process crashed", "the process is still there", node, ProcessStopped)
	a.against("it is cut off by the network", "the process itself stands still, which no network does to it", node, ProcessStopped)
	a.againstCluster()
	a.conclude(node, demo.TypeFrozen, demo.ActionResume)
}

func (a *answer) partitioned(node string) {
	if f, ok := a.b.find(node, ProcessCutOff); ok {
		a.say("The process of "+node+" runs, and its container is on no network", f)
		a.sayIf("Its status port cannot be reached", node, ProbeTimedOut, ProbeFailed, ProbeRefused)
	} else {
		a.sayIf("The process of "+node+" runs", node, ProcessRuns)
		a.sayIf("All the same its status port cannot be reached in time, so what is broken lies between it and the others", node, ProbeTimedOut)
	}
	a.consequences(node)
	a.against("its process crashed", "the process runs", node, ProcessRuns, ProcessCutOff)
	a.against("its process is frozen", "the process is not stopped", node, ProcessRuns, ProcessCutOff)
	a.againstCluster()
	a.conclude(node, demo.TypePartitioned, demo.ActionReconnect)
}

// turnedAway says whether clients are refused by a node rather than kept waiting.
// The client tries again for as long as it may, so that most of its refusals
// come as errors of the region or of the address, and few as unavailable.
func (a *answer) turnedAway(node string) bool {
	f, ok := a.b.find(node, ClientErrors)
	return ok && !strings.HasPrefix(f.Detail, "timeout")
}

// gray is a store that is well for everyone but its clients.
func (a *answer) gray(node string) {
	a.sayIf("Clients are turned away by "+node, node, ClientErrors)
	a.sayIf("Its process runs", node, ProcessRuns)
	a.sayIf("Its status port answers at once, so the process serves, but not its clients", node, ProbeAnswers)
	a.consequences(node, ClientErrors)
	a.against("its process crashed or is frozen", "the process runs", node, ProcessRuns)
	a.against("it is cut off by the network", "its status port answers", node, ProbeAnswers)
	a.against("its network is slow", "its status port answers at once", node, ProbeAnswers)
	a.conclude(node, demo.TypeGray, demo.ActionResumeGRPC)
}

func (a *answer) slow(node string) {
	a.sayIf("Clients fail on "+node+" and on no other node in such numbers", node, ClientErrors)
	a.sayIf("Its process runs", node, ProcessRuns)
	a.sayIf("Its status port answers, but late or not every time", node, ProbeSlow)
	a.sayIf("Its status port shows no failure, so it is alive and serves badly", node, ProbeAnswers)
	a.consequences(node, ClientErrors)
	a.against("its process crashed or is frozen", "the process runs", node, ProcessRuns)
	a.against("it is cut off by the network", "its status port answers", node, ProbeSlow)
	a.against("it is cut off by the network", "no failure of its status port is known", node, ProbeAnswers)
	a.againstCluster()
	a.conclude(node, demo.TypeSlow, demo.ActionRestoreLine)
}

// undecided names the node and not the cause.
func (a *answer) undecided(node string) {
	a.sayIf("The status port of "+node+" fails", node, ProbeRefused, ProbeTimedOut, ProbeFailed)
	a.sayIf("The control plane does not call "+node+" healthy", node, ControlSaysDown)
	a.sayIf("The control plane misses the heartbeat of "+node, node, HeartbeatLate)
	a.sayIf("Its process runs", node, ProcessRuns)
	a.consequences(node)
	a.say("This does not tell a crash, a freeze and a network fault apart")
	a.against("its process crashed", "a dead process's port refuses calls; this one lets them time out", node, ProbeTimedOut)
	a.against("its process crashed or is frozen", "the process runs", node, ProcessRuns)
	a.againstCluster()
	a.conclude(node, demo.TypeInconclusive, demo.ActionNone)
}
