package chaos

import (
	"context"
	"errors"
	"fmt"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Heal lifts all faults that are open here, those of this run and those of runs
// that died. It has its own limit, and continues after an error; the errors are
// joined. It returns what it lifted, and may be called again, also for what the end
// of ctx left undone. Faults of a cluster of the same name on another daemon stay in the
// ledger.
func (c *Controller) Heal(ctx context.Context) ([]demo.Plan, error) {
	c.work.Lock()
	defer c.work.Unlock()
	ctx, cancel := context.WithTimeout(ctx, c.cfg.HealLimit)
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

// healLeft repairs what a dead run left. It removes the run's file when nothing in
// it is open.
func (c *Controller) healLeft(ctx context.Context, l *leftover) ([]demo.Plan, error) {
	var healed []demo.Plan
	var errs []error
	for _, e := range linesAt(l.entries, c.cfg.Where) {
		how, err := c.settleLeft(ctx, e)
		if err != nil {
			errs = append(errs, fmt.Errorf("heal after %s: %w", e.Plan.Fault, err))
		}
		if how == "" {
			continue
		}
		if how == howHealed {
			healed = append(healed, e.Plan)
		}
		if err := l.end(c.cfg.Now(), c.cfg.Where, e.Plan, how); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, l.tidy())
	return healed, errors.Join(errs...)
}

const howHealed = "healed"

// settleLeft says how a line may be closed; "" while it may not. A line is closed
// when its nodes are seen healthy, or when their whole cluster is gone from the
// daemon on which they were broken. Another daemon, which never had the cluster,
// proves nothing.
func (c *Controller) settleLeft(ctx context.Context, e line) (how string, err error) {
	if c.cfg.DiesWithOwner {
		return "its nodes ended with their run", nil
	}
	home, err := c.cfg.Backend.Home(ctx)
	if err != nil || e.Home.ID != "" && e.Home.ID != home.ID {
		return "", err
	}
	err = c.undo(ctx, e)
	if !errors.Is(err, ErrGone) {
		if err != nil {
			return "", err
		}
		return howHealed, nil
	}
	if e.Home.ID == "" {
		return "", fmt.Errorf("%w; the ledger does not say on which daemon it was", err)
	}
	vanished, err2 := c.cfg.Backend.Vanished(ctx)
	switch {
	case err2 != nil:
		return "", errors.Join(err, err2)
	case vanished:
		return "its cluster is gone", nil
	}
	return "", err
}

// undo applies the inverse to every target, and checks that each is healthy then.
func (c *Controller) undo(ctx context.Context, e line) error {
	t, err := Find(e.Plan.Fault)
	if err != nil {
		return err
	}
	return errors.Join(each(e.Plan, func(target string) error {
		if err := t.lift(ctx, c.cfg.Backend, target, e.Before[target]); err != nil {
			return fmt.Errorf("%s: %w", t.Undo(target), err)
		}
		is, err := c.cfg.Backend.Describe(ctx, target)
		if err == nil && !is.Whole() {
			err = fmt.Errorf("%s is still not well: %s", target, is)
		}
		return err
	})...)
}
