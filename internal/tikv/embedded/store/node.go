package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
)

var (
	errLostLeadership = errors.New("the region's leader has changed")
	errHandingOver    = errors.New("the region is being handed over to another store")
	errStopping       = errors.New("the store stops")
	errInLog          = errors.New("the write is in the log, and it is not known whether it will be carried out")
)

// answer receives the outcome of a request. The raft loop calls it once; it must
// not block.
type answer func(outcome)

// The messages of the raft loop.
type (
	raftMessage struct {
		region uint64
		m      *raftpb.Message
	}
	writeRequest struct {
		region uint64
		o      op
		req    message
		done   answer
	}
	readRequest struct {
		region uint64
		done   answer // nil to renew the lease only
	}
	transferRequest struct {
		region uint64
		to     uint64 // store id
	}
	delivery struct { // the fate of a message to another store
		region, to uint64 // peer id
		snapshot   bool
		ok         bool
	}
)

// node runs Raft for all regions of a store on one loop.
type node struct {
	id      uint64
	pr      Profile
	log     *slog.Logger
	now     func() time.Time // used for times to live only
	inbox   *inbox
	peers   map[uint64]*peer // by region; the map itself never changes
	wal     *raftLog
	net     *transport
	nextID  uint64
	changed func(*peer) // a region's leader changed

	rewriting  *rewriting     // nil while the log is not being rewritten
	background sync.WaitGroup // of it
}

func openNode(cfg Config, net *transport) (*node, error) {
	n := &node{id: cfg.ID, pr: cfg.Profile, log: cfg.Log, now: cfg.Now, inbox: newInbox(), peers: map[uint64]*peer{}, net: net}
	for _, m := range cfg.Layout.Regions {
		if slices.ContainsFunc(m.Peers, func(p Peer) bool { return p.StoreID == cfg.ID }) {
			n.peers[m.ID] = newPeer(cfg.ID, m)
		}
	}
	seen := map[uint64]bool{}
	wal, cut, err := openLog(cfg.Dir, func(kind byte, region uint64, body []byte) error {
		p := n.peers[region]
		if p == nil {
			return fmt.Errorf("region %d is not of this cluster", region)
		}
		seen[region] = true
		return p.replay(kind, body)
	})
	if err != nil {
		return nil, err
	}
	if cut > 0 {
		n.log.Warn("cut off what was being written when the process died", "bytes", cut)
	}
	n.wal = wal
	var seed [8]byte
	_, _ = rand.Read(seed[:])
	n.nextID = binary.BigEndian.Uint64(seed[:])
	for _, id := range slices.Sorted(maps.Keys(n.peers)) {
		p := n.peers[id]
		if !seen[id] {
			if err := p.bootstrap(wal); err != nil {
				return nil, err
			}
		}
		if err := p.start(cfg.Profile, raftLogger{cfg.Log}); err != nil {
			return nil, err
		}
		if seen[id] {
			p.noVotesUntil = time.Now().Add(cfg.Profile.lease())
		} else {
			p.campaignOnStart = p.meta.Leader == cfg.ID
		}
	}
	return n, wal.flush()
}

// run is the loop. It returns when ctx is done, or with an error that makes it
// unsafe to go on, such as a log that cannot be written.
func (n *node) run(ctx context.Context) error {
	defer n.stop()
	tick := time.NewTicker(n.pr.Tick)
	defer tick.Stop()
	dirty := map[*peer]bool{}
	for _, p := range n.peers {
		dirty[p] = true
	}
	for {
		if err := n.process(dirty); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for _, p := range n.peers {
				p.rn.Tick()
				p.campaign()
				dirty[p] = true
			}
		case err := <-n.rewriting.written():
			if err := n.finishRewrite(err); err != nil {
				return err
			}
		case <-n.inbox.wake:
			runtime.Gosched() // let senders finish first: fewer, larger writes
			for _, x := range n.inbox.take() {
				n.take(x, dirty)
			}
		}
	}
}

// take hands one message to its region.
func (n *node) take(x any, dirty map[*peer]bool) {
	switch x := x.(type) {
	case raftMessage:
		if p := n.peers[x.region]; p != nil && x.m.GetTo() == p.id && !n.unwanted(p, x.m.GetType()) {
			p.others.heard(x.m)
			_ = p.rn.Step(x.m) // raft drops what it does not want
			dirty[p] = true
		}
	case writeRequest:
		p := n.peers[x.region]
		p.proposing = append(p.proposing, x)
		dirty[p] = true
	case readRequest:
		n.ask(n.peers[x.region], x, dirty)
	case transferRequest:
		if p := n.peers[x.region]; p != nil && p.leads() {
			n.transfer(p, x.to)
			dirty[p] = true
		}
	case delivery:
		p := n.peers[x.region]
		if !x.ok {
			p.rn.ReportUnreachable(x.to)
		}
		if x.snapshot {
			status := raft.SnapshotFinish
			if !x.ok {
				status = raft.SnapshotFailure
			}
			p.rn.ReportSnapshot(x.to, status)
		}
		dirty[p] = true
	}
}

// unwanted reports whether to drop a message of another store: local-only types,
// and vote requests while a lease from before this store's restart may still hold
// (see lease).
func (n *node) unwanted(p *peer, t raftpb.MessageType) bool {
	switch t {
	case raftpb.MsgTransferLeader:
		return true
	case raftpb.MsgVote, raftpb.MsgPreVote:
		return time.Now().Before(p.noVotesUntil)
	}
	return raft.IsLocalMsg(t)
}

func (n *node) ask(p *peer, r readRequest, dirty map[*peer]bool) {
	switch {
	case p.leads():
		p.asking = append(p.asking, r.done)
		dirty[p] = true
	case r.done != nil:
		r.done(outcome{err: errLostLeadership})
	}
}

// propose proposes the region's queued writes in one Raft message, so that each
// follower gets one message and sends one answer.
func (n *node) propose(p *peer) {
	if len(p.proposing) == 0 {
		return
	}
	all := p.proposing
	p.proposing = nil
	if !p.leads() {
		for _, w := range all {
			w.done(outcome{err: errLostLeadership})
		}
		return
	}
	now := unix(n.now())
	entries, ids := make([]*raftpb.Entry, 0, len(all)), make([]uint64, 0, len(all))
	for _, w := range all {
		n.nextID++
		data, err := encodeCommand(n.nextID, now, w.o, w.req)
		if err != nil {
			w.done(outcome{err: err})
			continue
		}
		entries, ids = append(entries, &raftpb.Entry{Data: data}), append(ids, n.nextID)
		p.waiting[n.nextID] = w.done
	}
	if len(entries) == 0 {
		return
	}
	err := p.rn.Step(&raftpb.Message{Type: raftpb.MsgProp.Enum(), From: new(p.id), Entries: entries})
	if err == nil {
		return
	}
	if errors.Is(err, raft.ErrProposalDropped) && p.rn.BasicStatus().LeadTransferee != raft.None {
		err = errHandingOver
	}
	for _, id := range ids {
		p.waiting[id](outcome{err: err})
		delete(p.waiting, id)
	}
}

// transferLag is how many entries a store may lag and still receive a region's
// leadership. While a store that lags more catches up, the region takes no writes.
const transferLag = 64

func (n *node) transfer(p *peer, store uint64) {
	last := p.rn.BasicStatus().GetCommit()
	p.rn.WithProgress(func(id uint64, _ raft.ProgressType, pr trackerProgress) {
		if p.stores[id] == store && pr.Match+transferLag >= last && pr.RecentActive {
			defer p.rn.TransferLeader(id)
		}
	})
}

// process handles the ready state of every changed region until none is left: one
// log write for all of them, then messages, then committed entries.
func (n *node) process(dirty map[*peer]bool) error {
	for len(dirty) > 0 {
		type work struct {
			p  *peer
			rd raft.Ready
		}
		var all []work
		for p := range dirty {
			n.propose(p)
			p.ask()
			if !p.rn.HasReady() {
				delete(dirty, p)
				continue
			}
			rd, err := p.ready(n.wal)
			if err != nil {
				return err
			}
			all = append(all, work{p, rd})
		}
		if n.net != nil && len(n.wal.buf) > 0 {
			time.Sleep(n.net.link.disk())
		}
		if err := n.wal.flush(); err != nil {
			return fmt.Errorf("the raft log cannot be written: %w", err)
		}
		for _, w := range all {
			before := w.p.leader.Load()
			w.p.noteLeader(w.rd)
			n.net.send(w.p, w.p.others.filter(w.rd.Messages))
			if err := w.p.applyReady(w.rd); err != nil {
				return err
			}
			w.p.rn.Advance(w.rd)
			if err := w.p.compact(); err != nil {
				return err
			}
			if before != w.p.leader.Load() && n.changed != nil {
				n.changed(w.p)
			}
		}
	}
	return n.rewriteIfOvergrown()
}

// stop answers every request that still waits.
func (n *node) stop() {
	for _, p := range n.peers {
		p.drop(errStopping)
	}
	for _, x := range n.inbox.close() {
		switch x := x.(type) {
		case writeRequest:
			x.done(outcome{err: errStopping})
		case readRequest:
			if x.done != nil {
				x.done(outcome{err: errStopping})
			}
		}
	}
	n.endRewrite()
	_ = n.wal.close()
}

// errMustWait reports that a read needs a quorum first.
var errMustWait = errors.New("no lease")

// readAtOnce runs f on a region's map if the lease is valid.
func (n *node) readAtOnce(_ context.Context, p *peer, f func(*kv)) error {
	if !p.view(f) {
		return errMustWait
	}
	if p.needsRenewal() {
		n.inbox.put(readRequest{p.meta.ID, nil})
	}
	return nil
}

// read runs f on a region's map as a linearizable read: at once under the lease;
// without one, after a quorum has confirmed the leadership since the read began
// and everything committed by then is applied (ReadIndex). f may run twice; the
// last run counts.
func (n *node) read(ctx context.Context, p *peer, f func(*kv)) error {
	if n.readAtOnce(ctx, p, f) == nil {
		return nil
	}
	done := make(chan outcome, 1)
	if !n.inbox.put(readRequest{p.meta.ID, func(o outcome) { done <- o }}) {
		return errStopping
	}
	var o outcome
	select {
	case o = <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if o.err != nil {
		return o.err
	}
	p.data.read(f)
	// A follower may have applied more than its leader has: a client that read from
	// it and then from the leader would go back in time.
	if p.term.Load() != o.term {
		return errLostLeadership
	}
	return nil
}
