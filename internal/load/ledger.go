package load

import (
	"sync"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// item identifies one checked key, a record or an insert.
type item struct {
	insert bool
	n      int64
}

// register holds the bounds of one record. kept <= sent always; kept is lower while a
// write is in progress and after one of unknown outcome.
type register struct {
	kept   uint64 // highest version acknowledged, or returned by a read that has ended
	sent   uint64 // highest version ever sent
	busy   bool   // a write of it is under way
	closed bool   // a request for a version up to sent may still be carried out: no more writes
	broken bool   // a read broke its bounds
}

// The flags of one insert. Its only version is 1, so one byte is enough.
const (
	insertAcked  = 1 << iota // it was acknowledged
	insertSeen               // a read that has ended returned it
	insertBroken             // a read broke its bounds
)

// fate is the outcome of a write.
type fate int

const (
	acknowledged fate = iota
	refused           // every store that was asked said no; nothing is under way
	undecided         // it may have happened, or may still happen
)

// ledger keeps the bounds of every key and counts the outcomes of writes. The package
// comment explains why.
type ledger struct {
	mu      sync.Mutex
	records []register
	order   []int64 // the records in the order of their keys
	place   []int64 // of each record in that order
	inserts []byte  // every insert that was begun
	taken   int     // records that are busy or closed
	closed  int     // records that take no more writes

	writes      [undecided + 1]int64 // by fate
	insertAcks  int64
	reads       int64 // that ended, apart from those at the end
	violations  map[string]int64
	broken      int64 // keys with a violation, inserts included
	brokeInsert int64
}

// newLedger makes a ledger for records whose keys are in this order.
func newLedger(order []int64) *ledger {
	l := &ledger{records: make([]register, len(order)), order: order, place: make([]int64, len(order)), violations: map[string]int64{}}
	for i, n := range order {
		l.place[n] = int64(i)
	}
	return l
}

// begin claims record n for a write and returns the version to write. If n is busy
// or closed, it claims the next free record in key order. That one is in the same
// region, so a region that does not serve gets as many operations as before. ok is
// false if no record is free.
func (l *ledger) begin(n int64) (record int64, version uint64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken == len(l.records) {
		return 0, 0, false
	}
	for at := l.place[n]; ; at = (at + 1) % int64(len(l.order)) {
		r := &l.records[l.order[at]]
		if r.busy || r.closed {
			continue
		}
		r.busy = true
		r.sent++
		l.taken++
		return l.order[at], r.sent, true
	}
}

// end reports the outcome of a write that begin allowed. straggler means that another
// request for it may still be in progress although it was acknowledged.
func (l *ledger) end(n int64, version uint64, f fate, straggler bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes[f]++
	r := &l.records[n]
	r.busy = false
	if f == acknowledged {
		r.kept = max(r.kept, version)
	}
	if r.closed = f == undecided || straggler; r.closed {
		l.closed++
	} else {
		l.taken--
	}
}

// crowded says that half of the records take no more writes. A machine that was
// overloaded for a minute closed 7,383 of 10,000.
func (l *ledger) crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return 2*l.closed > len(l.records)
}

// loaded records a record's first write, which was acknowledged.
func (l *ledger) loaded(n int64, straggler bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes[acknowledged]++
	l.records[n] = register{kept: 1, sent: 1, closed: straggler}
	if straggler {
		l.taken++
		l.closed++
	}
}

// beginInsert returns the number of the next insert. ok is false after maxInserts.
func (l *ledger) beginInsert() (n int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.inserts) >= maxInserts {
		return 0, false
	}
	l.inserts = append(l.inserts, 0)
	return int64(len(l.inserts) - 1), true
}

// endInsert reports the outcome of an insert.
func (l *ledger) endInsert(n int64, f fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes[f]++
	if f == acknowledged {
		l.insertAcks++
		l.inserts[n] |= insertAcked
	}
}

// bounds returns the lowest and the highest version that a read may return now.
func (l *ledger) bounds(it item) (lower, upper uint64) {
	if !it.insert {
		return l.records[it.n].kept, l.records[it.n].sent
	}
	if l.inserts[it.n]&(insertAcked|insertSeen) != 0 {
		lower = 1
	}
	return lower, 1
}

// lower returns the lower bound for a read that begins now.
func (l *ledger) lower(it item) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	lower, _ := l.bounds(it)
	return lower
}

// check checks a completed read against the bounds of its key; lower is the bound at
// its start. A read within the bounds raises the lower bound for later reads.
func (l *ledger) check(it item, lower uint64, got reading, when string) (demo.Violation, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if when != demo.SeenAtEnd {
		l.reads++
	}
	_, upper := l.bounds(it)
	name := violationName(got, lower, upper, when)
	if name == "" {
		l.raise(it, got.version)
		return demo.Violation{}, false
	}
	l.violations[name]++
	l.condemn(it)
	return demo.Violation{Name: name, Lower: lower, Upper: upper, Read: got.version, When: when}, true
}

// violationName returns the name of a read's violation, or "".
func violationName(got reading, lower, upper uint64, when string) string {
	switch {
	case got.state == damaged:
		return demo.ViolationDamaged
	case got.state == misplaced, got.version > upper:
		return demo.ViolationPhantom
	case got.version >= lower:
		return ""
	case got.state == absent:
		return demo.ViolationAbsent
	case when == demo.SeenAtEnd:
		return demo.ViolationLost
	}
	return demo.ViolationStale
}

func (l *ledger) raise(it item, version uint64) {
	switch {
	case !it.insert:
		l.records[it.n].kept = max(l.records[it.n].kept, version)
	case version > 0:
		l.inserts[it.n] |= insertSeen
	}
}

func (l *ledger) condemn(it item) {
	if it.insert {
		if l.inserts[it.n]&insertBroken == 0 {
			l.inserts[it.n] |= insertBroken
			l.broken++
			l.brokeInsert++
		}
		return
	}
	if r := &l.records[it.n]; !r.broken {
		r.broken = true
		l.broken++
	}
}

// items returns every key that has ever been written.
func (l *ledger) items() []item {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]item, 0, len(l.records)+len(l.inserts))
	for n := range l.records {
		if l.records[n].sent > 0 {
			all = append(all, item{n: int64(n)})
		}
	}
	for n := range l.inserts {
		all = append(all, item{insert: true, n: int64(n)})
	}
	return all
}

// insertsBeside returns the inserts whose keys lie beside that of record n.
func (l *ledger) insertsBeside(n int64) (all []item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := n; i < int64(len(l.inserts)); i += int64(len(l.records)) {
		all = append(all, item{insert: true, n: i})
	}
	return all
}

// sums returns what was counted so far.
func (l *ledger) sums() demo.LedgerVerified {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := demo.LedgerVerified{
		Acked: l.writes[acknowledged], Refused: l.writes[refused], Indeterminate: l.writes[undecided],
		Reads: l.reads, Inserts: l.insertAcks, InsertsLost: l.brokeInsert, Lost: l.broken,
	}
	for name, n := range l.violations {
		if out.Violations == nil {
			out.Violations = map[string]int64{}
		}
		out.Violations[name] = n
	}
	return out
}
