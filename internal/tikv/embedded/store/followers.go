package store

import (
	"slices"

	"go.etcd.io/raft/v3/raftpb"
)

// followers tracks what a leading peer has sent to the other peers of its region
// and what they acknowledged. It decides which Raft messages go out, and how soon.
// Messages that nobody waits for took a sixth of the stores' processor time under
// go-ycsb's workload A. Raft tolerates the loss and the delay of any message, so
// correctness does not depend on this.
type followers struct {
	self       uint64
	ring       []uint64          // the region's peers in the order of their stores
	sentCommit map[uint64]uint64 // the highest commit index that each was sent
	match      map[uint64]uint64 // the last index that each acknowledged
}

func newFollowers() followers {
	return followers{sentCommit: map[uint64]uint64{}, match: map[uint64]uint64{}}
}

// filter drops the empty appends with which Raft tells followers of every commit,
// and which they answer. Nobody reads from a follower, and the next append or
// heartbeat, at most a tick later, tells it the same. An empty append with no new
// commit index is a probe of what the follower has, and is kept.
func (f *followers) filter(ms []*raftpb.Message) []*raftpb.Message {
	keep := ms[:0]
	for _, m := range ms {
		to, commit := m.GetTo(), m.GetCommit()
		news := commit > f.sentCommit[to]
		if t := m.GetType(); t == raftpb.MsgApp || t == raftpb.MsgHeartbeat {
			f.sentCommit[to] = max(f.sentCommit[to], commit)
		}
		if news && m.GetType() == raftpb.MsgApp && len(m.GetEntries()) == 0 {
			continue
		}
		keep = append(keep, m)
	}
	return keep
}

// heard records an answer.
func (f *followers) heard(m *raftpb.Message) {
	if m.GetType() == raftpb.MsgAppResp && !m.GetReject() {
		f.match[m.GetFrom()] = m.GetIndex()
	}
}

// urgent reports whether someone waits for a message. A write waits for a quorum:
// the leader and half of the others. Messages to and from the rest may wait for
// company.
func (f *followers) urgent(m *raftpb.Message) bool {
	switch m.GetType() {
	case raftpb.MsgApp:
		return len(m.GetEntries()) == 0 || f.rank(m.GetTo()) < len(f.ring)/2
	case raftpb.MsgAppResp:
		return m.GetReject() || f.distance(m.GetTo(), f.self) <= len(f.ring)/2
	}
	return true
}

// rank counts the followers ahead of one: those that acknowledged more, and those
// that acknowledged as much and are nearer behind the leader in the ring. A
// follower that does not answer falls back with the first write.
func (f *followers) rank(of uint64) (n int) {
	for _, id := range f.ring {
		if id == f.self || id == of {
			continue
		}
		if f.match[id] > f.match[of] || f.match[id] == f.match[of] && f.distance(f.self, id) < f.distance(f.self, of) {
			n++
		}
	}
	return n
}

// distance is how many places one peer is behind another in the ring. The ring
// order is the same in every region, so urgent and other messages to a store go
// out together.
func (f *followers) distance(from, to uint64) int {
	n := slices.Index(f.ring, to) - slices.Index(f.ring, from)
	return (n + len(f.ring)) % len(f.ring)
}
