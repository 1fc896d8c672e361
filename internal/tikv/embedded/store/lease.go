package store

import (
	"sync/atomic"
	"time"
)

// lease lets a leader answer reads by itself until a moment: its own map has
// every write that anybody may have been told of. It is a by-product of a read
// index, as TiKV's is of a heartbeat, and its argument is this.
//
//  1. A read index is confirmed when a quorum has answered a heartbeat that the
//     leader sent, in its term, after the read index was asked for. The lease
//     runs from the asking, not from the answers.
//  2. Each of that quorum began to count its election timeout anew when it heard
//     the heartbeat, and by CheckQuorum and PreVote votes for nobody, itself
//     included, until it has counted to the end. It counts ticks: the first may
//     have been waiting already, the second may come late and the third soon
//     after it, so n ticks are more than n-3 tick intervals. A frozen store counts
//     none meanwhile.
//  3. A restarted store has forgotten that it heard a leader. It takes no request
//     for a vote until the longest lease that it may have helped to has run out
//     (peer.mute), unless the region is new.
//  4. Any other leader needs a vote of that quorum, so there is none before the
//     shortest election timeout, n-3 ticks, has passed. The lease is one tick
//     shorter (Profile.lease), which is what the clocks may disagree by.
//  5. But a region that is handed over is voted for at once, and the order to
//     stand (MsgTimeoutNow) and the votes asked for by it may be late, even after
//     the leader has given the transfer up. So a leader that has sent one has no
//     lease any more in its term; the lease ends before the order goes out.
//  6. The lease begins when the read index's entries are applied: one of the
//     leader's own term is among them, so all that earlier leaders acknowledged
//     is in the map; what this leader acknowledges is applied before.
//  7. A reader looks at the lease again after it has read the map. A process that
//     was stopped between the two finds the lease run out, and reads anew by a
//     read index.
//
// The clock is the monotonic one: the wall clock may jump. What is assumed is
// that the monotonic clocks of the stores run at the same speed to within a
// seventh, and that none stands still while others go on. That is so for
// processes of one machine, asleep or awake, which these are.
type lease struct {
	term  uint64
	until time.Time // with its monotonic part
}

func (l *lease) valid() bool { return l != nil && time.Now().Before(l.until) }

// lease is how long the answer of a quorum keeps every other leader away.
func (p Profile) lease() time.Duration { return p.Tick * time.Duration(p.ElectionTicks-4) }

// holder is what a peer knows of its own lease. The raft loop writes, the
// service reads.
type holder struct {
	now      atomic.Pointer[lease]
	renewing atomic.Bool // a read index that renews it is under way
	length   time.Duration
	given    uint64 // term in which a hand-over was begun: no lease in it
}

// extend takes a confirmed read index for a lease from the time of its asking.
func (p *peer) extend(asked time.Time) {
	if term := p.term.Load(); p.leads() && p.hold.given != term {
		p.hold.now.Store(&lease{term, asked.Add(p.hold.length)})
	}
	p.hold.renewing.Store(false)
}

// giveUp ends the lease, and there is none again in this term.
func (p *peer) giveUp() {
	p.hold.given = p.term.Load()
	p.hold.now.Store(nil)
}

// view runs f on the map under the lease and says whether what f saw may be
// given to a client.
func (p *peer) view(f func(*kv)) bool {
	l := p.hold.now.Load()
	if !l.valid() {
		return false
	}
	p.data.read(f)
	is := p.hold.now.Load()
	return is.valid() && is.term == l.term
}

// fading says whether the lease should be renewed, to one reader of all.
func (p *peer) fading() bool {
	l := p.hold.now.Load()
	return l != nil && time.Until(l.until) < p.hold.length/2 && p.hold.renewing.CompareAndSwap(false, true)
}
