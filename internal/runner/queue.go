package runner

import (
	"context"
	"slices"
	"sync"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// queueLimit is how many events may wait for a front end that does not read.
// At the limit a source waits, so that no ticket is lost. Looks at the cluster never
// fill the queue: of each kind the oldest and the newest wait.
const queueLimit = 4096

// queue carries events from many sources to one reader, in order.
type queue struct {
	out  chan demo.Event
	mu   sync.Mutex
	wait []demo.Event
	more chan struct{} // 1 slot: an event waits
	room chan struct{} // 1 slot: an event was taken
}

func newQueue() *queue {
	return &queue{out: make(chan demo.Event), more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put adds an event; it waits for room until ctx is done.
func (q *queue) put(ctx context.Context, e demo.Event) {
	for !q.tryPut(e) {
		select {
		case <-q.room:
		case <-ctx.Done():
			return
		}
	}
}

func (q *queue) tryPut(e demo.Event) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if replaces(e) {
		// The newer look goes to the end: it may show the effect of the events in
		// between. The oldest keeps its place, or a reader that is always behind would
		// never hear of any.
		same := func(w demo.Event) bool { return w.Body.Kind() == e.Body.Kind() }
		if oldest := slices.IndexFunc(q.wait, same); oldest >= 0 {
			q.wait = append(q.wait[:oldest+1], slices.DeleteFunc(q.wait[oldest+1:], same)...)
		}
	}
	if len(q.wait) >= queueLimit {
		return false
	}
	q.wait = append(q.wait, e)
	signal(q.more)
	return true
}

// replaces says whether an event makes those of its kind between the oldest and itself
// needless.
func replaces(e demo.Event) bool {
	switch e.Body.(type) {
	case demo.HealthSeen, demo.RegionsSeen:
		return true
	}
	return false
}

func (q *queue) take() (demo.Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.wait) == 0 {
		return demo.Event{}, false
	}
	e := q.wait[0]
	q.wait = q.wait[1:]
	signal(q.room)
	return e, true
}

// pump hands events out until ctx is done, then closes the channel.
func (q *queue) pump(ctx context.Context) {
	defer close(q.out)
	for {
		e, ok := q.take()
		if !ok {
			select {
			case <-q.more:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case q.out <- e:
		case <-ctx.Done():
			return
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
