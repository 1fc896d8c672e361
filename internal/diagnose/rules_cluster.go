package diagnose

import (
	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// controlPlane tells the causes apart when the control plane is in trouble.
func (a *answer) controlPlane(node string) {
	silent, isSilent := a.b.find("", ControlSilent)
	if isSilent {
		a.say("The control plane gives no answer", silent)
	}
	kind := ProbeAnswers
	if isSilent {
		kind = probeKind(silent.Detail)
	}
	if node == "" {
		node = a.onlyControl()
	}
	_, gone := a.b.find(node, ProcessGone)
	_, stopped := a.b.find(node, ProcessStopped)
	switch {
	case gone:
		f, _ := a.b.find(node, ProcessGone)
		a.say("The process of "+node+" has ended: "+f.Detail, f)
		a.conclude(node, demo.TypeCrashed, demo.ActionRestart)
	case stopped:
		a.sayIf("The process of "+node+" exists and is stopped", node, ProcessStopped)
		a.conclude(node, demo.TypeFrozen, demo.ActionResume)
	default:
		a.sayIf("Its member "+node+" is not healthy", node, ControlSaysDown)
		if f, ok := a.b.find(node, ProcessRuns); ok {
			a.say("The process of "+node+" runs", f)
			a.say("Whether it changes its leader, is overloaded or is cut off cannot be told from here")
		} else {
			a.say("Whether it crashed, stands still, changes its leader or is cut off cannot be told from here")
		}
		a.conclude(a.namedIn(node), demo.TypeInconclusive, demo.ActionNone)
	}
	a.against("its process crashed", "the process is still there", node, ProcessStopped, ProcessRuns)
	a.against("its process is frozen", "the process is gone", node, ProcessGone)
	a.against("its process is frozen", "the process is not stopped", node, ProcessRuns)
	if isSilent && kind == ProbeTimedOut {
		a.against("its process crashed", "a dead process's port refuses calls; these time out", "", ControlSilent)
	}
	if isSilent && kind == ProbeRefused {
		a.against("it is cut off by the network", "lost packets give time-outs, not a refusal", "", ControlSilent)
	}
	a.against("the stores are at fault", "silence of the control plane is seen before anything of a store", "", ControlSilent)
}

// onlyControl names the control node where there is just one.
func (a *answer) onlyControl() string {
	name := ""
	for _, n := range a.b.Nodes {
		if n.Role == demo.RoleControl {
			if name != "" {
				return ""
			}
			name = n.Name
		}
	}
	return name
}

// namedIn gives node if the cited evidence speaks of it: nothing is named that
// no evidence names.
func (a *answer) namedIn(node string) string {
	for _, n := range a.d.Evidence {
		if e, ok := a.b.item(n); ok && node != "" && mentions(e.Text, node) {
			return node
		}
	}
	return ""
}

// nobody is for evidence without a node to blame. An open ticket is a symptom
// that somebody saw: that nothing is wrong is an answer to the question without
// a ticket alone, and there only if the workload was measured.
func (a *answer) nobody() {
	w := a.workload()
	if !a.b.ticketed() && w.measured && !w.troubled() {
		a.calm()
		return
	}
	a.unexplained(w)
}

// workloadSeen is what the evidence says of the workload as a whole.
type workloadSeen struct {
	through, latency Fact
	errs             []Fact
	measured         bool // there is a figure of the throughput before and after
	dropped, slower  bool
}

func (w workloadSeen) troubled() bool { return w.dropped || w.slower || len(w.errs) > 0 }

func (a *answer) workload() workloadSeen {
	var w workloadSeen
	var hasLatency bool
	w.through, w.measured = a.b.find("", Throughput)
	w.latency, hasLatency = a.b.find("", Latency)
	w.errs, _ = a.anyErrors()
	w.dropped = w.measured && w.through.Value < dip*w.through.Before
	w.slower = hasLatency && w.latency.Value > slowing*w.latency.Before
	return w
}

func (a *answer) calm() {
	a.sayIf("The workload goes on as before", "", Throughput)
	a.sayIf("All nodes are healthy for the control plane", "", OthersUp)
	a.say("No symptom is left that needs a cause")
	a.against("a node failed", "none is missed by the control plane", "", OthersUp)
	a.against("the cluster is overloaded", "the throughput did not drop", "", Throughput)
	a.conclude("", demo.TypeNone, demo.ActionNone)
}

// unexplained says what was seen, and that it does not show a cause.
func (a *answer) unexplained(w workloadSeen) {
	a.sayIf("What was seen of "+a.b.Ticket.Target+" has ended by itself", a.b.Ticket.Target, SignalEnded)
	if w.dropped {
		a.say("The workload's throughput fell", w.through)
	} else if w.measured {
		a.say("The workload's throughput held", w.through)
	}
	if w.slower {
		a.say("Its latency rose", w.latency)
	}
	if len(w.errs) > 0 {
		a.say("Operations fail, and not on one node alone", w.errs...)
	}
	a.sayIf("No single node stands out: the control plane calls them healthy", "", OthersUp)
	a.say("What was seen does not show a cause")
	a.against("a node failed", "none is missed by the control plane", "", OthersUp)
	if w.measured && !w.dropped {
		a.against("the cluster is stopped", "the throughput held", "", Throughput)
	}
	if w.measured && w.through.Value > 0 {
		a.against("the service is lost", "operations still succeed", "", Throughput)
	}
	a.conclude("", demo.TypeInconclusive, demo.ActionNone)
}

// anyErrors gives the facts of failed operations, wherever they failed.
func (a *answer) anyErrors() ([]Fact, bool) {
	var out []Fact
	for _, f := range a.b.Facts {
		if f.Kind == ClientErrors {
			out = append(out, f)
		}
	}
	return out, len(out) > 0
}
