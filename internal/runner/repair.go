package runner

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// lift undoes a fault. It first looks whether the fault ended by itself:
// self-healing is credited to no one.
func (r *Runner) lift(ctx context.Context, plan demo.Plan, by string) (demo.Body, error) {
	if by == demo.ByItself && r.cfg.Actions.Stands(ctx, plan) {
		by = demo.ByDemo
	}
	if by == demo.ByDemo && plan.ByHand { // the program only watched
		by = demo.ByPresenter
	}
	if err := r.cfg.Chaos.Lift(ctx, plan); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.plan, r.owed = nil, false // faultAt stays: times still count from it
	r.mu.Unlock()
	return demo.FaultLifted{Fault: plan.Fault, Target: plan.Target, By: by}, nil
}

// act carries out an approved action if its precondition still holds. It lifts
// the open fault: nothing else is broken, and nothing else is touched.
func (r *Runner) act(ctx context.Context, v demo.Act) (demo.Body, error) {
	if err := r.cfg.Actions.Check(ctx, v.Action, v.FaultType); err != nil {
		return demo.ActionSkipped{Action: v.Action, Why: err.Error()}, ctx.Err()
	}
	r.mu.Lock()
	plan := r.plan
	r.mu.Unlock()
	if plan == nil || plan.Target != v.Action.Target {
		return demo.ActionSkipped{Action: v.Action, Why: "nothing was done to " + v.Action.Target + ", so there is nothing to undo"}, nil
	}
	lifted, err := r.lift(ctx, *plan, demo.ByAgent)
	if err != nil {
		return nil, err
	}
	r.emit(r.cfg.Now(), 0, lifted)
	return demo.ActionDone{Action: v.Action, By: demo.ByAgent}, nil
}
