package load

import (
	"math/rand/v2"
	"time"
)

// insertEvery makes every so many-th update an insert. There are at most
// maxInserts of them in a run (more than two hours of 1,000 operations a second).
// Each is a byte here, and was measured to cost an embedded store 0.9 KB of
// memory, most of it room that its garbage collector keeps free.
const (
	insertEvery = 50
	maxInserts  = 80_000
)

// An update overwrites what a loss would show in: a record that had lost its last
// version, and whose next operation was an update, told of it no more. With reads
// and updates drawn apart that is every second record (of stores that set five
// hot records back, 6 in 100 were called intact). So an update is of a record
// that was read about readAhead before. Reads and updates still are half of the
// operations each, and each alone follows the same zipfian.
const (
	readAhead  = 5 * time.Millisecond
	aheadSlack = 2 // further reads that may wait for their update, so that the mix is random
)

// operation is one read, update or insert that fell due.
type operation struct {
	due    time.Time
	read   bool
	insert bool
	record int64
}

// sequence gives one operation after the other.
type sequence struct {
	r       *rand.Rand
	zipf    scrambledZipfian
	read    []int64 // records that were read and are to be updated, oldest first
	ahead   int
	updates int
}

func newSequence(c Config) *sequence {
	return &sequence{
		r:     rand.New(rand.NewPCG(uint64(c.Seed), 2)),
		zipf:  newScrambledZipfian(int64(c.Records)),
		ahead: 1 + int(readAhead.Seconds()*float64(c.TargetOps)/2),
	}
}

func (s *sequence) operation() operation {
	if s.reads() {
		n := s.zipf.next(s.r)
		s.read = append(s.read, n)
		return operation{read: true, record: n}
	}
	n := s.read[0]
	s.read = s.read[1:]
	s.updates++
	return operation{record: n, insert: s.updates%insertEvery == 0}
}

// reads says whether the next operation is a read: a coin decides as long as
// there are neither too few nor too many records to be updated.
func (s *sequence) reads() bool {
	coin := s.r.Uint32()&1 == 0
	return len(s.read) < s.ahead || coin && len(s.read) < s.ahead+aheadSlack
}
