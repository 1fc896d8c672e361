package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// outsideFaults stands for all faults that the rules were not written from.
const outsideFaults = "outside"

// outsideFault is something that happens to clusters and is not in the catalogue
// of the talk. It shows whether a diagnosis is right, or honest, where nobody
// prepared it.
type outsideFault struct {
	name   string
	what   string        // that is done; %s is the target
	truth  string        // demo.Type…
	mends  []string      // demo.Action… that are right
	nodes  int           // that it is done to; 0 for one
	wait   time.Duration // for a ticket, where it takes longer than others
	able   func() error
	inject func(ctx context.Context, e *embeddedBackend, targets []string) (undo func(context.Context) error, err error)
}

// outside does one of them in the place of the catalogue. It implements
// runner.Chaos.
type outside struct {
	e    *embeddedBackend
	f    outsideFault
	seed int64

	mu   sync.Mutex
	undo func(context.Context) error // nil where nothing is open
	hit  []string
}

func outsideNames() []string {
	var names []string
	for _, f := range outsideCatalogue() {
		names = append(names, f.name)
	}
	return names
}

func findOutside(name string) (outsideFault, bool) {
	all := outsideCatalogue()
	i := slices.IndexFunc(all, func(f outsideFault) bool { return f.name == name })
	if i < 0 {
		return outsideFault{}, false
	}
	return all[i], true
}

// ableOutside says why a fault from outside cannot be done here.
func (o *options) ableOutside(f outsideFault) error {
	if o.cluster != clusterEmbedded {
		return usage("--fault %s is done to processes of this program; use --cluster %s", f.name, clusterEmbedded)
	}
	if f.able == nil {
		return nil
	}
	if err := f.able(); err != nil {
		return precondition("--fault %s: this machine cannot do it: %w", f.name, err)
	}
	return nil
}

// Plan draws the targets.
func (x *outside) Plan(s demo.Snapshot, round int) (demo.Plan, error) {
	var stores []string
	for _, n := range s.Nodes {
		if n.Role == demo.RoleData {
			stores = append(stores, n.Name)
		}
	}
	n := max(1, x.f.nodes)
	if len(stores) < n {
		return demo.Plan{}, errors.New("there are too few stores")
	}
	slices.Sort(stores)
	rng := rand.New(rand.NewPCG(uint64(x.seed), uint64(round)))
	rng.Shuffle(len(stores), func(i, k int) { stores[i], stores[k] = stores[k], stores[i] })
	p := demo.Plan{
		Fault: x.f.name, FaultType: x.f.truth, Target: stores[0], Also: stores[1:n], Mends: x.f.mends, Seed: x.seed,
		Reason: fmt.Sprintf("drawn from %d stores", len(stores)), Effect: fmt.Sprintf(x.f.what, stores[0]), Undo: "take it back",
	}
	return p, nil
}

// Inject does it.
func (x *outside) Inject(ctx context.Context, p demo.Plan) (time.Time, error) {
	before := time.Now()
	undo, err := x.f.inject(ctx, x.e, p.Targets())
	x.mu.Lock()
	defer x.mu.Unlock()
	x.undo, x.hit = undo, p.Targets()
	return before, err
}

// Lift takes it back, and starts what has ended.
func (x *outside) Lift(ctx context.Context, _ demo.Plan) error { return x.Heal(ctx) }

// Heal is Lift: there is one fault at a time.
func (x *outside) Heal(ctx context.Context) error {
	x.mu.Lock()
	undo, hit := x.undo, x.hit
	x.undo = nil
	x.mu.Unlock()
	var errs []error
	if undo != nil {
		errs = append(errs, undo(ctx))
	}
	for _, name := range hit {
		errs = append(errs, x.e.runs(ctx, name))
	}
	return errors.Join(errs...)
}

// release takes back what is still open, and starts nothing.
func (x *outside) release(ctx context.Context) error {
	x.mu.Lock()
	undo := x.undo
	x.undo = nil
	x.mu.Unlock()
	if undo == nil {
		return nil
	}
	return undo(ctx)
}

// runs starts a node that has ended.
func (e *embeddedBackend) runs(ctx context.Context, name string) error {
	p, err := e.process(name)
	if err != nil || p.Running {
		return err
	}
	return e.cluster.Restart(ctx, name)
}

// pids gives the processes of nodes.
func (e *embeddedBackend) pids(names []string) ([]int, error) {
	var pids []int
	for _, name := range names {
		p, err := e.process(name)
		if err != nil {
			return nil, err
		}
		pids = append(pids, p.PID)
	}
	return pids, nil
}
