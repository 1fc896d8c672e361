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
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
)

var (
	errLostLeadership = errors.New("the region's leader has changed")
	errHandingOver    = errors.New("the region is being handed over to another store")
	errStopping       = errors.New("the store stops")
)

// answer is told what became of a request, once, by the raft loop: it must not
// wait.
type answer func(outcome)

// What comes to the raft loop.
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
		done   answer // nil when only the lease is to be renewed
	}
	transferRequest struct {
		region uint64
		to     uint64 // store id
	}
	delivery struct { // what became of a message to another store
		region, to uint64 // peer id
		snapshot   bool
		ok         bool
	}
)

// node is the raft part of a store: all its regions on one loop.
type node struct {
	id      uint64
	pr      Profile
	log     *slog.Logger
	now     func() time.Time // for times to live, and for nothing else
	inbox   *inbox
	peers   map[uint64]*peer // by region; the map itself never changes
	wal     *raftLog
	net     *transport
	nextID  uint64
	changed func(*peer) // a region's leader changed
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
			if err := p.first(wal); err != nil {
				return nil, err
			}
		}
		if err := p.start(cfg.Profile, raftLogger{cfg.Log}); err != nil {
			return nil, err
		}
		if seen[id] {
			p.mute = time.Now().Add(cfg.Profile.lease())
		} else {
			p.eager = p.meta.Leader == cfg.ID
		}
	}
	return n, wal.flush()
}

// run is the loop. It returns when ctx is done, or with what makes going on
// unsafe: a log that cannot be written.
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
		case <-n.inbox.wake:
			runtime.Gosched() // who is about to send something does it now: fewer, larger writes
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
			_ = p.rn.Step(x.m) // what raft does not want it drops
			dirty[p] = true
		}
	case writeRequest:
		n.propose(n.peers[x.region], x)
		dirty[n.peers[x.region]] = true
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

// unwanted says whether a message of another store is not raft's business:
// orders that only the own process gives, and requests for votes while this
// store, just restarted, may have promised its vote to a leader (see lease).
func (n *node) unwanted(p *peer, t raftpb.MessageType) bool {
	switch t {
	case raftpb.MsgTransferLeader:
		return true
	case raftpb.MsgVote, raftpb.MsgPreVote:
		return time.Now().Before(p.mute)
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

func (n *node) propose(p *peer, w writeRequest) {
	if !p.leads() {
		w.done(outcome{err: errLostLeadership})
		return
	}
	n.nextID++
	entry, err := encodeCommand(n.nextID, unix(n.now()), w.o, w.req)
	if err == nil {
		err = p.rn.Propose(entry)
	}
	if errors.Is(err, raft.ErrProposalDropped) && p.rn.BasicStatus().LeadTransferee != raft.None {
		err = errHandingOver
	}
	if err != nil {
		w.done(outcome{err: err})
		return
	}
	p.waiting[n.nextID] = w.done
}

// transferLag is how many entries a store may be behind and still be given a
// region: handing over to a store that has to catch up first stops its writes.
const transferLag = 64

func (n *node) transfer(p *peer, store uint64) {
	last := p.rn.BasicStatus().GetCommit()
	p.rn.WithProgress(func(id uint64, _ raft.ProgressType, pr trackerProgress) {
		if p.stores[id] == store && pr.Match+transferLag >= last && pr.RecentActive {
			defer p.rn.TransferLeader(id)
		}
	})
}

// process brings every region that changed to rest: one write of the log for
// all of them, then messages, then what is committed.
func (n *node) process(dirty map[*peer]bool) error {
	for len(dirty) > 0 {
		type work struct {
			p  *peer
			rd raft.Ready
		}
		var all []work
		for p := range dirty {
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
		if err := n.wal.flush(); err != nil {
			return fmt.Errorf("the raft log cannot be written: %w", err)
		}
		for _, w := range all {
			before := w.p.leader.Load()
			w.p.reign(w.rd)
			n.net.send(w.p, w.p.others.worthSending(w.rd.Messages))
			if err := w.p.settle(w.rd); err != nil {
				return err
			}
			w.p.rn.Advance(w.rd)
			if err := w.p.snapshot(); err != nil {
				return err
			}
			if before != w.p.leader.Load() && n.changed != nil {
				n.changed(w.p)
			}
		}
		if err := n.trim(); err != nil {
			return err
		}
	}
	return nil
}

// trim writes the log anew when much of it is old.
func (n *node) trim() error {
	if !n.wal.overgrown() {
		return nil
	}
	return n.wal.rewrite(func(l *raftLog) error {
		for _, p := range n.peers {
			// Region by region: one buffer for all was larger than all else in memory.
			if err := errors.Join(p.dumpTo(l), l.flush()); err != nil {
				return err
			}
		}
		return nil
	})
}

// stop answers whoever still waits.
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
	_ = n.wal.close()
}

// errMustWait says that a read needs a quorum first.
var errMustWait = errors.New("no lease")

// readAtOnce runs f on a region's map under the lease, if there is one.
func (n *node) readAtOnce(_ context.Context, p *peer, f func(*kv)) error {
	if !p.view(f) {
		return errMustWait
	}
	if p.fading() {
		n.inbox.put(readRequest{p.meta.ID, nil})
	}
	return nil
}

// read runs f on a region's map when this store may answer reads of it: at once
// under the lease, or else when a quorum has confirmed the leadership after the
// read began and what was committed by then is applied (ReadIndex). f may run
// twice; what the last run saw counts.
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
	// What a follower has applied may be ahead of what its leader has: whoever
	// read that and then asked the leader would go back in time.
	if p.term.Load() != o.term {
		return errLostLeadership
	}
	return nil
}
