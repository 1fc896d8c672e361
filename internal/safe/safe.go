// Package safe starts goroutines whose panics reach somebody who can act on
// them. Otherwise a panic in a goroutine ends the program at once: the terminal
// stays in raw mode and nothing is repaired. The runner recovers at the top of its
// own goroutines and ends the talk in order. What those start in turn is started
// here, so that its panics arrive there.
package safe

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Panic is what a goroutine panicked with, and where.
type Panic struct {
	Value any
	Stack []byte
}

// Error gives the value and the stack.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

// caught turns a recovered value into a Panic. One that was caught in another
// goroutine before keeps its stack.
func caught(v any) *Panic {
	if p, ok := v.(*Panic); ok {
		return p
	}
	return &Panic{v, debug.Stack()}
}

// Do calls f and returns its error, or its panic as a *Panic.
func Do(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = caught(v)
		}
	}()
	return f()
}

// Group is a sync.WaitGroup whose Wait panics if one of its goroutines did.
type Group struct {
	wg     sync.WaitGroup
	mu     sync.Mutex
	first  error
	cancel context.CancelFunc // nil without Within
}

// Within gives a group and a context that Stop or the first panic cancels, so that
// nobody waits for the others for long.
func Within(ctx context.Context) (*Group, context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	return &Group{cancel: cancel}, ctx
}

// Stop cancels the group's context.
func (g *Group) Stop() {
	if g.cancel != nil {
		g.cancel()
	}
}

// Go runs f in a goroutine.
func (g *Group) Go(f func()) {
	g.wg.Go(func() {
		if err := Do(func() error { f(); return nil }); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.first == nil {
				g.first = err
			}
			g.Stop()
		}
	})
}

// Wait returns when every goroutine has ended, and panics with the first panic.
func (g *Group) Wait() {
	g.wg.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first != nil {
		panic(g.first)
	}
}

// Errors is an errgroup.Group in which a panic is an error like any other.
type Errors struct{ g *errgroup.Group }

// WithContext gives a group and a context that its first error cancels.
func WithContext(ctx context.Context) (*Errors, context.Context) {
	g, ctx := errgroup.WithContext(ctx)
	return &Errors{g}, ctx
}

// SetLimit bounds how many goroutines run at once.
func (g *Errors) SetLimit(n int) { g.g.SetLimit(n) }

// Go runs f in a goroutine.
func (g *Errors) Go(f func() error) { g.g.Go(func() error { return Do(f) }) }

// Wait returns when every goroutine has ended, with the first error.
func (g *Errors) Wait() error { return g.g.Wait() }
