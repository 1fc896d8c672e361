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

const (
	snapshotEvery = 4096 // applied entries between two snapshots of a region
	snapshotKeep  = 1024 // entries kept behind a snapshot for a follower that is a little late
)

// peer is this store's replica of one region. The raft loop owns it; the
// service reads what is atomic, and the map under its own lock.
type peer struct {
	meta    RegionMeta
	id      uint64            // own peer id
	stores  map[uint64]uint64 // peer id to store id
	rn      *raft.RawNode
	storage *raft.MemoryStorage
	data    *kv
	conf    *raftpb.ConfState

	eager   bool      // campaigns at every tick until the new region has a leader
	mute    time.Time // until then requests for votes are not heard; see lease
	hold    holder
	others  followers
	leader  atomic.Uint64 // peer id; 0 while none is known
	term    atomic.Uint64
	applied uint64
	snapped uint64

	waiting map[uint64]answer // proposals by number
	asking  []answer          // reads that wait for the next read index
	asked   map[uint64]askedRead
	due     []dueRead // reads that wait for the map to catch up
	readSeq uint64
}

// askedRead is one read index, and the reads that it is for; nil among them
// stands for the lease.
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
		meta: meta, stores: map[uint64]uint64{}, storage: raft.NewMemoryStorage(), data: newKV(),
		waiting: map[uint64]answer{}, asked: map[uint64]askedRead{}, others: newFollowers(), conf: &raftpb.ConfState{},
	}
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

// first makes the state that all replicas of a new region begin with.
func (p *peer) first(l *raftLog) error {
	snap := &raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{ConfState: p.conf, Index: proto.Uint64(1), Term: proto.Uint64(1)}}
	hard := &raftpb.HardState{Term: proto.Uint64(1), Commit: proto.Uint64(1)}
	return errors.Join(l.add(recSnapshot, p.meta.ID, snap), l.add(recHardState, p.meta.ID, hard),
		p.storage.ApplySnapshot(snap), p.storage.SetHardState(hard))
}

// replay takes one record of the log back.
func (p *peer) replay(kind byte, body []byte) error {
	switch kind {
	case recEntry:
		e := &raftpb.Entry{}
		if err := proto.Unmarshal(body, e); err != nil {
			return err
		}
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
		if err := p.storage.ApplySnapshot(s); err != nil && !errors.Is(err, raft.ErrSnapOutOfDate) {
			return err
		}
		p.applied = s.GetMetadata().GetIndex()
		p.snapped = p.applied
		return p.data.load(s.GetData())
	}
	return fmt.Errorf("unknown kind of record %d", kind)
}

// start begins to take part. Entries that are committed and not in the
// snapshot are applied again by raft itself.
func (p *peer) start(pr Profile, log raft.Logger) error {
	rn, err := raft.NewRawNode(&raft.Config{
		ID: p.id, ElectionTick: pr.ElectionTicks, HeartbeatTick: 1, Storage: p.storage, Applied: p.applied,
		MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 256, MaxUncommittedEntriesSize: 64 << 20,
		CheckQuorum: true, PreVote: true, ReadOnlyOption: raft.ReadOnlySafe,
		DisableProposalForwarding: true, Logger: log,
	})
	p.rn, p.hold.length = rn, pr.lease()
	return err
}

// ready takes what raft wants: it fills the log's buffer, and gives the rest for
// after the flush.
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

// install takes a snapshot from the leader.
func (p *peer) install(s *raftpb.Snapshot, l *raftLog) error {
	if err := l.add(recSnapshot, p.meta.ID, s); err != nil {
		return err
	}
	if err := p.storage.ApplySnapshot(s); err != nil {
		return err
	}
	p.applied = s.GetMetadata().GetIndex()
	p.snapped = p.applied
	return p.data.load(s.GetData())
}

// reign takes note of who leads, before the messages go out: what they say may
// make another store the leader.
func (p *peer) reign(rd raft.Ready) {
	if rd.SoftState != nil {
		p.leader.Store(rd.Lead)
		p.eager = p.eager && rd.Lead == 0
		if rd.RaftState != raft.StateLeader {
			p.hold.now.Store(nil)
			p.drop(errLostLeadership)
		}
	}
	for _, m := range rd.Messages {
		if m.GetType() == raftpb.MsgTimeoutNow {
			p.giveUp()
		}
	}
}

// settle is what comes after the flush: what is committed, reads.
func (p *peer) settle(rd raft.Ready) error {
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

// campaign makes the chosen peer of a new region stand for election until
// somebody leads. The first try usually meets stores that do not listen yet, and
// without the others a new cluster would wait for an election timeout.
func (p *peer) campaign() {
	if p.eager {
		_ = p.rn.Campaign() // refused only when it leads already
	}
}

// ask sends one read index for all reads that wait for one.
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

// drop answers everything that waits with an error.
func (p *peer) drop(err error) {
	for id, done := range p.waiting {
		delete(p.waiting, id)
		done(outcome{err: err})
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
	p.hold.renewing.Store(false)
	p.asking, p.due = nil, nil
}

// leads says whether this peer leads its region.
func (p *peer) leads() bool { return p.leader.Load() == p.id }

// snapshot makes one when enough was applied since the last, and lets go of the
// entries that it stands for.
func (p *peer) snapshot() error {
	if p.applied-p.snapped < snapshotEvery {
		return nil
	}
	if _, err := p.storage.CreateSnapshot(p.applied, p.conf, p.data.dump()); err != nil {
		return err
	}
	p.snapped = p.applied
	if p.applied > snapshotKeep {
		if err := p.storage.Compact(p.applied - snapshotKeep); err != nil && !errors.Is(err, raft.ErrCompacted) {
			return err
		}
	}
	return nil
}

// dumpTo writes all that a restart needs of this region into a new log.
func (p *peer) dumpTo(l *raftLog) error {
	snap, err := p.storage.CreateSnapshot(p.applied, p.conf, p.data.dump())
	if errors.Is(err, raft.ErrSnapOutOfDate) {
		snap, err = p.storage.Snapshot()
	}
	if err != nil {
		return err
	}
	p.snapped = snap.GetMetadata().GetIndex()
	if err := l.add(recSnapshot, p.meta.ID, snap); err != nil {
		return err
	}
	last, err := p.storage.LastIndex()
	if err != nil {
		return err
	}
	if from := snap.GetMetadata().GetIndex() + 1; from <= last {
		entries, err := p.storage.Entries(from, last+1, 1<<62)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := l.add(recEntry, p.meta.ID, e); err != nil {
				return err
			}
		}
	}
	hard, _, err := p.storage.InitialState()
	if err != nil {
		return err
	}
	return l.add(recHardState, p.meta.ID, hard)
}
