package pd

import (
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
)

const (
	// provenAfter is how long a store must report before it is given leaders.
	// Handing leaders to a restarted store at once cost clients 4 to 5 s.
	provenAfter = 2 * time.Second
	// balanceEvery is the pause between two operators.
	balanceEvery = 250 * time.Millisecond
)

// balancer is the balance-leader scheduler. It transfers the leadership of one
// region at a time, from the store with the most leaders to the one with the
// fewest, until no two stores differ by more than one.
type balancer struct {
	last time.Time
}

// next returns an operator for a region whose leader just reported, or nil.
func (b *balancer) next(c *cluster, r *pdpb.RegionHeartbeatRequest) *pdpb.RegionHeartbeatResponse {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.passed(b.last, balanceEvery) {
		return nil
	}
	from := r.GetLeader().GetStoreId()
	var best *metapb.Peer
	least := c.load(from).leaders - 1
	for _, p := range r.GetRegion().GetPeers() {
		s := c.StoresByID[p.StoreId]
		if p.StoreId == from || s == nil || s.upSince.IsZero() || !c.passed(s.upSince, provenAfter) || c.silence(s) > 3*time.Second && s.beatsFast() {
			continue
		}
		if n := c.load(p.StoreId).leaders; n < least && c.stateOf(s) == "Up" {
			best, least = p, n
		}
	}
	if best == nil {
		return nil
	}
	b.last = c.now()
	return &pdpb.RegionHeartbeatResponse{
		Header: c.header(), RegionId: r.Region.Id, RegionEpoch: r.Region.RegionEpoch, TargetPeer: r.Leader,
		TransferLeader: &pdpb.TransferLeader{Peer: best},
	}
}

// beatsFast reports whether a store sends a heartbeat about every second. If so, three
// seconds of silence are suspicious long before the store counts as disconnected.
func (s *storeInfo) beatsFast() bool {
	i := s.Stats.GetInterval()
	return i.GetEndTimestamp()-i.GetStartTimestamp() <= 1
}

func (c *cluster) header() *pdpb.ResponseHeader { return &pdpb.ResponseHeader{ClusterId: c.ID} }
