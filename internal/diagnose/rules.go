package diagnose

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// SourceRules is the label of the rules' answers.
const SourceRules = "RULES"

const (
	dip     = 0.9 // of the throughput before: less is a drop
	slowing = 3.0 // times the p99 before: more is a slowdown

	errorRatio = 3 // times the failures of any other node: more stands out
)

// Rules gives the diagnoser that needs nobody: the same evidence, the same
// answer. It looks for the one thing that tells the causes apart, whether the
// process is gone, stands still, or runs and cannot be reached, and says
// "inconclusive" when the evidence does not tell.
func Rules() Diagnoser { return rules{} }

type rules struct{}

func (rules) Name() string { return SourceRules }

func (rules) Diagnose(ctx context.Context, b Bundle, delta func(string)) (demo.DiagnosisFinished, error) {
	a := &answer{b: b, ctx: ctx, delta: delta}
	a.d.Source = SourceRules
	suspect := a.suspect()
	n, _ := b.node(suspect)
	_, silent := b.find("", ControlSilent)
	switch {
	case suspect != "" && n.Role == demo.RoleData:
		a.store(suspect)
	case silent || suspect != "":
		a.controlPlane(suspect)
	default:
		a.nobody()
	}
	if err := ctx.Err(); err != nil {
		return demo.DiagnosisFinished{}, fmt.Errorf("diagnosis by rules: %w", err)
	}
	a.d.RootCause = strings.TrimSpace(a.prose.String())
	slices.Sort(a.d.Evidence)
	a.d.Verified = Check(b, a.d).Verified
	return a.d, nil
}

// answer is a diagnosis that is being made.
type answer struct {
	b     Bundle
	ctx   context.Context
	delta func(string)
	prose strings.Builder
	d     demo.DiagnosisFinished
}

// say adds a sentence to the root cause and streams it. The facts it rests on
// are cited at its end.
func (a *answer) say(words string, facts ...Fact) {
	if a.ctx.Err() != nil {
		return
	}
	for _, f := range facts {
		words += fmt.Sprintf(" [E%d]", f.N)
		if !slices.Contains(a.d.Evidence, f.N) {
			a.d.Evidence = append(a.d.Evidence, f.N)
		}
	}
	words += ". "
	a.prose.WriteString(words)
	a.delta(words)
}

// sayIf adds a sentence if there is such a fact about node.
func (a *answer) sayIf(words, node string, kinds ...Kind) {
	if f, ok := a.b.find(node, kinds...); ok {
		a.say(words, f)
	}
}

// against adds an alternative if there is evidence against it, of the kinds
// that would not be seen were it the cause.
func (a *answer) against(cause, why, node string, kinds ...Kind) {
	f, ok := a.b.find(node, kinds...)
	if !ok {
		return
	}
	for i := range a.d.Alternatives {
		if old := &a.d.Alternatives[i]; old.Cause == cause {
			if !slices.Contains(old.Evidence, f.N) {
				old.Against += fmt.Sprintf("; %s [E%d]", why, f.N)
				old.Evidence = append(old.Evidence, f.N)
			}
			return
		}
	}
	if len(a.d.Alternatives) == maxAlternatives {
		return
	}
	a.d.Alternatives = append(a.d.Alternatives, demo.Alternative{
		Cause: cause, Against: fmt.Sprintf("%s [E%d]", why, f.N), Evidence: []int{f.N},
	})
}

const maxAlternatives = 3

func (a *answer) conclude(component, fault, action string) {
	a.d.Component, a.d.FaultType = component, fault
	a.d.Action = demo.Action{Name: action}
	if action != demo.ActionNone {
		a.d.Action.Target = component
	}
}

// symptoms are the kinds of facts that speak against a node, and by how much.
var symptoms = map[Kind]int{
	ProcessGone: 8, ProcessStopped: 8, ProbeRefused: 4, ProbeTimedOut: 4, ProbeFailed: 3,
	ClientErrors: 2, ControlSaysDown: 2, HeartbeatLate: 2, LeadersMoved: 1,
}

// suspect names the node that most speaks against; the ticket's target wins
// where anything at all does.
func (a *answer) suspect() string {
	score := map[string]int{}
	for _, f := range a.b.Facts {
		if f.Node == "" || f.Kind == ClientErrors && !a.standsOut(f) {
			continue
		}
		score[f.Node] += symptoms[f.Kind]
	}
	best := ""
	for _, n := range a.b.Nodes {
		s := score[n.Name]
		if s > 0 && n.Name == a.b.Ticket.Target {
			return n.Name
		}
		if s > score[best] || s == score[best] && s > 1 && n.Name < best {
			best = n.Name
		}
	}
	if score[best] < 2 { // leaders that moved are no fault by themselves
		return ""
	}
	return best
}

// standsOut says whether clients fail on this node far more than on any other:
// errors that are spread over all nodes speak against none of them.
func (a *answer) standsOut(f Fact) bool {
	for _, o := range a.b.Facts {
		if o.Kind == ClientErrors && o.Node != "" && o.Node != f.Node && o.Value*errorRatio > f.Value {
			return false
		}
	}
	return true
}

// store tells the causes apart for a node that holds data.
func (a *answer) store(node string) {
	_, gone := a.b.find(node, ProcessGone)
	_, stopped := a.b.find(node, ProcessStopped)
	_, runs := a.b.find(node, ProcessRuns)
	_, refused := a.b.find(node, ProbeRefused)
	_, late := a.b.find(node, ProbeTimedOut)
	_, failed := a.b.find(node, ProbeFailed)
	_, errs := a.b.find(node, ClientErrors)
	switch {
	case gone || refused && !runs && !stopped:
		a.crashed(node)
	case stopped:
		a.frozen(node)
	case late && runs:
		a.partitioned(node)
	case errs && runs && !refused && !failed:
		a.slow(node)
	default:
		a.undecided(node)
	}
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
	a.sayIf("The process of "+node+" runs", node, ProcessRuns)
	a.sayIf("All the same its status port cannot be reached in time, so what is broken lies between it and the others", node, ProbeTimedOut)
	a.consequences(node)
	a.against("its process crashed", "the process runs", node, ProcessRuns)
	a.against("its process is frozen", "the process is not stopped", node, ProcessRuns)
	a.againstCluster()
	a.conclude(node, demo.TypePartitioned, demo.ActionReconnect)
}

func (a *answer) slow(node string) {
	a.sayIf("Clients fail on "+node+" and on no other node in such numbers", node, ClientErrors)
	a.sayIf("Its process runs", node, ProcessRuns)
	a.sayIf("Its status port shows no failure, so it is alive and serves badly", node, ProbeAnswers)
	a.consequences(node, ClientErrors)
	a.against("its process crashed or is frozen", "the process runs", node, ProcessRuns)
	a.against("it is cut off by the network", "no failure of its status port is known", node, ProbeAnswers)
	a.againstCluster()
	a.conclude(node, demo.TypeSlow, demo.ActionRestart)
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

// consequences says what followed for leaders, clients and the control plane.
func (a *answer) consequences(node string, said ...Kind) {
	a.sayIf("Leaders of its regions have moved to other nodes", node, LeadersMoved)
	if !slices.Contains(said, ClientErrors) {
		a.sayIf("Operations that went to it failed", node, ClientErrors)
	}
	if f, ok := a.b.find(node, ControlSaysUp); ok {
		a.say("The control plane still calls it "+f.Detail+", because it waits for missing heartbeats", f)
	}
}

// againstCluster is the alternative that not the node but everything is at fault.
func (a *answer) againstCluster() {
	a.against("the control plane or the whole cluster is in trouble", "it answers and calls the other nodes healthy", "", OthersUp)
}

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

// nobody is for a ticket without a node to blame: overload, or nothing.
func (a *answer) nobody() {
	through, hasThrough := a.b.find("", Throughput)
	latency, hasLatency := a.b.find("", Latency)
	errs, hasErrs := a.anyErrors()
	dropped := hasThrough && through.Value < dip*through.Before
	slower := hasLatency && latency.Value > slowing*latency.Before
	if !dropped && !slower && !hasErrs {
		a.sayIf("What was seen of "+a.b.Ticket.Target+" has ended by itself", a.b.Ticket.Target, SignalEnded)
		a.sayIf("The workload goes on as before", "", Throughput)
		a.sayIf("All nodes are healthy for the control plane", "", OthersUp)
		a.say("No symptom is left that needs a cause")
		a.against("a node failed", "none is missed by the control plane", "", OthersUp)
		a.against("the cluster is overloaded", "the throughput did not drop", "", Throughput)
		a.conclude("", demo.TypeNone, demo.ActionNone)
		return
	}
	if dropped {
		a.say("The workload's throughput fell", through)
	}
	if slower {
		a.say("Its latency rose", latency)
	}
	if hasErrs {
		a.say("Operations fail, and not on one node alone", errs...)
	}
	a.sayIf("No single node stands out: the control plane calls them healthy", "", OthersUp)
	a.say("This looks like too much work or too little machine rather than a fault of one node")
	a.against("a node failed", "none is missed by the control plane", "", OthersUp)
	if hasThrough && !dropped {
		a.against("the cluster is stopped", "the throughput held", "", Throughput)
	}
	if hasThrough && through.Value > 0 {
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
