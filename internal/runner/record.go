package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// recorder writes the record. Lines that the play decided are numbered, and each
// waits for the ones before it, because a front end executes effects concurrently.
// After end nothing more is written, so run.finished is the last line.
type recorder struct {
	turn  chan struct{} // full while numbered lines are written
	next  uint64
	early map[uint64]line

	mu     sync.Mutex
	j      Journal
	play   int           // number of the play that is recorded, 0 before the first
	turned chan struct{} // closed when the next play begins
	sealed bool
	first  error
	failed func(error) // called with the first error of each record
	told   bool
}

func newRecorder(failed func(error)) *recorder {
	return &recorder{turn: make(chan struct{}, 1), next: 1, early: map[uint64]line{}, turned: make(chan struct{}), failed: failed}
}

// open ends the record of the play before, if there was one, and begins that of
// the given play with its first line.
func (r *recorder) open(j Journal, play int, at time.Time, first demo.Body) {
	r.mu.Lock()
	if r.j != nil {
		r.closeJournal()
	}
	r.j, r.play, r.sealed, r.told = j, play, false, false
	close(r.turned)
	r.turned = make(chan struct{})
	_, err := r.put(at, first)
	r.mu.Unlock()
	if err != nil {
		r.failed(err)
	}
}

func (r *recorder) inPlay() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.play
}

// await returns when a play is recorded, and so what came before it has ended.
func (r *recorder) await(ctx context.Context, play int) error {
	for {
		r.mu.Lock()
		begun, turned := r.play >= play, r.turned
		r.mu.Unlock()
		if begun {
			return nil
		}
		select {
		case <-turned:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// numbered is a journal that counts its lines and knows the head of their chain.
type numbered interface {
	Lines() uint64
	Seal() demo.RecordSealed
}

// write adds a line now. It returns the number of the line, 0 for none, and the
// play that it belongs to. An error is kept and reported, and the talk goes on.
func (r *recorder) write(at time.Time, b demo.Body) (n uint64, play int) {
	r.mu.Lock()
	n, err := r.put(at, b)
	play = r.play
	r.mu.Unlock()
	if err != nil {
		r.failed(err)
	}
	return n, play
}

// put returns the number of the line, and the error that is to be reported.
func (r *recorder) put(at time.Time, b demo.Body) (uint64, error) {
	if b.Kind() == "" || r.sealed {
		return 0, nil
	}
	before := r.lines()
	err := r.j.Write(at, b)
	if err == nil || r.told {
		if n := r.lines(); n > before {
			return n, nil
		}
		return 0, nil
	}
	r.told = true
	if r.first == nil {
		r.first = err
	}
	return 0, err
}

func (r *recorder) lines() uint64 {
	if j, ok := r.j.(numbered); ok {
		return j.Lines()
	}
	return 0
}

// head writes the head of the record so far, and returns what it wrote, the
// number of its line and the play.
func (r *recorder) head(at time.Time) (b demo.RecordSealed, n uint64, play int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, ok := r.j.(numbered)
	if !ok || r.sealed {
		return b, 0, r.play, false
	}
	b = j.Seal()
	n, err := r.put(at, b)
	return b, n, r.play, err == nil && n > 0
}

// line is a numbered line that waits for its predecessors.
type line struct {
	write func()
	done  chan struct{}
}

// inOrder calls f after the f of every lower number, and then returns, so that the
// program may end after its last line. Lines are numbered from 1 without gaps.
func (r *recorder) inOrder(ctx context.Context, n uint64, f func()) {
	mine := line{f, make(chan struct{})}
	r.turn <- struct{}{}
	r.early[n] = mine
	for l, ok := r.early[r.next]; ok; l, ok = r.early[r.next] {
		delete(r.early, r.next)
		r.next++
		l.write()
		close(l.done)
	}
	<-r.turn
	select {
	case <-mine.done:
	case <-ctx.Done(): // flush writes it
	}
}

// end writes the last line of a record. It is asked for when nothing can come before it
// any more, so that it counts every line.
func (r *recorder) end(at time.Time, last func() demo.Body) {
	r.mu.Lock()
	_, err := r.put(at, last())
	r.sealed = true
	r.mu.Unlock()
	if err != nil {
		r.failed(err)
	}
}

// flush writes the numbered lines whose predecessors never came, in order. A
// front end that has ended sends no more. A line that is being written may hang: the
// end of a round waits for its sources.
func (r *recorder) flush(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("some of its last lines are lost: %w", ctx.Err())
	}
	defer func() { <-r.turn }()
	for _, n := range slices.Sorted(maps.Keys(r.early)) {
		r.early[n].write()
	}
	r.early = map[uint64]line{}
	return nil
}

func (r *recorder) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closeJournal()
	return r.first
}

func (r *recorder) closeJournal() {
	if err := r.j.Close(); err != nil && r.first == nil {
		r.first = err
	}
}
