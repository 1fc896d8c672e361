package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// A follower that was away is sent the entries that it lacks, or all data of the
// region if they are gone. So entries stay in memory as long as they are much less
// than the data, whose share entriesShare is.
const (
	entriesShare = 2         // entries take at most a half of what the data take
	entriesFloor = 256 << 10 // bytes of entries that may stay in any case
	entriesLeast = 64        // entries that stay in any case: what is under way to followers
)

// peer is this store's replica of one region. The raft loop owns it. The service
// reads the atomic fields, and the map under the map's own lock.
type peer struct {
	meta    RegionMeta
	id      uint64            // own peer id
	stores  map[uint64]uint64 // peer id to store id
	rn      *raft.RawNode
	storage storage
	data    *kv
	conf    *raftpb.ConfState

	campaignOnStart bool      // campaigns at every tick until the new region has a leader
	noVotesUntil    time.Time // vote requests before this time are dropped; see lease
	lease           leaderLease
	others          followers
	leader          atomic.Uint64 // peer id; 0 while none is known
	term            atomic.Uint64
	applied         uint64
	compacted       uint64 // no entry up to this one is in memory
	entryBytes      int64  // of the entries in memory, about

	proposing []writeRequest    // that came since the last turn of the loop
	waiting   map[uint64]answer // proposals by number
	asking    []answer          // reads that wait for the next read index
	asked     map[uint64]askedRead
	due       []dueRead // reads that wait for the map to catch up
	readSeq   uint64
}

// askedRead is one read index and the reads that wait for it. A nil read renews
// the lease.
type askedRead struct {
	at    time.Time
	reads []answer
}

type dueRead struct {
	index uint64
	askedRead
}

func (a askedRead) answer(o outcome) {
	for _, done := range a.reads {
		if done != nil {
			done(o)
		}
	}
}

func newPeer(store uint64, meta RegionMeta) *peer {
	p := &peer{
		meta: meta, stores: map[uint64]uint64{}, data: newKV(),
		waiting: map[uint64]answer{}, asked: map[uint64]askedRead{}, others: newFollowers(), conf: &raftpb.ConfState{},
	}
	p.storage = storage{raft.NewMemoryStorage(), p}
	for _, x := range meta.Peers {
		p.stores[x.ID] = x.StoreID
		p.conf.Voters = append(p.conf.Voters, x.ID)
		if x.StoreID == store {
			p.id, p.others.self = x.ID, x.ID
		}
		p.others.ring = append(p.others.ring, x.ID)
	}
	slices.SortFunc(p.others.ring, func(a, b uint64) int { return cmp.Compare(p.stores[a], p.stores[b]) })
	return p
}

// bootstrap sets the initial state, which is the same on all replicas of a region.
func (p *peer) bootstrap(l *raftLog) error {
	snap := &raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{ConfState: p.conf, Index: proto.Uint64(1), Term: proto.Uint64(1)}}
	hard := &raftpb.HardState{Term: proto.Uint64(1), Commit: proto.Uint64(1)}
	return errors.Join(l.add(recSnapshot, p.meta.ID, snap), l.add(recHardState, p.meta.ID, hard),
		p.restore(snap), p.storage.SetHardState(hard))
}

// replay applies one record of the log.
func (p *peer) replay(kind byte, body []byte) error {
	switch kind {
	case recEntry:
		e := &raftpb.Entry{}
		if err := proto.Unmarshal(body, e); err != nil {
			return err
		}
		p.entryBytes += entrySize(e)
		return p.storage.Append([]*raftpb.Entry{e})
	case recHardState:
		h := &raftpb.HardState{}
		if err := proto.Unmarshal(body, h); err != nil {
			return err
		}
		return p.storage.SetHardState(h)
	case recSnapshot:
		s := &raftpb.Snapshot{}
		if err := proto.Unmarshal(body, s); err != nil {
			return err
		}
		return p.restore(s)
	}
	return fmt.Errorf("unknown kind of record %d", kind)
}

// start starts Raft. Raft hands out committed entries that are not in the snapshot
// again.
func (p *peer) start(pr Profile, log raft.Logger) error {
	rn, err := raft.NewRawNode(&raft.Config{
		ID: p.id, ElectionTick: pr.ElectionTicks, HeartbeatTick: 1, Storage: p.storage, Applied: p.applied,
		MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 256, MaxUncommittedEntriesSize: 64 << 20,
		CheckQuorum: true, PreVote: true, ReadOnlyOption: raft.ReadOnlySafe,
		DisableProposalForwarding: true, Logger: log,
	})
	p.rn, p.lease.length = rn, pr.lease()
	return err
}

// ready adds what Raft wants persisted to the log's buffer and returns the rest of
// the work, which comes after the flush.
func (p *peer) ready(l *raftLog) (raft.Ready, error) {
	rd := p.rn.Ready()
	if rd.Snapshot != nil && rd.Snapshot.GetMetadata().GetIndex() > 0 {
		if err := p.install(rd.Snapshot, l); err != nil {
			return rd, err
		}
	}
	for _, e := range rd.Entries {
		if err := l.add(recEntry, p.meta.ID, e); err != nil {
			return rd, err
		}
		p.entryBytes += entrySize(e)
	}
	if err := p.storage.Append(rd.Entries); err != nil {
		return rd, err
	}
	if rd.HardState != nil && !raft.IsEmptyHardState(rd.HardState) {
		if err := l.add(recHardState, p.meta.ID, rd.HardState); err != nil {
			return rd, err
		}
		p.term.Store(rd.GetTerm())
		return rd, p.storage.SetHardState(rd.HardState)
	}
	return rd, nil
}

// install replaces the region's state by a snapshot from the leader.
func (p *peer) install(s *raftpb.Snapshot, l *raftLog) error {
	if err := l.add(recSnapshot, p.meta.ID, s); err != nil {
		return err
	}
	return p.restore(s)
}

// restore replaces the region's state by a snapshot.
func (p *peer) restore(s *raftpb.Snapshot) error {
	if err := p.storage.ApplySnapshot(&raftpb.Snapshot{Metadata: s.GetMetadata()}); err != nil {
		return err
	}
	p.applied = s.GetMetadata().GetIndex()
	p.compacted, p.entryBytes = p.applied, 0
	return p.data.load(s.GetData())
}

// noteLeader records who leads. It runs before the messages go out, because one of
// them may make another store the leader.
func (p *peer) noteLeader(rd raft.Ready) {
	if rd.SoftState != nil {
		p.leader.Store(rd.Lead)
		p.campaignOnStart = p.campaignOnStart && rd.Lead == 0
		if rd.RaftState != raft.StateLeader {
			p.lease.current.Store(nil)
			p.drop(errLostLeadership)
		}
	}
	for _, m := range rd.Messages {
		if m.GetType() == raftpb.MsgTimeoutNow {
			p.endLease()
		}
	}
}

// applyReady applies committed entries and serves reads, after the flush.
func (p *peer) applyReady(rd raft.Ready) error {
	for _, e := range rd.CommittedEntries {
		if e.GetIndex() <= p.applied {
			continue
		}
		p.applied = e.GetIndex()
		if len(e.GetData()) == 0 || e.GetType() != raftpb.EntryNormal {
			continue
		}
		id, out, err := p.data.apply(e.GetData())
		if err != nil {
			return fmt.Errorf("region %d, entry %d: %w", p.meta.ID, e.GetIndex(), err)
		}
		if done := p.waiting[id]; done != nil {
			delete(p.waiting, id)
			done(out)
		}
	}
	for _, rs := range rd.ReadStates {
		n := binary.BigEndian.Uint64(rs.RequestCtx)
		p.due = append(p.due, dueRead{rs.Index, p.asked[n]})
		delete(p.asked, n)
	}
	p.serveReads()
	return nil
}

func (p *peer) serveReads() {
	keep := p.due[:0]
	for _, d := range p.due {
		if d.index > p.applied {
			keep = append(keep, d)
			continue
		}
		p.extend(d.at)
		d.answer(outcome{term: p.term.Load()})
	}
	p.due = keep
}

// campaign makes the chosen peer of a new region campaign until the region has a
// leader. The first attempt usually fails, for the other stores do not listen yet;
// without more attempts a new cluster would wait for an election timeout.
func (p *peer) campaign() {
	if p.campaignOnStart {
		_ = p.rn.Campaign() // refused only when it leads already
	}
}

// ask requests one read index for all waiting reads.
func (p *peer) ask() {
	if len(p.asking) == 0 {
		return
	}
	p.readSeq++
	ctx := binary.BigEndian.AppendUint64(nil, p.readSeq)
	p.asked[p.readSeq] = askedRead{time.Now(), p.asking}
	p.asking = nil
	p.rn.ReadIndex(ctx)
}

// drop answers everything that waits for this region with an error. Of a write that is
// in the log nobody here knows what will become of it: the next leader may have it.
func (p *peer) drop(err error) {
	for _, w := range p.proposing {
		w.done(outcome{err: err})
	}
	p.proposing = nil
	for id, done := range p.waiting {
		delete(p.waiting, id)
		done(outcome{err: errInLog})
	}
	o := outcome{err: err}
	for _, a := range p.asked {
		a.answer(o)
	}
	for _, d := range p.due {
		d.answer(o)
	}
	askedRead{reads: p.asking}.answer(o)
	clear(p.asked)
	p.lease.renewing.Store(false)
	p.asking, p.due = nil, nil
}

// leads reports whether this peer leads its region.
func (p *peer) leads() bool { return p.leader.Load() == p.id }

// compact drops the older half of the applied entries once they take too much
// memory.
func (p *peer) compact() error {
	kept := p.applied - p.compacted
	if kept < 2*entriesLeast || p.entryBytes < max(entriesFloor, p.data.bytes()/entriesShare) {
		return nil
	}
	p.compacted += kept / 2
	p.entryBytes /= 2
	return p.storage.Compact(p.compacted)
}

// entrySize is about what an entry takes in memory.
func entrySize(e *raftpb.Entry) int64 { return int64(len(e.GetData())) + 128 }
