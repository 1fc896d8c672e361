package store

import "sync"

const inboxSize = 8192 // messages for the raft loop; at the limit senders block

// inbox queues messages for the raft loop, which drains it once per wake-up.
type inbox struct {
	wake chan struct{} // holds one token while there is something to take

	mu     sync.Mutex
	room   *sync.Cond
	queue  []any
	spare  []any // the slice taken before, reused
	closed bool
}

func newInbox() *inbox {
	b := &inbox{wake: make(chan struct{}, 1)}
	b.room = sync.NewCond(&b.mu)
	return b
}

// put hands a message to the loop and reports whether the loop still runs.
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

// take returns the queued messages. The slice is valid until the next call.
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

// close refuses further messages and returns those still queued.
func (b *inbox) close() []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.room.Broadcast()
	return b.queue
}
