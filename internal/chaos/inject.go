package chaos

import (
	"context"
	"errors"
	"fmt"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// Inject writes the fault to the ledger, then injects it, and returns when that is
// done. A plan that is already open is left alone. One whose call failed, so that
// its outcome is unknown, is injected again.
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
	open, err := c.isOpen(p)
	switch {
	case err != nil:
		return err
	case open && c.isDone(p):
		return nil
	case !open:
		if err := c.writeDown(ctx, t, p); err != nil {
			return err
		}
	}
	errs := each(p, func(target string) error {
		if err := t.inject(ctx, c.cfg.Backend, target); err != nil {
			return fmt.Errorf("%s %s: %w", p.Fault, target, err)
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		return errors.Join(err, c.withdraw(ctx, p, errs))
	}
	c.setDone(p)
	return nil
}

// isOpen says whether the plan is in the ledger already.
func (c *Controller) isOpen(p demo.Plan) (bool, error) {
	found := false
	for _, target := range p.Targets() {
		switch open := c.openFault(target); open {
		case "":
		case p.Fault:
			found = true
		default:
			return false, fmt.Errorf("%w: %s is already broken (%s); heal it first", ErrRefused, target, open)
		}
	}
	return found, nil
}

// writeDown writes the fault to the ledger, with what a repair needs.
func (c *Controller) writeDown(ctx context.Context, t Type, p demo.Plan) error {
	home, err := c.cfg.Backend.Home(ctx)
	if err != nil {
		return fmt.Errorf("%s %s: %w", p.Fault, p.Target, err)
	}
	all := map[string]before{}
	for _, target := range p.Targets() {
		is, err := c.cfg.Backend.Describe(ctx, target)
		if err != nil {
			return fmt.Errorf("%s %s: %w", p.Fault, target, err)
		}
		if !is.Whole() {
			return fmt.Errorf("%w: %s is not whole any more (%s); plan again", ErrNoTarget, target, is)
		}
		was := before{Life: is.Life}
		if t.ties {
			if was.Ties, err = c.cfg.Backend.Ties(ctx, target); err != nil {
				return fmt.Errorf("%s %s: %w", p.Fault, target, err)
			}
		}
		all[target] = was
	}
	if err := c.cfg.Ledger.begin(c.cfg.Now(), c.cfg.Where, home, p, all); err != nil {
		return fmt.Errorf("nothing was broken, for the ledger of open faults cannot be written: %w", err)
	}
	c.setOpen(p, p.Fault)
	return nil
}

// each runs a call on all targets of a plan at once, and returns their errors.
func each(p demo.Plan, do func(target string) error) []error {
	targets := p.Targets()
	errs := make([]error, len(targets))
	var all safe.Group
	for i, target := range targets {
		all.Go(func() { errs[i] = do(target) })
	}
	all.Wait()
	return errs
}

// withdraw closes the ledger line of a failed fault if certainly nothing was done
// to any node. Otherwise the line stays open for Lift or Heal: a store that was
// sent SIGTERM may still run for a moment.
func (c *Controller) withdraw(ctx context.Context, p demo.Plan, errs []error) error {
	for _, err := range errs {
		if !errors.Is(err, ErrNotDone) {
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.HealLimit)
	defer cancel()
	if !c.allWhole(ctx, p) {
		return nil
	}
	return c.close(p, "not done")
}
