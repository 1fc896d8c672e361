package runner

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// hurriedLimit is how long Close still waits for each step after Hurry.
const hurriedLimit = time.Second

// Hurry makes Close skip repairs and cuts its waits short.
func (r *Runner) Hurry() { r.hurry() }

// heal repairs what is broken, unless Hurry comes first.
func (r *Runner) heal() error {
	r.mu.Lock()
	what := "what is broken"
	if r.plan != nil {
		what = strings.Join(r.plan.Targets(), " and ")
	}
	r.mu.Unlock()
	left := fmt.Errorf("%s may still be broken; run `tikv-demo heal` to repair it", what)
	if r.hurried.Err() != nil {
		return left
	}
	r.say("repairing " + what + "; press Ctrl-C to leave it broken")
	err := r.within(r.hurried, CloseLimit, r.cfg.Chaos.Heal)
	switch {
	case err == nil:
		return nil
	case r.hurried.Err() != nil:
		return left
	}
	return fmt.Errorf("%w: %w", left, err)
}

// last runs one step of Close with its own limit, and says what it is when it
// takes longer than a second.
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

// within returns when f does, or a moment after its limit: f may ignore its
// context.
func (r *Runner) within(ctx context.Context, limit time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- safe.Do(func() error { return f(ctx) }) }()
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

// caught turns a panic into the end of the talk: the front end restores the
// terminal, Close repairs, and the error says what happened.
func (r *Runner) caught(who string) {
	p := recover()
	if p == nil {
		return
	}
	c := &Crash{Who: who, Value: p, Stack: debug.Stack()}
	if inner, ok := p.(*safe.Panic); ok {
		c.Value, c.Stack = inner.Value, inner.Stack
	}
	if r.cfg.Crashed == nil {
		panic(fmt.Sprintf("%v\n%s", c, c.Stack))
	}
	r.cfg.Crashed(c)
}

// Crash is a panic that ended the talk.
type Crash struct {
	Who   string
	Value any
	Stack []byte
}

// Error says in one line who panicked with what.
func (c *Crash) Error() string { return fmt.Sprintf("%s panicked: %v", c.Who, c.Value) }
