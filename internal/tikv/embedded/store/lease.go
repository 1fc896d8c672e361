package store

import (
	"sync/atomic"
	"time"
)

// lease lets a leader answer reads on its own until a point in time: until then
// its map has every write that anyone may have been told of. A read index grants
// it, as a heartbeat does in TiKV. It is safe for these reasons.
//
//  1. A read index is confirmed when a quorum has answered a heartbeat that the
//     leader sent, in its term, after the read index was asked for. The lease
//     runs from the asking, not from the answers.
//  2. Each member of that quorum restarted its election timeout when it heard the
//     heartbeat. By CheckQuorum and PreVote it votes for nobody, itself included,
//     until the timeout has passed. It counts ticks: the first may have been
//     pending already, the second may come late and the third soon after it, so n
//     ticks take more than n-3 tick intervals. A frozen store counts none.
//  3. A restarted store has forgotten that it heard a leader. It drops vote
//     requests until the longest lease that it may have granted has expired
//     (peer.noVotesUntil), unless the region is new.
//  4. Any other leader needs a vote of that quorum, so there is none before the
//     shortest election timeout, n-3 ticks, has passed. The lease is one tick
//     shorter (Profile.lease), which is what the clocks may disagree by.
//  5. A leadership transfer skips that timeout, and its MsgTimeoutNow and the vote
//     requests that follow may arrive late, even after the leader has given the
//     transfer up. So a leader that has sent one has no lease for the rest of its
//     term, and the lease ends before the message goes out.
//  6. The lease begins when the read index's entries are applied: one of the
//     leader's own term is among them, so all that earlier leaders acknowledged
//     is in the map; what this leader acknowledges is applied before.
//  7. A reader checks the lease again after it has read the map. A process that
//     was stopped in between finds the lease expired and uses a read index.
//
// The clock is the monotonic one, since the wall clock may jump. The argument
// assumes that the monotonic clocks of the stores run at the same speed to within
// a seventh, and that none stands still while others go on. This holds for
// processes of one machine, asleep or awake.
type lease struct {
	term  uint64
	until time.Time // with its monotonic part
}

func (l *lease) valid() bool { return l != nil && time.Now().Before(l.until) }

// lease is how long a quorum's answer rules out every other leader.
func (p Profile) lease() time.Duration { return p.Tick * time.Duration(p.ElectionTicks-4) }

// leaderLease is a peer's own lease. The raft loop writes it, the service reads it.
type leaderLease struct {
	current    atomic.Pointer[lease]
	renewing   atomic.Bool // a read index that renews it is in progress
	length     time.Duration
	handedOver uint64 // term in which a transfer was started: it has no lease
}

// extend starts a lease at the time at which a confirmed read index was asked for.
func (p *peer) extend(asked time.Time) {
	if term := p.term.Load(); p.leads() && p.lease.handedOver != term {
		p.lease.current.Store(&lease{term, asked.Add(p.lease.length)})
	}
	p.lease.renewing.Store(false)
}

// endLease ends the lease for the rest of the term.
func (p *peer) endLease() {
	p.lease.handedOver = p.term.Load()
	p.lease.current.Store(nil)
}

// view runs f on the map under the lease and reports whether a client may be given
// what f saw.
func (p *peer) view(f func(*kv)) bool {
	l := p.lease.current.Load()
	if !l.valid() {
		return false
	}
	p.data.read(f)
	is := p.lease.current.Load()
	return is.valid() && is.term == l.term
}

// needsRenewal reports whether the caller should renew the lease; one reader at a
// time is told so.
func (p *peer) needsRenewal() bool {
	l := p.lease.current.Load()
	return l != nil && time.Until(l.until) < p.lease.length/2 && p.lease.renewing.CompareAndSwap(false, true)
}
