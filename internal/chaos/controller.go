package chaos

import (
	"cmp"
	"context"
	"encoding/json"
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
	Fault string // name in the catalogue
	// Profile of the cluster's timings, stage or real, by which the signals of the
	// fault are foretold; nothing is for another.
	Profile string
	Target  string // one of the Target… rules or a node's name; the fault's own rule when empty
	Seed    int64
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
	if r.Fault == demo.FaultNone {
		return nothing(r), nil
	}
	t, err := Find(r.Fault)
	if err != nil {
		return demo.Plan{}, err
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
		Effect: t.Effect(names...), Undo: t.Undo(names...), Expect: t.Forecast(r.Profile),
	}, nil
}

// Inject writes the fault to the ledger, then does it, and returns when it is
// in. A plan that is open already is left as it is.
func (c *Controller) Inject(ctx context.Context, p demo.Plan) error {
	if p.Nothing() {
		return nil
	}
	c.work.Lock()
	defer c.work.Unlock()
	t, err := Find(p.Fault)
	if err != nil {
		return err
	}
	ties := map[string]json.RawMessage{}
	for _, target := range p.Targets() {
		switch open := c.openFault(target); open {
		case "":
		case p.Fault:
			return nil
		default:
			return fmt.Errorf("%w: %s is already broken (%s); heal it first", ErrRefused, target, open)
		}
		was, err := c.cfg.Backend.Describe(ctx, target)
		if err != nil {
			return fmt.Errorf("%s %s: %w", p.Fault, target, err)
		}
		if !was.Whole() {
			return fmt.Errorf("%w: %s is not whole any more (%s); plan again", ErrNoTarget, target, was)
		}
		if t.ties {
			if ties[target], err = c.cfg.Backend.Ties(ctx, target); err != nil {
				return fmt.Errorf("%s %s: %w", p.Fault, target, err)
			}
		}
	}
	if err := c.cfg.Ledger.begin(c.cfg.Now(), c.cfg.Where, p, ties); err != nil {
		return fmt.Errorf("nothing was broken, for the ledger of open faults cannot be written: %w", err)
	}
	c.setOpen(p, p.Fault)
	err = each(p, func(target string) error {
		if err := t.inject(ctx, c.cfg.Backend, target); err != nil {
			return fmt.Errorf("%s %s: %w", p.Fault, target, err)
		}
		return nil
	})
	if err != nil {
		return errors.Join(err, c.withdraw(ctx, p))
	}
	return nil
}

// each does one thing to all targets of a plan at once.
func each(p demo.Plan, do func(target string) error) error {
	targets := p.Targets()
	errs := make([]error, len(targets))
	var all sync.WaitGroup
	for i, target := range targets {
		all.Go(func() { errs[i] = do(target) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// withdraw closes the ledger's line of a fault that failed, if every node is
// unharmed; otherwise the line stays open and Lift or Heal mends them.
func (c *Controller) withdraw(ctx context.Context, p demo.Plan) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.HealLimit)
	defer cancel()
	for _, target := range p.Targets() {
		now, err := c.cfg.Backend.Describe(ctx, target)
		if err != nil || !now.Whole() {
			return nil
		}
	}
	return c.close(p, "not done")
}

// Lift undoes the fault and returns when the nodes run. It may be called
// again, and for a fault that was never done.
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
	// A line that cannot be read is no reason to leave a node broken.
	return errors.Join(c.lift(ctx, line{Plan: p}), err)
}

func (c *Controller) lift(ctx context.Context, e line) error {
	if err := c.undo(ctx, e); err != nil {
		return err
	}
	return c.close(e.Plan, "lifted")
}

// undo does the inverse to every target.
func (c *Controller) undo(ctx context.Context, e line) error {
	t, err := Find(e.Plan.Fault)
	if err != nil {
		return err
	}
	return each(e.Plan, func(target string) error {
		if err := t.lift(ctx, c.cfg.Backend, target, e.Ties[target]); err != nil {
			return fmt.Errorf("%s: %w", t.Undo(target), err)
		}
		return nil
	})
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
	for _, e := range linesAt(mine, c.cfg.Where) {
		if err := c.lift(ctx, e); err != nil {
			errs = append(errs, err)
			continue
		}
		healed = append(healed, e.Plan)
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
	for _, e := range linesAt(l.entries, c.cfg.Where) {
		how := "its nodes ended with their run"
		if !c.cfg.DiesWithOwner {
			err := c.undo(ctx, e)
			switch {
			case errors.Is(err, ErrGone):
				how = "its nodes are gone"
			case err != nil:
				errs = append(errs, fmt.Errorf("heal after %s: %w", e.Plan.Fault, err))
				continue
			default:
				how = "healed"
				healed = append(healed, e.Plan)
			}
		}
		if err := l.end(c.cfg.Now(), c.cfg.Where, e.Plan, how); err != nil {
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

func (c *Controller) setOpen(p demo.Plan, fault string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, target := range p.Targets() {
		if fault == "" {
			delete(c.open, target)
			continue
		}
		c.open[target] = fault
	}
}

// Close ends the hold on the ledger; see Ledger.Close.
func (c *Controller) Close() error { return c.cfg.Ledger.Close() }
