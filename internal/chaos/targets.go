package chaos

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// Rules by which a target is chosen; anything else is a node's name.
const (
	TargetRandom     = "random"      // seeded: the same seed and the same cluster give the same store
	TargetMaxLeaders = "max-leaders" // the store that leads most regions
	TargetFollower   = "follower"    // the store that follows in most regions, and still leads at least one; a PD member that does not lead
	TargetPDLeader   = "pd-leader"   // the member that leads PD
)

// Rules lists the rules by which a target is chosen.
func Rules() []string {
	return []string{TargetRandom, TargetMaxLeaders, TargetFollower, TargetPDLeader}
}

// Why no target was found.
var (
	// ErrNoTarget says that no node runs that the fault could be done to.
	ErrNoTarget = errors.New("no running target")
	// ErrGone says that the node is not there any more, neither running nor dead.
	ErrGone = errors.New("gone")
	// ErrRefused says that a guard forbids the fault.
	ErrRefused = errors.New("refused")
)

const (
	// defaultReplicas is TiKV's own default.
	defaultReplicas = defaults.Replicas
	// maxStale is how old the picture of the cluster may be for a target to be
	// chosen by it. PD may be silent for 3 to 9 s while it changes its leader.
	maxStale = 15 * time.Second
	// seedStream makes the second half of the generator's seed; any constant will do.
	seedStream = 0x7469_6b76
)

// field is the cluster as the choice of a target sees it.
type field struct {
	role     demo.Role
	nodes    []demo.Node // of that role, by name
	open     map[string]string
	replicas int
}

// kind is what a node of the field is called.
func (f field) kind() string {
	if f.role == demo.RoleControl {
		return "PD member"
	}
	return "store"
}

func newField(s demo.Snapshot, role demo.Role, open map[string]string, replicas int) (field, error) {
	f := field{role: role, open: open, replicas: replicas}
	for _, n := range s.Nodes {
		if n.Role == role {
			f.nodes = append(f.nodes, n)
		}
	}
	if len(f.nodes) == 0 {
		return f, fmt.Errorf("%w: no %s is known yet", ErrNoTarget, f.kind())
	}
	if stale := s.Stale.Duration(); s.Error != "" && stale > maxStale {
		return f, fmt.Errorf("%w: the cluster was last seen %s ago, so nobody knows what a fault would cost; wait for the control plane",
			ErrRefused, stale.Round(time.Second))
	}
	// The control plane gives its stores in another order at every call.
	slices.SortFunc(f.nodes, func(a, b demo.Node) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return f, nil
}

// runs says whether a node serves as far as anyone knows. What chaos itself
// has broken does not, though its control plane may call it Up for 20 s more.
func (f field) runs(n demo.Node) bool {
	return n.Health == demo.HealthUp && f.open[n.Name] == ""
}

// leads says whether the loss of a node would be felt: a store that leads no
// region may die without anybody noticing.
func (f field) leads(n demo.Node) bool { return f.role == demo.RoleControl || n.Leaders > 0 }

// eligible lists the nodes that a rule may choose from: running, and leading
// something, for the death of a store that leads nothing changes nothing.
func (f field) eligible() ([]demo.Node, error) {
	var leading []demo.Node
	running := 0
	for _, n := range f.nodes {
		if f.runs(n) {
			running++
			if f.leads(n) {
				leading = append(leading, n)
			}
		}
	}
	switch {
	case running == 0:
		return nil, fmt.Errorf("%w: none of %s is up", ErrNoTarget, count(len(f.nodes), f.kind()))
	case len(leading) == 0:
		return nil, fmt.Errorf("%w: none of %s leads a region, so a fault would change nothing; wait for leaders, or name a store",
			ErrNoTarget, count(running, "running store"))
	}
	return leading, nil
}

// choose gives the targets, as many as the fault is done to, and why the
// first, in words for the stage.
func (f field) choose(t Type, rule string, seed int64) ([]string, string, error) {
	var first demo.Node
	var why string
	candidates, err := f.eligible()
	switch {
	case !slices.Contains(Rules(), rule):
		why = "named by the presenter"
		first, err = f.named(rule)
	case err != nil:
	case f.role == demo.RoleControl:
		first, why, err = f.member(candidates, rule, seed)
	default:
		first, why, err = f.store(candidates, rule, seed)
	}
	if err != nil {
		return nil, "", err
	}
	names := []string{first.Name}
	for len(names) < t.Nodes {
		candidates = slices.DeleteFunc(candidates, func(n demo.Node) bool { return slices.Contains(names, n.Name) })
		if len(candidates) == 0 {
			return nil, "", fmt.Errorf("%w: %s needs %s that lead, and there are %d", ErrNoTarget, t.Name, count(t.Nodes, f.kind()), len(names))
		}
		names = append(names, f.random(candidates, seed).Name)
	}
	return names, why, nil
}

// store chooses one of the stores by a rule.
func (f field) store(candidates []demo.Node, rule string, seed int64) (demo.Node, string, error) {
	switch rule {
	case TargetMaxLeaders:
		n := slices.MaxFunc(candidates, func(a, b demo.Node) int { return cmp.Compare(a.Leaders, b.Leaders) })
		return n, fmt.Sprintf("leads most: %d of %s", n.Leaders, count(f.led(), "region")), nil
	case TargetFollower:
		n := slices.MaxFunc(candidates, func(a, b demo.Node) int {
			return cmp.Or(cmp.Compare(a.Regions-a.Leaders, b.Regions-b.Leaders), cmp.Compare(b.Leaders, a.Leaders))
		})
		return n, fmt.Sprintf("follows most: leads %d of its %s", n.Leaders, count(n.Regions, "region")), nil
	case TargetPDLeader:
		return demo.Node{}, "", fmt.Errorf("%w: %s is no target for a fault that is done to stores; choose one of %s, %s, %s",
			ErrNoTarget, rule, TargetRandom, TargetMaxLeaders, TargetFollower)
	}
	n := f.random(candidates, seed)
	return n, fmt.Sprintf("random choice of %s, seed %d", count(len(candidates), "store"), seed), nil
}

// member chooses one of PD's members by a rule.
func (f field) member(candidates []demo.Node, rule string, seed int64) (demo.Node, string, error) {
	switch rule {
	case TargetRandom:
		n := f.random(candidates, seed)
		return n, fmt.Sprintf("random choice of %s, seed %d", count(len(candidates), "PD member"), seed), nil
	case TargetPDLeader:
		for _, n := range candidates {
			if n.Leader {
				return n, fmt.Sprintf("leads PD, one of %s", count(len(f.nodes), "member")), nil
			}
		}
		return demo.Node{}, "", fmt.Errorf("%w: PD has no leader now; wait for one, or name a member", ErrNoTarget)
	case TargetFollower:
		for _, n := range candidates {
			if !n.Leader {
				return n, "follows the PD leader", nil
			}
		}
		return demo.Node{}, "", fmt.Errorf("%w: PD has no other member than its leader", ErrNoTarget)
	}
	return demo.Node{}, "", fmt.Errorf("%w: %s is no target for a fault that is done to PD; choose one of %s, %s, %s",
		ErrNoTarget, rule, TargetPDLeader, TargetFollower, TargetRandom)
}

// random shuffles all nodes and takes the first candidate, so that a node
// that happens to be unfit changes the choice only where it was the choice.
func (f field) random(candidates []demo.Node, seed int64) demo.Node {
	for _, i := range rand.New(rand.NewPCG(uint64(seed), seedStream)).Perm(len(f.nodes)) {
		n := f.nodes[i]
		if slices.ContainsFunc(candidates, func(c demo.Node) bool { return c.Name == n.Name }) {
			return n
		}
	}
	return candidates[0]
}

func (f field) named(name string) (demo.Node, error) {
	var names []string
	for _, n := range f.nodes {
		names = append(names, n.Name)
		if n.Name != name {
			continue
		}
		switch {
		case f.open[name] != "":
			return n, fmt.Errorf("%w: %s is already broken (%s); heal it first", ErrNoTarget, name, f.open[name])
		case !f.runs(n):
			return n, fmt.Errorf("%w: %s is already down (%s); choose another", ErrNoTarget, name, cmp.Or(n.State, string(n.Health)))
		}
		return n, nil
	}
	return demo.Node{}, fmt.Errorf("%w: %q is neither a %s nor a rule; choose one of %s, %s",
		ErrNoTarget, name, f.kind(), strings.Join(Rules(), ", "), strings.Join(names, ", "))
}

// spare refuses what would cost the quorum. A region lives as long as most of
// its replicas do, and any stores may hold them, so no more stores may be down
// at once than a minority of the replicas; of PD's members, a minority of all.
func (f field) spare(t Type) error {
	// A fault that is for losing the quorum loses it; and the only member of a
	// PD is its quorum, as whoever asks for its end knows.
	if t.CostsQuorum || f.role == demo.RoleControl && len(f.nodes) == 1 {
		return nil
	}
	down := 0
	for _, n := range f.nodes {
		if !f.runs(n) {
			down++
		}
	}
	voters, of := len(f.nodes), "member"
	if f.role == demo.RoleData {
		voters, of = min(f.replicas, len(f.nodes)), "replica"
	}
	if allowed := (voters - 1) / 2; down+t.Nodes > allowed {
		return fmt.Errorf("%w: %s with %d of %s down would cost the quorum (%s, at most %d down)",
			ErrRefused, t.Name, down, count(len(f.nodes), f.kind()), count(voters, of), allowed)
	}
	return nil
}

func (f field) led() int {
	n := 0
	for _, s := range f.nodes {
		n += s.Leaders
	}
	return n
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
