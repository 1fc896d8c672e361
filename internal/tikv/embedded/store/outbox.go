package store

import (
	"sync"
	"time"

	"go.etcd.io/raft/v3/raftpb"
)

const (
	outboxSize = 4096                 // messages for one store; raft repeats those that are dropped
	linger     = 2 * time.Millisecond // how long a message that is not urgent waits for others
)

// outgoing is a message to another store.
type outgoing struct {
	region uint64
	m      *raftpb.Message
}

// outbox queues the messages for one store in order. An urgent message goes out at
// once, with everything queued before it. The others wait for an urgent one, or
// for linger.
type outbox struct {
	wake chan struct{} // holds one token while there is something to send

	mu     sync.Mutex
	queue  []outgoing
	linger *time.Timer // runs while no queued message is urgent
	armed  bool
}

func newOutbox() *outbox {
	b := &outbox{wake: make(chan struct{}, 1)}
	b.linger = time.AfterFunc(time.Hour, b.wakeSender)
	return b
}

// wakeSender wakes the goroutine that sends.
func (b *outbox) wakeSender() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// put queues a message and reports whether there was room.
func (b *outbox) put(o outgoing, urgent bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) >= outboxSize {
		return false
	}
	b.queue = append(b.queue, o)
	switch {
	case urgent:
		b.wakeSender()
	case !b.armed:
		b.armed = true
		b.linger.Reset(linger)
	}
	return true
}

// take returns everything queued. It may be nothing: linger can expire just after
// an urgent message took it all.
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
