package diagnose

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// keepBundles is how many tickets' evidence an Analyst keeps; the oldest goes.
const keepBundles = 32

// Analyst is a Witness that keeps the frozen evidence of each ticket, and asks
// a Diagnoser for the cause. It is what the runner works with.
type Analyst struct {
	*Witness
	who Diagnoser

	mu      sync.Mutex
	bundles map[string]Bundle
	order   []string
}

// NewAnalyst makes an Analyst that has seen nothing.
func NewAnalyst(cfg Config, who Diagnoser) *Analyst {
	return &Analyst{Witness: NewWitness(cfg), who: who, bundles: map[string]Bundle{}}
}

// Freeze keeps the evidence of a ticket as it is now.
func (a *Analyst) Freeze(ctx context.Context, at time.Time, t demo.TicketOpened) {
	b := a.Witness.Freeze(ctx, at, t)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.bundles[t.ID]; !ok {
		a.order = append(a.order, t.ID)
	}
	a.bundles[t.ID] = b
	if len(a.order) > keepBundles {
		delete(a.bundles, a.order[0])
		a.order = a.order[1:]
	}
}

// Bundle gives the evidence that was frozen for a ticket.
func (a *Analyst) Bundle(ticket string) (Bundle, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b, ok := a.bundles[ticket]
	return b, ok
}

// Diagnose says who begins, hands on the prose as it comes, and gives the answer.
func (a *Analyst) Diagnose(ctx context.Context, ticket string, say func(demo.Body)) (demo.DiagnosisFinished, error) {
	b, ok := a.Bundle(ticket)
	if !ok {
		return demo.DiagnosisFinished{}, fmt.Errorf("no evidence was frozen for ticket %s", ticket)
	}
	if t, ok := a.who.(teller); ok {
		return t.tell(ctx, b, say)
	}
	s := newSpeaker(say, a.who.Name(), b)
	s.begin("")
	d, err := a.who.Diagnose(ctx, b, s.delta)
	if err != nil {
		return d, err
	}
	return s.end(d), nil
}
