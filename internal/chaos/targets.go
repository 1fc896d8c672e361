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
)

// Rules by which a target is chosen; anything else is a node's name.
const (
	TargetRandom     = "random"      // seeded: the same seed and the same cluster give the same store
	TargetMaxLeaders = "max-leaders" // the store that leads most regions
	TargetFollower   = "follower"    // the store that follows in most regions, and still leads at least one
)

// Why no target was found.
var (
	// ErrNoTarget says that no node runs that the fault could be done to.
	ErrNoTarget = errors.New("no running target")
	// ErrRefused says that a guard forbids the fault.
	ErrRefused = errors.New("refused")
)

const (
	// defaultReplicas is TiKV's own default.
	defaultReplicas = 3
	// maxStale is how old the picture of the cluster may be for a target to be
	// chosen by it. PD may be silent for 3 to 9 s while it changes its leader.
	maxStale = 15 * time.Second
	// seedStream makes the second half of the generator's seed; any constant will do.
	seedStream = 0x7469_6b76
)

// field is the cluster as the choice of a target sees it.
type field struct {
	stores   []demo.Node // data nodes, by name
	open     map[string]string
	replicas int
}

func newField(s demo.Snapshot, open map[string]string, replicas int) (field, error) {
	f := field{open: open, replicas: replicas}
	for _, n := range s.Nodes {
		if n.Role == demo.RoleData {
			f.stores = append(f.stores, n)
		}
	}
	if len(f.stores) == 0 {
		return f, fmt.Errorf("%w: no store is known yet", ErrNoTarget)
	}
	if stale := s.Stale.Duration(); s.Error != "" && stale > maxStale {
		return f, fmt.Errorf("%w: the cluster was last seen %s ago, so nobody knows what a fault would cost; wait for the control plane",
			ErrRefused, stale.Round(time.Second))
	}
	// The control plane gives its stores in another order at every call.
	slices.SortFunc(f.stores, func(a, b demo.Node) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return f, nil
}

// runs says whether a store serves as far as anyone knows. What chaos itself
// has broken does not, though its control plane may call it Up for 20 s more.
func (f field) runs(n demo.Node) bool {
	return n.Health == demo.HealthUp && f.open[n.Name] == ""
}

// eligible lists the stores that a rule may choose from: running, and leading
// something, for the death of a store that leads nothing changes nothing.
func (f field) eligible() ([]demo.Node, error) {
	var leading []demo.Node
	running := 0
	for _, n := range f.stores {
		if f.runs(n) {
			running++
			if n.Leaders > 0 {
				leading = append(leading, n)
			}
		}
	}
	switch {
	case running == 0:
		return nil, fmt.Errorf("%w: none of %s is up", ErrNoTarget, count(len(f.stores), "store"))
	case len(leading) == 0:
		return nil, fmt.Errorf("%w: none of %s leads a region, so a fault would change nothing; wait for leaders, or name a store",
			ErrNoTarget, count(running, "running store"))
	}
	return leading, nil
}

// choose gives the target and why, in words for the stage.
func (f field) choose(rule string, seed int64) (demo.Node, string, error) {
	if !slices.Contains([]string{TargetRandom, TargetMaxLeaders, TargetFollower}, rule) {
		n, err := f.named(rule)
		return n, "named by the presenter", err
	}
	candidates, err := f.eligible()
	if err != nil {
		return demo.Node{}, "", err
	}
	switch rule {
	case TargetMaxLeaders:
		n := slices.MaxFunc(candidates, func(a, b demo.Node) int { return cmp.Compare(a.Leaders, b.Leaders) })
		return n, fmt.Sprintf("leads most: %d of %s", n.Leaders, count(f.led(), "region")), nil
	case TargetFollower:
		n := slices.MaxFunc(candidates, func(a, b demo.Node) int {
			return cmp.Or(cmp.Compare(a.Regions-a.Leaders, b.Regions-b.Leaders), cmp.Compare(b.Leaders, a.Leaders))
		})
		return n, fmt.Sprintf("follows most: leads %d of its %s", n.Leaders, count(n.Regions, "region")), nil
	}
	n := f.random(candidates, seed)
	return n, fmt.Sprintf("random choice of %s, seed %d", count(len(candidates), "store"), seed), nil
}

// random shuffles all stores and takes the first candidate, so that a store
// that happens to be unfit changes the choice only where it was the choice.
func (f field) random(candidates []demo.Node, seed int64) demo.Node {
	for _, i := range rand.New(rand.NewPCG(uint64(seed), seedStream)).Perm(len(f.stores)) {
		n := f.stores[i]
		if slices.ContainsFunc(candidates, func(c demo.Node) bool { return c.Name == n.Name }) {
			return n
		}
	}
	return candidates[0]
}

func (f field) named(name string) (demo.Node, error) {
	var names []string
	for _, n := range f.stores {
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
	return demo.Node{}, fmt.Errorf("%w: %q is neither a store nor a rule; choose one of %s, %s, %s, %s",
		ErrNoTarget, name, TargetRandom, TargetMaxLeaders, TargetFollower, strings.Join(names, ", "))
}

// spare refuses what would cost the quorum. A region lives as long as most of
// its replicas do, and any stores may hold them, so no more stores may be down
// at once than a minority of the replicas.
func (f field) spare(t Type) error {
	down := 0
	for _, n := range f.stores {
		if !f.runs(n) {
			down++
		}
	}
	replicas := min(f.replicas, len(f.stores))
	if allowed := (replicas - 1) / 2; down+t.Downs > allowed {
		return fmt.Errorf("%w: %s with %d of %s down would cost the quorum (%d replicas, at most %d down)",
			ErrRefused, t.Name, down, count(len(f.stores), "store"), replicas, allowed)
	}
	return nil
}

func (f field) led() int {
	n := 0
	for _, s := range f.stores {
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
