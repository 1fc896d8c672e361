package diagnose

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Tools are what a model may look at: typed, read-only, one method a tool. No
// tool takes more than a node's name, and none can change anything.
type Tools interface {
	PDStores(ctx context.Context) (StoresView, error)
	PDRegions(ctx context.Context) (RegionsView, error)
	StoreStatus(ctx context.Context, node string) (NodeView, error)
	ContainerState(ctx context.Context, node string) (NodeView, error)
	ContainerLogs(ctx context.Context, node string) (LogsView, error)
	Workload(ctx context.Context) (WorkloadView, error)
}

// Cited is evidence that a tool's answer rests on: only its number counts.
type Cited struct {
	E    int    `json:"e"`
	Text string `json:"text"`
}

// StoresView answers pd_stores: the members and stores as PD gives them.
type StoresView struct {
	Before   []StoreView `json:"before"` // the first symptom
	Now      []StoreView `json:"at_the_ticket"`
	Evidence []Cited     `json:"evidence"`
}

// StoreView is one member or store.
type StoreView struct {
	Name         string      `json:"name"`
	Role         demo.Role   `json:"role"`
	State        string      `json:"state"`
	Health       demo.Health `json:"health"`
	LeadsPD      bool        `json:"leads_pd,omitempty"`
	HeartbeatAge demo.Millis `json:"heartbeat_age_ms,omitempty"`
}

// RegionsView answers pd_regions: how many regions each store leads and holds.
type RegionsView struct {
	Stores   []RegionView `json:"stores"`
	Evidence []Cited      `json:"evidence"`
}

// RegionView is one store's share of the regions.
type RegionView struct {
	Name          string `json:"name"`
	LeadersBefore int    `json:"leaders_before"`
	Leaders       int    `json:"leaders_at_the_ticket"`
	RegionsBefore int    `json:"regions_before"`
	Regions       int    `json:"regions_at_the_ticket"`
}

// NodeView answers store_status and container_state.
type NodeView struct {
	Node      string  `json:"node"`
	State     string  `json:"state"`
	Exit      string  `json:"exit,omitempty"`
	OOMKilled bool    `json:"oom_killed,omitempty"`
	Since     string  `json:"since,omitempty"`
	Evidence  []Cited `json:"evidence"`
}

// LogsView answers container_logs: the last lines, alike ones as one.
type LogsView struct {
	Node     string   `json:"node"`
	Lines    []string `json:"lines"`
	Evidence []Cited  `json:"evidence"`
}

// WorkloadView answers workload: seconds of it, oldest first.
type WorkloadView struct {
	Seconds  []SecondView `json:"seconds"`
	Evidence []Cited      `json:"evidence"`
}

// SecondView is one second of the workload.
type SecondView struct {
	At     string      `json:"at"`
	Ops    int64       `json:"ops"`
	Errors int64       `json:"errors"`
	P99    demo.Micros `json:"p99_us"`
}

const maxSeconds = 20 // of the workload that a tool gives

// frozenTools look at a bundle and at nothing else: what is asked late is
// answered as of the ticket, like the evidence itself.
type frozenTools struct{ b Bundle }

func (t frozenTools) cite(node string, sources ...string) []Cited {
	var out []Cited
	for i, e := range t.b.Items {
		if slices.Contains(sources, e.Source) && (node == "" || t.b.Facts[i].Node == node) {
			out = append(out, Cited{e.N, e.Text})
		}
	}
	return out
}

func stores(nodes []demo.Node) []StoreView {
	var out []StoreView
	for _, n := range nodes {
		out = append(out, StoreView{Name: n.Name, Role: n.Role, State: n.State, Health: n.Health, LeadsPD: n.Leader, HeartbeatAge: n.HeartbeatAge})
	}
	return out
}

func (t frozenTools) PDStores(context.Context) (StoresView, error) {
	return StoresView{Before: stores(t.b.Before), Now: stores(t.b.Nodes), Evidence: t.cite("", fromPD)}, nil
}

func (t frozenTools) PDRegions(context.Context) (RegionsView, error) {
	v := RegionsView{Evidence: t.cite("", fromPD)}
	for _, n := range t.b.Nodes {
		if n.Role != demo.RoleData {
			continue
		}
		r := RegionView{Name: n.Name, Leaders: n.Leaders, Regions: n.Regions}
		for _, old := range t.b.Before {
			if old.Name == n.Name {
				r.LeadersBefore, r.RegionsBefore = old.Leaders, old.Regions
			}
		}
		v.Stores = append(v.Stores, r)
	}
	return v, nil
}

func (t frozenTools) StoreStatus(_ context.Context, node string) (NodeView, error) {
	if _, ok := t.b.node(node); !ok {
		return NodeView{}, errUnknownNode
	}
	v := NodeView{Node: node, State: "not probed", Evidence: t.cite(node, fromProbe, fromClient)}
	if f, ok := t.b.find(node, ProbeRefused, ProbeTimedOut, ProbeFailed, ProbeSlow, ProbeAnswers); ok {
		v.State = string(f.Kind)
	}
	return v, nil
}

func (t frozenTools) ContainerState(_ context.Context, node string) (NodeView, error) {
	if _, ok := t.b.node(node); !ok {
		return NodeView{}, errUnknownNode
	}
	v := NodeView{Node: node, State: "not looked at", Evidence: t.cite(node, fromProcess)}
	f, ok := t.b.Processes[node]
	switch {
	case !ok:
		return v, nil
	case !f.Running:
		v.State = "ended"
	case f.Stopped:
		v.State = "exists, stopped"
	default:
		v.State = "running"
	}
	v.Exit, v.OOMKilled = f.Exit, f.OOMKilled
	if !f.Since.IsZero() {
		v.Since = f.Since.UTC().Format(time.RFC3339)
	}
	return v, nil
}

func (t frozenTools) ContainerLogs(_ context.Context, node string) (LogsView, error) {
	if _, ok := t.b.node(node); !ok {
		return LogsView{}, errUnknownNode
	}
	return LogsView{Node: node, Lines: t.b.Logs[node], Evidence: t.cite(node, fromLog)}, nil
}

func (t frozenTools) Workload(context.Context) (WorkloadView, error) {
	v := WorkloadView{Evidence: t.cite("", fromWorkload, fromClient)}
	for _, l := range last(t.b.Loads, maxSeconds) {
		v.Seconds = append(v.Seconds, SecondView{At: l.At.UTC().Format(time.TimeOnly), Ops: l.Ops, Errors: l.Errors, P99: l.P99})
	}
	return v, nil
}

// errUnknownNode does not repeat what was asked for: it may be anything.
var errUnknownNode = errors.New("there is no such node")

// names lists the nodes of a bundle, for the closed lists of the tools.
func (b Bundle) names() []string {
	var out []string
	for _, n := range b.Nodes {
		if n.Name != "" && strings.TrimSpace(n.Name) == n.Name {
			out = append(out, n.Name)
		}
	}
	return out
}
