package store

import (
	"slices"

	"go.etcd.io/raft/v3/raftpb"
)

// followers is what a peer knows, while it leads, of what the other peers of its
// region have been told and have answered. It decides which of raft's messages
// go out and how soon: the sockets and the wake-ups of messages that nobody
// waits for were a sixth of the stores' processor time under go-ycsb's workload
// A. Raft bears the loss and the delay of any message, so nothing that is right
// depends on this.
type followers struct {
	self  uint64
	ring  []uint64          // the region's peers in the order of their stores
	told  map[uint64]uint64 // the highest commit index that each was sent
	acked map[uint64]uint64 // the last index that each acknowledged
}

func newFollowers() followers {
	return followers{told: map[uint64]uint64{}, acked: map[uint64]uint64{}}
}

// worthSending leaves out the appends without entries by which raft tells
// followers of every commit, and which they answer. A follower is not read from,
// and the next append or heartbeat, at most a tick later, tells it the same. An
// empty append that says no more than the follower was told before asks what the
// follower has, and stays.
func (f *followers) worthSending(ms []*raftpb.Message) []*raftpb.Message {
	keep := ms[:0]
	for _, m := range ms {
		to, commit := m.GetTo(), m.GetCommit()
		news := commit > f.told[to]
		if t := m.GetType(); t == raftpb.MsgApp || t == raftpb.MsgHeartbeat {
			f.told[to] = max(f.told[to], commit)
		}
		if news && m.GetType() == raftpb.MsgApp && len(m.GetEntries()) == 0 {
			continue
		}
		keep = append(keep, m)
	}
	return keep
}

// heard takes note of an answer.
func (f *followers) heard(m *raftpb.Message) {
	if m.GetType() == raftpb.MsgAppResp && !m.GetReject() {
		f.acked[m.GetFrom()] = m.GetIndex()
	}
}

// urgent says whether somebody waits for a message. A write waits for a quorum:
// for the leader and half of the others. What the rest is sent, and what it
// answers, may go along with something else.
func (f *followers) urgent(m *raftpb.Message) bool {
	switch m.GetType() {
	case raftpb.MsgApp:
		return len(m.GetEntries()) == 0 || f.rank(m.GetTo()) < len(f.ring)/2
	case raftpb.MsgAppResp:
		return m.GetReject() || f.distance(m.GetTo(), f.self) <= len(f.ring)/2
	}
	return true
}

// rank counts the followers that come before one: those that have acknowledged
// more, and those nearer behind the leader that have acknowledged as much. One
// that does not answer falls back with the first write.
func (f *followers) rank(of uint64) (n int) {
	for _, id := range f.ring {
		if id == f.self || id == of {
			continue
		}
		if f.acked[id] > f.acked[of] || f.acked[id] == f.acked[of] && f.distance(f.self, id) < f.distance(f.self, of) {
			n++
		}
	}
	return n
}

// distance is how many places one peer comes behind another in the ring. Each
// store has the same one next in all its regions, so that what is urgent and
// what is not share their way.
func (f *followers) distance(from, to uint64) int {
	n := slices.Index(f.ring, to) - slices.Index(f.ring, from)
	return (n + len(f.ring)) % len(f.ring)
}
