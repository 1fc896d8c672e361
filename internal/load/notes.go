package load

import (
	"context"
	"sync"
)

// notes is what a KV tells of a call beside its result.
type notes struct {
	mu       sync.Mutex
	repeated bool
	node     string
}

type notesKey struct{}

// taking gives a context in which a KV's notes of one call are kept.
func taking(ctx context.Context) (context.Context, *notes) {
	n := &notes{}
	return context.WithValue(ctx, notesKey{}, n), n
}

// NoteRepeat is for a KV to call, with the context of a Put or BatchPut that is
// about to return nil, when it had sent the write before without learning what
// came of that: the earlier request may still be carried out after this one.
func NoteRepeat(ctx context.Context) {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.repeated = true
	}
}

// NoteServed is for a KV to call, with the context of a Get that is about to
// return nil, to name the node that served it.
func NoteServed(ctx context.Context, node string) {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.node = node
	}
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
