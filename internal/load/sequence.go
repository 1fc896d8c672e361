package load

import (
	"math/rand/v2"
	"time"
)

// Every insertEvery-th update is an insert. There are at most maxInserts in a run,
// which is more than two hours of 1,000 operations a second. Each takes one byte
// here, and about 0.9 KB of memory in an embedded store, most of it headroom of the
// garbage collector.
const (
	insertEvery = 50
	maxInserts  = 80_000
)

// An update hides a loss: after a record has lost its last version, an update as the
// next operation removes the evidence. If reads and updates were drawn separately,
// this would happen to every second record (6 in 100 stores that set five hot
// records back were called intact). So an update goes to a record that was read
// about readAhead before. Reads and updates are still half of the operations each,
// and each follows the same zipfian.
const (
	readAhead  = 5 * time.Millisecond
	aheadSlack = 2 // further reads that may wait for their update, so that the mix is random
)

// operation is one read, update or insert that is due.
type operation struct {
	due    time.Time
	read   bool
	insert bool
	record int64
}

// sequence generates the operations.
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

// reads reports whether the next operation is a read. It is random as long as there
// are neither too few nor too many records to update.
func (s *sequence) reads() bool {
	coin := s.r.Uint32()&1 == 0
	return len(s.read) < s.ahead || coin && len(s.read) < s.ahead+aheadSlack
}
