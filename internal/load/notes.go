package load

import (
	"context"
	"sync"
)

// notes is what a KV reports about a call besides its result.
type notes struct {
	mu       sync.Mutex
	repeated bool
	node     string
	region   uint64
}

type notesKey struct{}

// taking returns a context in which a KV's notes of one call are kept. Within
// another such context it returns that one.
func taking(ctx context.Context) (context.Context, *notes) {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		return ctx, n
	}
	n := &notes{}
	return context.WithValue(ctx, notesKey{}, n), n
}

// NoteRepeat is called by a KV, with the context of a Put or BatchPut that is about
// to return nil, if it had sent the write before and did not learn the outcome: the
// earlier request may still be executed after this one.
func NoteRepeat(ctx context.Context) {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.repeated = true
	}
}

// NoteServed is called by a KV, with the context of a Get that is about to return
// nil, to name the node that served it.
func NoteServed(ctx context.Context, node string) {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.node = node
	}
}

// NoteRegion is called by a KV, with the context of a Get or Put that is about to
// return, to name the region that it asked last.
func NoteRegion(ctx context.Context, id uint64) {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.region = id
	}
}

func (n *notes) inRegion() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.region
}

func (n *notes) wasRepeated() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.repeated
}

func (n *notes) servedBy() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.node
}
