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
// answer. It concludes only what the table of causes allows: from facts that show
// a cause, where none excludes it, and says "inconclusive" otherwise.
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
	a.orders()
	if err := ctx.Err(); err != nil {
		return demo.DiagnosisFinished{}, fmt.Errorf("diagnosis by rules: %w", err)
	}
	a.d.RootCause = strings.TrimSpace(a.prose.String())
	slices.Sort(a.d.Evidence)
	r := Check(b, a.d)
	a.d.Verified, a.d.Grounded = r.Verified, r.Grounded
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
	ProcessGone: 8, ProcessEnded: 8, ProcessNoMemory: 8, ProcessStopped: 8, ProcessFrozen: 8, ProcessCutOff: 8,
	ProcessRestarted: 3, ProcessStuck: 4, ProcessStutters: 4, ProcessStarved: 2,
	ProbeRefused: 4, ProbeTimedOut: 4, ProbeFailed: 3, ProbeSlow: 2, ServiceTurnsAway: 3, ServiceSilent: 2,
	ClientErrors: 2, ClientsBusy: 2, ControlSaysDown: 2, HeartbeatLate: 2, LeadersMoved: 1,
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

// consequences says what followed for leaders, clients and the control plane.
func (a *answer) consequences(node string) {
	for _, c := range []struct {
		kind  Kind
		words string
	}{
		{LeadersMoved, "Leaders of its regions have moved to other nodes"},
		{ClientErrors, "Operations that went to it failed"},
	} {
		if f, ok := a.b.find(node, c.kind); ok && !slices.Contains(a.d.Evidence, f.N) {
			a.say(c.words, f)
		}
	}
	if f, ok := a.b.find(node, ControlSaysUp); ok {
		a.say("The control plane still calls it "+f.Detail+", because it waits for missing heartbeats", f)
	}
}

// againstCluster is the alternative that not the node but everything is at fault.
func (a *answer) againstCluster() {
	a.against("the control plane or the whole cluster is in trouble", "it answers and calls the other nodes healthy", "", OthersUp)
}
