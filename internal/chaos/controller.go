package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// healLimit bounds the mending of everything that is broken.
const healLimit = 30 * time.Second

// Config is what a Controller works with.
type Config struct {
	Backend Backend
	Ledger  *Ledger // where faults are written down before they are done

	// Where names the cluster ("embedded", "docker/tikv-demo"): the faults that
	// another run left open are healed only where they were done.
	Where string
	// DiesWithOwner says that the nodes are children of the demo: what a dead
	// run left open in the ledger died with it, and is closed without being undone.
	DiesWithOwner bool
	// Replicas of each region; 3 when 0.
	Replicas int
	// Now is time.Now when nil.
	Now func() time.Time
	// HealLimit bounds Heal; 30 s when 0.
	HealLimit time.Duration
}

// Request is a fault that somebody wants.
type Request struct {
	Fault  string // name in the catalogue
	Target string // TargetRandom, TargetMaxLeaders, TargetFollower, or a node's name
	Seed   int64
}

// Controller plans, injects and lifts faults. Its methods may be called from
// several goroutines; one fault is worked on at a time.
type Controller struct {
	cfg Config

	work sync.Mutex // held while a node is being broken or mended

	mu   sync.Mutex
	open map[string]string // target to fault, of this controller
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
		cfg.HealLimit = healLimit
	}
	return &Controller{cfg: cfg, open: map[string]string{}}
}

// Plan chooses fault and target by the cluster as it was last seen. It does
// nothing else. Errors are ErrUnknownFault, ErrNoTarget and ErrRefused.
func (c *Controller) Plan(s demo.Snapshot, r Request) (demo.Plan, error) {
	t, err := Find(r.Fault)
	if err != nil {
		return demo.Plan{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := newField(s, c.open, c.cfg.Replicas)
	if err != nil {
		return demo.Plan{}, err
	}
	n, why, err := f.choose(r.Target, r.Seed)
	if err != nil {
		return demo.Plan{}, err
	}
	if err := f.spare(t); err != nil {
		return demo.Plan{}, err
	}
	return demo.Plan{
		Fault: t.Name, FaultType: t.FaultType, Target: n.Name, Reason: why, Seed: r.Seed,
		Effect: t.Effect(n.Name), Undo: t.Undo(n.Name),
	}, nil
}

// Inject writes the fault to the ledger, then does it, and returns when it is
// in. A plan that is open already is left as it is.
func (c *Controller) Inject(ctx context.Context, p demo.Plan) error {
	c.work.Lock()
	defer c.work.Unlock()
	t, err := Find(p.Fault)
	if err != nil {
		return err
	}
	switch c.openFault(p.Target) {
	case "":
	case p.Fault:
		return nil
	default:
		return fmt.Errorf("%w: %s is already broken (%s); heal it first", ErrRefused, p.Target, c.openFault(p.Target))
	}
	was, err := c.cfg.Backend.Describe(ctx, p.Target)
	if err != nil {
		return fmt.Errorf("%s %s: %w", p.Fault, p.Target, err)
	}
	if !was.Running || was.Paused {
		return fmt.Errorf("%w: %s does not run any more (%s); plan again", ErrNoTarget, p.Target, was)
	}
	if err := c.cfg.Ledger.begin(c.cfg.Now(), c.cfg.Where, p); err != nil {
		return fmt.Errorf("nothing was broken, for the ledger of open faults cannot be written: %w", err)
	}
	c.setOpen(p.Target, p.Fault)
	if err := t.inject(ctx, c.cfg.Backend, p.Target); err != nil {
		return errors.Join(fmt.Errorf("%s %s: %w", p.Fault, p.Target, err), c.withdraw(ctx, p))
	}
	return nil
}

// withdraw closes the ledger's line of a fault that failed, if the node is
// unharmed; otherwise the line stays open and Lift or Heal mends the node.
func (c *Controller) withdraw(ctx context.Context, p demo.Plan) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.HealLimit)
	defer cancel()
	now, err := c.cfg.Backend.Describe(ctx, p.Target)
	if err != nil || !now.Running || now.Paused {
		return nil
	}
	return c.close(p, "not done")
}

// Lift undoes the fault and returns when the node runs. It may be called
// again, and for a fault that was never done.
func (c *Controller) Lift(ctx context.Context, p demo.Plan) error {
	c.work.Lock()
	defer c.work.Unlock()
	return c.lift(ctx, p)
}

func (c *Controller) lift(ctx context.Context, p demo.Plan) error {
	t, err := Find(p.Fault)
	if err != nil {
		return err
	}
	if err := t.lift(ctx, c.cfg.Backend, p.Target); err != nil {
		return fmt.Errorf("%s: %w", t.Undo(p.Target), err)
	}
	return c.close(p, "lifted")
}

func (c *Controller) close(p demo.Plan, how string) error {
	if err := c.cfg.Ledger.end(c.cfg.Now(), c.cfg.Where, p, how); err != nil {
		return fmt.Errorf("%s is mended, but the ledger of open faults cannot be written: %w", p.Target, err)
	}
	c.setOpen(p.Target, "")
	return nil
}

// Open lists the faults that are open here: those of this run and those that
// dead runs left. Lines that cannot be read are reported in the error, beside
// the faults that can.
func (c *Controller) Open() ([]demo.Plan, error) {
	mine, err := c.cfg.Ledger.own()
	left, err2 := c.cfg.Ledger.leftovers()
	defer release(left)
	plans := plansAt(mine, c.cfg.Where)
	if !c.cfg.DiesWithOwner {
		for _, l := range left {
			plans = append(plans, plansAt(l.entries, c.cfg.Where)...)
		}
	}
	return plans, errors.Join(err, err2)
}

// Heal lifts all faults that are open here, this run's and those of runs that
// died. It works on although ctx is cancelled, within a limit of its own, and
// goes on after an error; the errors come joined. It gives what it lifted;
// healing twice changes nothing.
func (c *Controller) Heal(ctx context.Context) ([]demo.Plan, error) {
	c.work.Lock()
	defer c.work.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.HealLimit)
	defer cancel()

	var healed []demo.Plan
	mine, err := c.cfg.Ledger.own()
	errs := []error{err}
	for _, p := range plansAt(mine, c.cfg.Where) {
		if err := c.lift(ctx, p); err != nil {
			errs = append(errs, err)
			continue
		}
		healed = append(healed, p)
	}
	left, err := c.cfg.Ledger.leftovers()
	errs = append(errs, err)
	for _, l := range left {
		plans, err := c.healLeft(ctx, l)
		healed = append(healed, plans...)
		errs = append(errs, err)
	}
	release(left)
	return healed, errors.Join(errs...)
}

// healLeft mends what a dead run left. Its file goes when nothing in it is open.
func (c *Controller) healLeft(ctx context.Context, l *leftover) ([]demo.Plan, error) {
	var healed []demo.Plan
	var errs []error
	for _, p := range plansAt(l.entries, c.cfg.Where) {
		how := "its nodes ended with their run"
		if !c.cfg.DiesWithOwner {
			t, err := Find(p.Fault)
			if err == nil {
				err = t.lift(ctx, c.cfg.Backend, p.Target)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("heal %s after %s: %w", p.Target, p.Fault, err))
				continue
			}
			how = "healed"
			healed = append(healed, p)
		}
		if err := l.end(c.cfg.Now(), c.cfg.Where, p, how); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, l.tidy())
	return healed, errors.Join(errs...)
}

func (c *Controller) openFault(target string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[target]
}

func (c *Controller) setOpen(target, fault string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if fault == "" {
		delete(c.open, target)
		return
	}
	c.open[target] = fault
}

// String gives the condition in a few words.
func (c Condition) String() string {
	switch {
	case c.Running && c.Paused:
		return "frozen"
	case c.Running:
		return "running"
	case c.Exit != "":
		return c.Exit
	}
	return "not running"
}
