package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// errAllClosed says that every record has had an indeterminate write.
var errAllClosed = errors.New("no record is open for writes: every one has had a write of unknown outcome")

// entry is what is known of one record's writes. attempted is above acked when
// a write is in flight or the record is closed, else equal to it.
type entry struct {
	acked     uint64 // highest acknowledged version; 0: none
	attempted uint64 // highest version ever sent
	closed    bool   // a request for attempted may still be under way: no more writes
}

// ledger keeps, for every record, the highest version acknowledged and the one
// that may or may not have been written. The package comment has the reasoning.
type ledger struct {
	mu      sync.Mutex
	entries []entry
	writing map[int64]chan struct{} // records with a write in flight; closed when it ends
	acks    int64
	shut    int // closed records
}

func newLedger(records int) *ledger {
	return &ledger{entries: make([]entry, records), writing: make(map[int64]chan struct{})}
}

// begin claims record n for a write, or the next open record after it when n is
// closed, and gives the record and the version to write. It waits for a write of
// the same record that is in flight.
func (l *ledger) begin(ctx context.Context, n int64) (record int64, version uint64, err error) {
	for {
		l.mu.Lock()
		if l.shut == len(l.entries) {
			l.mu.Unlock()
			return 0, 0, errAllClosed
		}
		for l.entries[n].closed {
			n = (n + 1) % int64(len(l.entries))
		}
		busy, taken := l.writing[n]
		if !taken {
			l.writing[n] = make(chan struct{})
			l.entries[n].attempted++
			version = l.entries[n].attempted
			l.mu.Unlock()
			return n, version, nil
		}
		l.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
	}
}

// end says how the write that begin allowed came out. clean says that no request
// for it can still be under way.
func (l *ledger) end(n int64, version uint64, acknowledged, clean bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.entries[n]
	if acknowledged {
		e.acked = version
		l.acks++
	}
	if !acknowledged || !clean {
		e.closed = true // it was open, or begin would not have given it
		l.shut++
	}
	close(l.writing[n])
	delete(l.writing, n)
}

// loaded notes a record's first write, which was acknowledged.
func (l *ledger) loaded(n int64, clean bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[n] = entry{acked: 1, attempted: 1, closed: !clean}
	l.acks++
	if !clean {
		l.shut++
	}
}

// floor gives the version below which a read that begins now must not fall.
func (l *ledger) floor(n int64) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries[n].acked
}

// intact says whether a value of the given version (0: absent or damaged), read
// when no write is in flight, is one that the record may have. A version above
// what was ever attempted cannot come from this run and is not.
func (l *ledger) intact(n int64, version uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[n]
	return e.acked <= version && version <= e.attempted
}

// acknowledged gives the number of acknowledged writes.
func (l *ledger) acknowledged() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks
}

type repeatKey struct{}

// NoteRepeat is for a KV to call, with the context of a Put or BatchPut that is
// about to return nil, when it had sent the write before without learning what
// came of that: the earlier request may still be carried out after this one.
func NoteRepeat(ctx context.Context) {
	if repeated, ok := ctx.Value(repeatKey{}).(*atomic.Bool); ok {
		repeated.Store(true)
	}
}

// heedRepeats gives a context that NoteRepeat marks.
func heedRepeats(ctx context.Context) (context.Context, *atomic.Bool) {
	var repeated atomic.Bool
	return context.WithValue(ctx, repeatKey{}, &repeated), &repeated
}
