package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// HealLimit bounds the repair of everything that is broken.
const HealLimit = 30 * time.Second

// Config configures a Controller.
type Config struct {
	Backend Backend
	Ledger  *Ledger // where faults are written before they are injected

	// Where names the cluster ("embedded", "docker/tikv-demo"): faults that another
	// run left open are healed only on their own cluster.
	Where string
	// DiesWithOwner says that the nodes are children of the demo: a fault that a
	// dead run left open died with the nodes, and its line is closed without a
	// repair.
	DiesWithOwner bool
	// Containers says that the nodes are containers, which changes the words of a
	// plan.
	Containers bool
	// Replicas of each region; 3 when 0.
	Replicas int
	// Now is time.Now when nil.
	Now func() time.Time
	// HealLimit bounds Heal; the constant of this name when 0.
	HealLimit time.Duration
}

// Request asks for a fault.
type Request struct {
	Fault string // name in the catalogue
	// Profile of the cluster's timings, stage or real, from which the signals of
	// the fault are predicted; any other predicts nothing.
	Profile string
	Target  string // one of the Target… rules or a node's name; the fault's own rule when empty
	Seed    int64
}

// Controller plans, injects and lifts faults. Its methods may be called from
// several goroutines; one fault is worked on at a time.
type Controller struct {
	cfg Config

	work sync.Mutex // held while a node is being broken or repaired

	mu   sync.Mutex
	open map[string]string // target to fault, of this controller
	done map[string]bool   // targets whose fault is known to be injected
}

// New makes a controller. It does no I/O.
func New(cfg Config) *Controller {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Replicas == 0 {
		cfg.Replicas = defaultReplicas
	}
	if cfg.HealLimit == 0 {
		cfg.HealLimit = HealLimit
	}
	return &Controller{cfg: cfg, open: map[string]string{}, done: map[string]bool{}}
}

// Plan chooses a fault and a target from the latest snapshot of the cluster. It has
// no side effects. Errors are ErrUnknownFault, ErrNoTarget and ErrRefused.
func (c *Controller) Plan(s demo.Snapshot, r Request) (demo.Plan, error) {
	if r.Fault == demo.FaultNone {
		return nothing(r), nil
	}
	t, err := Find(r.Fault)
	if err != nil {
		return demo.Plan{}, err
	}
	if c.cfg.Containers {
		t = t.InContainers()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := newField(s, t.Role, c.open, c.cfg.Replicas)
	if err != nil {
		return demo.Plan{}, err
	}
	names, why, err := f.choose(t, cmp.Or(r.Target, t.Rule), r.Seed)
	if err != nil {
		return demo.Plan{}, err
	}
	if err := f.spare(t); err != nil {
		return demo.Plan{}, err
	}
	return demo.Plan{
		Fault: t.Name, FaultType: t.FaultType, Target: names[0], Also: append([]string(nil), names[1:]...), CostsQuorum: t.CostsQuorum, Reason: why, Seed: r.Seed,
		Effect: t.Effect(names...), Undo: t.Undo(names...), Mends: []string{t.Inverse}, Expect: t.Forecast(r.Profile),
	}, nil
}

// Lift undoes the fault and returns when the nodes run. It may be called again, and
// for a fault that was never injected.
func (c *Controller) Lift(ctx context.Context, p demo.Plan) error {
	if p.Nothing() {
		return nil
	}
	c.work.Lock()
	defer c.work.Unlock()
	mine, err := c.cfg.Ledger.own()
	for _, e := range mine {
		if e.Where == c.cfg.Where && e.isOf(p) {
			return c.lift(ctx, e)
		}
	}
	// What is not in the ledger was not done: it is written there first. To undo it
	// all the same may need what was missing to do it.
	if err == nil && c.allWhole(ctx, p) {
		return nil
	}
	// A ledger line that cannot be read must not keep a node broken.
	return errors.Join(c.lift(ctx, line{Plan: p}), err)
}

// allWhole says whether every target of a plan is known to be healthy.
func (c *Controller) allWhole(ctx context.Context, p demo.Plan) bool {
	for _, target := range p.Targets() {
		now, err := c.cfg.Backend.Describe(ctx, target)
		if err != nil || !now.Whole() {
			return false
		}
	}
	return true
}

func (c *Controller) lift(ctx context.Context, e line) error {
	if err := c.undo(ctx, e); err != nil {
		return err
	}
	return c.close(e.Plan, "lifted")
}

func (c *Controller) close(p demo.Plan, how string) error {
	if err := c.cfg.Ledger.end(c.cfg.Now(), c.cfg.Where, p, how); err != nil {
		return fmt.Errorf("%s is mended, but the ledger of open faults cannot be written: %w", p.Target, err)
	}
	c.setOpen(p, "")
	return nil
}

// Open lists the faults that are open here: those of this run and those that
// dead runs left. Lines that cannot be read are reported in the error, beside
// the faults that can.
func (c *Controller) Open() ([]demo.Plan, error) {
	mine, err := c.cfg.Ledger.own()
	left, err2 := c.cfg.Ledger.leftovers()
	defer release(left)
	lines := linesAt(mine, c.cfg.Where)
	if !c.cfg.DiesWithOwner {
		for _, l := range left {
			lines = append(lines, linesAt(l.entries, c.cfg.Where)...)
		}
	}
	var plans []demo.Plan
	for _, e := range lines {
		plans = append(plans, e.Plan)
	}
	return plans, errors.Join(err, err2)
}

func (c *Controller) openFault(target string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[target]
}

func (c *Controller) setOpen(p demo.Plan, fault string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, target := range p.Targets() {
		if fault == "" {
			delete(c.open, target)
			delete(c.done, target)
			continue
		}
		c.open[target] = fault
	}
}

// setDone notes that the fault is injected.
func (c *Controller) setDone(p demo.Plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, target := range p.Targets() {
		c.done[target] = true
	}
}

// isDone says whether the fault is known to be injected.
func (c *Controller) isDone(p demo.Plan) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, target := range p.Targets() {
		if !c.done[target] {
			return false
		}
	}
	return true
}

// Close releases the ledger; see Ledger.Close.
func (c *Controller) Close() error { return c.cfg.Ledger.Close() }
