package store

import (
	"context"
	"errors"
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
)

// version is reported to PD, which enables features by it.
const version = "8.5.0"

// reportedSize is the minimum size that a region reports. PD would merge regions
// below 20 MB.
const reportedSize = 32 << 20

// heartbeats reports the store and the regions that it leads to PD.
type heartbeats struct {
	cfg     Config
	n       *node
	pd      *pdClient
	at      addresses
	started time.Time
	kick    chan struct{}
}

// addresses are how others reach a store.
type addresses struct {
	clients, peers, status string
}

func (a addresses) store(id uint64, dir string, started time.Time) *metapb.Store {
	return &metapb.Store{
		Id: id, Address: a.clients, PeerAddress: a.peers, StatusAddress: a.status,
		Version: version, GitHash: "embedded", StartTimestamp: started.Unix(), DeployPath: dir,
	}
}

// soon requests region heartbeats now, because a leader changed.
func (h *heartbeats) soon() {
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

func (h *heartbeats) store() *metapb.Store {
	return h.at.store(h.cfg.ID, h.cfg.Dir, h.started)
}

// firstRegion returns the region that PD is bootstrapped with: one peer, all keys.
func (h *heartbeats) firstRegion() *metapb.Region {
	if h.cfg.Layout.Stores[0].ID != h.cfg.ID {
		return nil
	}
	for _, r := range h.cfg.Layout.Regions {
		for _, p := range r.Peers {
			if p.StoreID == h.cfg.ID {
				return &metapb.Region{Id: r.ID, RegionEpoch: &metapb.RegionEpoch{ConfVer: 1, Version: 1}, Peers: []*metapb.Peer{{Id: p.ID, StoreId: p.StoreID}}}
			}
		}
	}
	return nil
}

// retryPD is the pause before PD is tried again.
const retryPD = 100 * time.Millisecond

// run registers the store and reports until ctx is done. PD may restart meanwhile,
// with its state or without.
func (h *heartbeats) run(ctx context.Context) error {
	registered := false
	for ctx.Err() == nil {
		err := h.pd.register(ctx, h.store(), h.firstRegion())
		if err == nil && !registered {
			registered = true
			h.cfg.Ready(h.at.clients, h.at.status)
		}
		if err == nil {
			err = h.report(ctx)
		}
		if err != nil && ctx.Err() == nil {
			h.cfg.Log.Debug("PD", "error", err)
		}
		if !sleep(ctx, retryPD) {
			break
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// report sends heartbeats until PD fails.
func (h *heartbeats) report(ctx context.Context) error {
	cl, head, err := h.pd.leader(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := cl.RegionHeartbeat(ctx)
	if err != nil {
		h.pd.close()
		return err
	}
	broken := make(chan struct{})
	go func() { // ends with the stream, at the latest with cancel
		defer close(broken)
		h.executeOperators(stream)
	}()
	defer func() { cancel(); <-broken }()
	storeTick := time.NewTicker(h.cfg.Profile.StoreHeartbeat)
	defer storeTick.Stop()
	regionTick := time.NewTicker(h.cfg.Profile.RegionHeartbeat)
	defer regionTick.Stop()
	if err := h.storeBeat(ctx); err != nil {
		return err
	}
	for {
		if err := h.regionBeats(stream, head); err != nil {
			h.pd.close()
			return err
		}
		for regions := false; !regions; {
			select {
			case <-ctx.Done():
				return nil
			case <-broken:
				h.pd.close()
				return errors.New("the stream of region heartbeats has ended")
			case <-h.kick:
				regions = true
			case <-regionTick.C:
				regions = true
			case <-storeTick.C:
				if err := h.storeBeat(ctx); err != nil {
					return err
				}
			}
		}
	}
}

func (h *heartbeats) storeBeat(ctx context.Context) error {
	var used int64
	for _, p := range h.n.peers {
		_, size := p.data.stats()
		used += size
	}
	const capacity = 100 << 30 // what a laptop's disk might be; nothing depends on it
	_, err := call(ctx, h.pd, func(ctx context.Context, cl pdpb.PDClient, head *pdpb.RequestHeader) (*pdpb.StoreHeartbeatResponse, error) {
		return cl.StoreHeartbeat(ctx, &pdpb.StoreHeartbeatRequest{Header: head, Stats: &pdpb.StoreStats{
			StoreId: h.cfg.ID, RegionCount: uint32(len(h.n.peers)), StartTime: uint32(h.started.Unix()),
			Capacity: capacity, Available: capacity - uint64(used), UsedSize: uint64(used),
			Interval: h.interval(h.cfg.Profile.StoreHeartbeat),
		}})
	})
	return err
}

func (h *heartbeats) regionBeats(stream pdpb.PD_RegionHeartbeatClient, head *pdpb.RequestHeader) error {
	for _, p := range h.n.peers {
		if !p.leads() {
			continue
		}
		keys, size := p.data.stats()
		err := stream.Send(&pdpb.RegionHeartbeatRequest{
			Header: head, Region: p.metapb(), Leader: &metapb.Peer{Id: p.id, StoreId: h.cfg.ID}, Term: p.term.Load(),
			ApproximateSize: uint64(max(size, reportedSize)), ApproximateKeys: uint64(keys),
			Interval: h.interval(time.Second),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// interval returns the time span of a report. PD uses its length, which does not
// depend on jumps of the clock.
func (h *heartbeats) interval(d time.Duration) *pdpb.TimeInterval {
	end := max(unix(h.cfg.Now()), uint64(d/time.Second))
	return &pdpb.TimeInterval{StartTimestamp: end - uint64(d/time.Second), EndTimestamp: end}
}

// unix returns the unix second of a time, 0 for times before 1970.
func unix(t time.Time) uint64 { return uint64(max(0, t.Unix())) }

// executeOperators carries out the operators that PD sends. Leaders are handed over; what
// this store does not support it leaves, and PD gives up on it by itself. A real PD makes
// some of them anew: it wants to split the regions at the bounds of its default key
// range, and counts each such operator as one leader more. With nine regions the leaders
// stayed as uneven as 4, 4 and 1.
func (h *heartbeats) executeOperators(stream pdpb.PD_RegionHeartbeatClient) {
	for {
		r, err := stream.Recv()
		if err != nil {
			return
		}
		if t := r.GetTransferLeader(); t != nil {
			h.n.inbox.put(transferRequest{r.GetRegionId(), t.GetPeer().GetStoreId()})
		}
	}
}
