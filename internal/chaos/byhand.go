package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Limits for watching a node that somebody else breaks.
const (
	watchEvery = 100 * time.Millisecond
	watchLimit = time.Second // for one probe; a frozen node does not answer
	// watchLooks is how many probes in a row must agree: a busy node may miss one.
	watchLooks = 3
)

// ByHand injects faults on a cluster that the program does not control. It names
// the target and says what to do; the presenter does it; Inject and Lift return
// when they see the result.
type ByHand struct {
	request Request
	probe   func(ctx context.Context, n demo.Node) error

	mu    sync.Mutex
	nodes map[string]demo.Node
	open  map[string]string // target to what repairs it
}

// NewByHand makes a ByHand. ask probes whether a node serves.
func NewByHand(r Request, probe func(ctx context.Context, n demo.Node) error) *ByHand {
	return &ByHand{request: r, probe: probe, nodes: map[string]demo.Node{}, open: map[string]string{}}
}

// CanByHand says whether a fault shows at a status port, the only thing that is
// watched.
func CanByHand(fault string) bool {
	switch fault {
	case Kill, Stop, Pause, Partition:
		return true
	}
	return false
}

// Plan chooses the target as Controller.Plan does, with a new seed in every round,
// and says what to do.
func (h *ByHand) Plan(s demo.Snapshot, round int) (demo.Plan, error) {
	if !CanByHand(h.request.Fault) {
		return demo.Plan{}, fmt.Errorf("%w: %s cannot be watched from outside; choose one of %s, %s, %s, %s",
			ErrRefused, h.request.Fault, Kill, Stop, Pause, Partition)
	}
	request := h.request
	request.Seed += int64(round)
	p, err := New(Config{}).Plan(s, request)
	if err != nil {
		return p, err
	}
	n, _ := s.Node(p.Target)
	p.ByHand = true
	p.Effect = fmt.Sprintf("by hand, at %s: %s", n.Address, p.Effect)
	p.Undo = fmt.Sprintf("by hand, at %s: %s", n.Address, p.Undo)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nodes[p.Target] = n
	return p, nil
}

// Inject returns when the target no longer answers, with the time of its last
// answer.
func (h *ByHand) Inject(ctx context.Context, p demo.Plan) (time.Time, error) {
	last, err := h.await(ctx, p, false)
	if err != nil {
		return last, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open[p.Target] = p.Undo
	return last, nil
}

// Lift returns when the target answers again.
func (h *ByHand) Lift(ctx context.Context, p demo.Plan) error {
	if _, err := h.await(ctx, p, true); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, p.Target)
	return nil
}

// Heal can repair nothing: it says what is left to do.
func (h *ByHand) Heal(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for target, undo := range h.open {
		errs = append(errs, fmt.Errorf("%s is still broken; %s", target, undo))
	}
	return errors.Join(errs...)
}

// await probes until the target answers, or fails to, several times in a row. It
// returns the start of the last probe that saw the opposite.
func (h *ByHand) await(ctx context.Context, p demo.Plan, answers bool) (otherwise time.Time, err error) {
	h.mu.Lock()
	n, known := h.nodes[p.Target]
	h.mu.Unlock()
	if !known {
		return otherwise, fmt.Errorf("%w: %s was not planned for", ErrNoTarget, p.Target)
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	otherwise = time.Now()
	for agree := 0; agree < watchLooks; {
		from := time.Now()
		look, cancel := context.WithTimeout(ctx, watchLimit)
		err := h.probe(look, n)
		cancel()
		if ctx.Err() != nil {
			return otherwise, ctx.Err()
		}
		agree++
		if (err == nil) != answers {
			agree, otherwise = 0, from
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return otherwise, ctx.Err()
		}
	}
	return otherwise, nil
}
