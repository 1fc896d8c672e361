package store

import (
	"sync"
	"time"

	"go.etcd.io/raft/v3/raftpb"
)

const (
	outboxSize = 4096                 // messages that wait for a store; raft repeats what is dropped
	linger     = 2 * time.Millisecond // that what is not urgent waits for company
)

// outgoing is a message to another store.
type outgoing struct {
	region uint64
	m      *raftpb.Message
}

// outbox keeps messages for one store in their order. An urgent one is sent at
// once, with all that wait before it; the others wait for an urgent one, and at
// most for linger.
type outbox struct {
	wake chan struct{} // holds one word when there is something to send

	mu     sync.Mutex
	queue  []outgoing
	linger *time.Timer // runs while only messages wait that are not urgent
	armed  bool
}

func newOutbox() *outbox {
	b := &outbox{wake: make(chan struct{}, 1)}
	b.linger = time.AfterFunc(time.Hour, b.rouse)
	return b
}

// rouse wakes who sends.
func (b *outbox) rouse() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// put queues a message; false when there is no room.
func (b *outbox) put(o outgoing, urgent bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) >= outboxSize {
		return false
	}
	b.queue = append(b.queue, o)
	switch {
	case urgent:
		b.rouse()
	case !b.armed:
		b.armed = true
		b.linger.Reset(linger)
	}
	return true
}

// take gives all that waits; nothing when it was taken while linger ran out.
func (b *outbox) take() []outgoing {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.armed {
		b.linger.Stop()
		b.armed = false
	}
	ms := b.queue
	b.queue = nil
	return ms
}
