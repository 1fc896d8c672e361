package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// verifyPatience is how long the check goes on while no key can be read. Keys that
// have not been read by then are unknown, neither intact nor lost. The client library
// can hold a store that is back for dead for as long as 30 s.
const (
	verifyPatience = 40 * time.Second
	verifyPause    = 100 * time.Millisecond
	verifyWorkers  = 64
)

var errGivenUp = errors.New("given up")

// Verify reads every key of the run again, those of unknown outcome included, and
// checks each value against its final bounds. Call it after Run has ended. It
// retries keys that cannot be read, until no key could be read for 40 s or until
// ctx's deadline; the rest counts as Unknown. It fails only if ctx is cancelled.
// Calls of progress do not overlap.
func (w *Workload) Verify(ctx context.Context, progress func(done, total int64)) (demo.LedgerVerified, error) {
	if err := w.enter(); err != nil {
		return demo.LedgerVerified{}, err
	}
	defer w.busy.Store(false)

	todo := w.ledger.items()
	total := int64(len(todo))
	tell := newTeller(total, progress)
	r := w.newReader(demo.SeenAtEnd, verifyPatience, verifyWorkers)
	for len(todo) > 0 && !r.over(ctx) {
		if todo = r.readAll(ctx, todo, func(item, string, bool) { tell.done(1) }); len(todo) > 0 {
			_ = pause(ctx, verifyPause)
		}
	}
	out := w.ledger.sums()
	out.Unknown = int64(len(todo))
	out.Checked = total - out.Unknown
	if errors.Is(ctx.Err(), context.Canceled) {
		return out, fmt.Errorf("check the writes: %w", ctx.Err())
	}
	return out, nil
}

// reader reads many keys at the same time.
type reader struct {
	w        *Workload
	when     string // for what it finds
	patience time.Duration
	workers  int

	mu     sync.Mutex
	latest time.Time // when a key was last read
}

func (w *Workload) newReader(when string, patience time.Duration, workers int) *reader {
	return &reader{w: w, when: when, patience: patience, workers: workers, latest: time.Now()}
}

// over reports whether to give up.
func (r *reader) over(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ctx.Err() != nil || time.Since(r.latest) > r.patience
}

// readAll reads each key once and gives those that could not be read. done is
// called for every other one, one call at a time, with the node that served it
// and whether its value was within the bounds.
func (r *reader) readAll(ctx context.Context, todo []item, done func(it item, node string, right bool)) (left []item) {
	next := make(chan item)
	var wg safe.Group
	for range min(r.workers, len(todo)) {
		wg.Go(func() {
			for it := range next {
				var node string
				var right bool
				err := errGivenUp
				if !r.over(ctx) {
					node, right, err = r.w.look(ctx, it, r.when)
				}
				r.mu.Lock()
				if err != nil {
					left = append(left, it)
				} else {
					r.latest = time.Now()
					done(it, node, right)
				}
				r.mu.Unlock()
			}
		})
	}
	for _, it := range todo {
		next <- it
	}
	close(next)
	wg.Wait()
	return left
}

// teller adds up progress and tells it, one call at a time, about once for each
// hundredth of the whole.
type teller struct {
	mu         sync.Mutex
	sum, total int64
	told       int64
	tell       func(done, total int64)
}

func newTeller(total int64, tell func(done, total int64)) *teller {
	if tell == nil {
		tell = func(int64, int64) {}
	}
	return &teller{total: total, tell: tell}
}

func (t *teller) done(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum += n
	if t.sum == t.total || t.sum-t.told >= max(1, t.total/100) {
		t.told = t.sum
		t.tell(t.sum, t.total)
	}
}
