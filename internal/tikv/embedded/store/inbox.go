package store

import "sync"

const inboxSize = 8192 // messages that wait for the raft loop; senders wait at the limit

// inbox is what comes to the raft loop, taken as a whole: one wake-up of the
// loop for all that has come meanwhile.
type inbox struct {
	wake chan struct{} // holds one word when there is something to take

	mu     sync.Mutex
	room   *sync.Cond
	queue  []any
	spare  []any // the slice that was taken before
	closed bool
}

func newInbox() *inbox {
	b := &inbox{wake: make(chan struct{}, 1)}
	b.room = sync.NewCond(&b.mu)
	return b
}

// put hands a message to the loop; false when the loop has ended.
func (b *inbox) put(x any) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) >= inboxSize && !b.closed {
		b.room.Wait()
	}
	if b.closed {
		return false
	}
	b.queue = append(b.queue, x)
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

// take gives what has come. It is valid until the next call.
func (b *inbox) take() []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) >= inboxSize {
		b.room.Broadcast()
	}
	xs := b.queue
	clear(b.spare)
	b.queue, b.spare = b.spare[:0], xs
	return xs
}

// close takes nothing more, and gives what nobody will take.
func (b *inbox) close() []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.room.Broadcast()
	return b.queue
}
