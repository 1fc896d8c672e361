package runner

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// recorder writes the record. Lines that the play itself decided come numbered,
// and wait for the ones before them: a front end performs effects at the same
// time. After seal nothing more is written, so run.finished is the last line.
type recorder struct {
	turn  sync.Mutex // held while numbered lines are written
	next  uint64
	early map[uint64]line

	mu     sync.Mutex
	j      Journal
	sealed bool
	first  error
	failed func(error) // told of the first error of each record
	told   bool
}

func newRecorder(j Journal, failed func(error)) *recorder {
	return &recorder{j: j, next: 1, early: map[uint64]line{}, failed: failed}
}

// write adds a line now. An error is kept and told, and the show goes on.
func (r *recorder) write(at time.Time, b demo.Body) {
	if err := r.put(at, b); err != nil {
		r.failed(err)
	}
}

// put gives the error that is to be told.
func (r *recorder) put(at time.Time, b demo.Body) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.Kind() == "" || r.sealed {
		return nil
	}
	err := r.j.Write(at, b)
	if err == nil || r.told {
		return nil
	}
	r.told = true
	if r.first == nil {
		r.first = err
	}
	return err
}

// line is a numbered line that waits for the ones before it.
type line struct {
	write func()
	done  chan struct{}
}

// inOrder calls f when every line before this one has been called, and returns
// then: who has written the last line may leave. Lines are numbered from 1
// without gaps.
func (r *recorder) inOrder(ctx context.Context, n uint64, f func()) {
	mine := line{f, make(chan struct{})}
	r.turn.Lock()
	r.early[n] = mine
	for l, ok := r.early[r.next]; ok; l, ok = r.early[r.next] {
		delete(r.early, r.next)
		r.next++
		l.write()
		close(l.done)
	}
	r.turn.Unlock()
	select {
	case <-mine.done:
	case <-ctx.Done(): // flush writes it
	}
}

func (r *recorder) seal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sealed = true
}

// replace closes the record and goes on with another.
func (r *recorder) replace(j Journal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.j.Close(); err != nil && r.first == nil {
		r.first = err
	}
	r.j, r.sealed, r.told = j, false, false
}

// flush writes the numbered lines whose predecessors never came, in order: a
// front end that has gone performs no more.
func (r *recorder) flush() {
	r.turn.Lock()
	defer r.turn.Unlock()
	for _, n := range slices.Sorted(maps.Keys(r.early)) {
		r.early[n].write()
	}
	r.early = map[uint64]line{}
}

func (r *recorder) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.j.Close(); err != nil && r.first == nil {
		r.first = err
	}
	return r.first
}
