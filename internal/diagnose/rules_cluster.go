package diagnose

import (
	"slices"

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
	c, ok := a.b.shown(node)
	if ok && node != "" {
		for _, f := range c.shownBy(a.b, node, nil) {
			a.fact(node, f)
		}
		a.conclude(node, c.fault, a.remedy(node, c.fault))
	} else {
		a.sayIf("Its member "+node+" is not what it calls healthy", node, ControlSaysDown)
		for _, k := range alive {
			if f, ok := a.b.find(node, k); ok {
				a.fact(node, f)
			}
		}
		if isSilent {
			a.say("Why it is silent is not shown", silent)
		}
		a.conclude(a.namedIn(node), demo.TypeInconclusive, demo.ActionNone)
	}
	for _, k := range kinds(ended, alive) {
		if f, ok := a.b.find(node, k); ok {
			for _, r := range []struct{ fault, name string }{{demo.TypeCrashed, "its process crashed"}, {demo.TypeFrozen, "its process is frozen"}} {
				if c, _ := causeOf(r.fault); slices.Contains(c.excludes, k) && r.fault != a.d.FaultType {
					a.against(r.name, rivalWords(f), node, k)
				}
			}
		}
	}
	if isSilent && kind == ProbeTimedOut {
		a.against("its host is down", "calls to it time out", "", ControlSilent)
	}
	a.against("the stores are at fault", "it is the control plane that is silent", "", ControlSilent)
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
	if w := a.workload(); w.measured {
		a.say("No symptom is left in the workload that needs a cause", w.through)
	}
	a.against("a node failed", "the control plane calls them healthy", "", OthersUp)
	a.against("the cluster is overloaded", "the throughput held", "", Throughput)
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
	if seen := a.anything(); len(seen) > 0 {
		a.say("What was seen does not show a cause", seen...)
	} else {
		a.say("Nothing was seen that shows a cause")
	}
	a.against("a node failed", "the control plane calls them healthy", "", OthersUp)
	if w.measured && w.through.Value > 0 {
		a.against("the service is lost", "the workload still gets operations done", "", Throughput)
	}
	a.conclude("", demo.TypeInconclusive, demo.ActionNone)
}

// anything gives one fact that was said.
func (a *answer) anything() []Fact {
	for _, f := range a.b.Facts {
		if slices.Contains(a.d.Evidence, f.N) {
			return []Fact{f}
		}
	}
	return nil
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
