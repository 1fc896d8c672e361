package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// finish writes the last line of the record, once.
func (r *Runner) finish(at time.Time, b demo.RunFinished) {
	r.mu.Lock()
	first := !r.finished
	r.finished = true
	if len(b.LeftBroken) > 0 { // somebody did not wait: heal, or the next start, repairs it
		r.owed = false
	}
	r.mu.Unlock()
	if first {
		r.record.end(at, func() demo.Body { return r.WithLost(b) })
	}
}

// WithLost adds to the end of a play the lost keys that were seen. The play did not get
// to its end, or has not heard of all of them yet. After Close none comes any more.
func (r *Runner) WithLost(b demo.RunFinished) demo.RunFinished {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lost := int64(len(r.broken)); lost > 0 {
		b.Outcome, b.Lost = demo.OutcomeFailed, max(b.Lost, lost)
	}
	return b
}

// decided ends the play as it has decided. Its reads are finished first: a lost write
// that one of them sees belongs into the record.
func (r *Runner) decided(at time.Time, b demo.RunFinished) {
	r.mu.Lock()
	if !r.finished {
		r.unheard = b.Lost == 0
	}
	r.mu.Unlock()
	r.still()
	r.finish(at, b)
}

// still stops the workload, and a proof or a verification that is under way, and waits
// until none of them reads any more, for stillLimit at most.
func (r *Runner) still() {
	r.mu.Lock()
	r.end()
	loading := r.loading
	r.mu.Unlock()
	read := make(chan struct{})
	r.all.Go(func() { // ends with the reads, for which Close waits too
		defer close(read)
		loading.stop()
		r.proving.Lock()
		defer r.proving.Unlock()
	})
	limit := time.NewTimer(stillLimit)
	defer limit.Stop()
	select {
	case <-read:
	case <-limit.C:
	case <-r.hurried.Done():
	}
}

// untilOver gives a context that ends with the play, at once, and with ctx.
func (r *Runner) untilOver(ctx context.Context) (context.Context, context.CancelFunc) {
	r.mu.Lock()
	over := r.over
	r.mu.Unlock()
	own, cancel := context.WithCancel(over)
	stop := context.AfterFunc(ctx, cancel)
	return own, func() {
		stop()
		cancel()
	}
}

// endsWithPlay says whether an effect reads, or makes the workload read, and so is
// stopped before the record ends. A repair is not.
func endsWithPlay(v demo.Verb) bool {
	switch v.(type) {
	case demo.StartLoad, demo.Prove, demo.Verify:
		return true
	}
	return false
}

// lostUnheard is the error of a play that had decided to end before it heard of the
// first lost key.
func (r *Runner) lostUnheard() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.broken)
	if !r.unheard || n == 0 {
		return nil
	}
	keys := "1 key"
	if n > 1 {
		keys = fmt.Sprintf("%d keys", n)
	}
	return fmt.Errorf("%s lost what was acknowledged or read, seen when the talk had decided to end; the first: %s %s", keys, r.wrong.Name, r.wrong.Key)
}

func (r *Runner) firstWrong() demo.Violation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wrong
}
