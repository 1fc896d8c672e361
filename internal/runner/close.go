package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// hurriedLimit is how long Close still waits for each thing after Hurry.
const hurriedLimit = time.Second

// Hurry makes Close mend nothing any more and wait for nothing long.
func (r *Runner) Hurry() { r.hurry() }

// heal mends what is broken, unless Hurry comes first.
func (r *Runner) heal() error {
	r.mu.Lock()
	what := "what is broken"
	if r.plan != nil {
		what = strings.Join(r.plan.Targets(), " and ")
	}
	r.mu.Unlock()
	left := fmt.Errorf("%s may stay broken; `tikv-demo heal` mends it", what)
	if r.hurried.Err() != nil {
		return left
	}
	r.say("mending " + what + "; Ctrl-C leaves it broken")
	err := r.within(r.hurried, closeLimit, r.cfg.Chaos.Heal)
	switch {
	case err == nil:
		return nil
	case r.hurried.Err() != nil:
		return left
	}
	return fmt.Errorf("%w: %w", left, err)
}

// last does one thing of Close with a limit of its own, and says what it is when
// it takes longer than a second.
func (r *Runner) last(what string, limit time.Duration, f func(context.Context) error) error {
	defer time.AfterFunc(time.Second, func() { r.say(what) }).Stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer context.AfterFunc(r.hurried, func() { time.AfterFunc(hurriedLimit, cancel) })()
	if err := r.within(ctx, limit, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// within returns when f does, or a moment after its time is over: it may be deaf
// to its context.
func (r *Runner) within(ctx context.Context, limit time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(hurriedLimit / 2):
		return ctx.Err()
	}
}

func (r *Runner) say(what string) {
	if r.cfg.Closing != nil {
		r.cfg.Closing(what)
	}
}

// caught turns a panic into the end of the talk: the front end gives the terminal
// back, Close mends, and the error says what it was.
func (r *Runner) caught(who string) {
	p := recover()
	if p == nil {
		return
	}
	err := fmt.Errorf("%s panicked: %v\n%s", who, p, debug.Stack())
	if r.cfg.Crashed == nil {
		panic(errors.Join(errors.New("nobody takes the panic"), err))
	}
	r.cfg.Crashed(err)
}
