package monitor

import (
	"fmt"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// electionTakes: with TiKV's defaults a region has a new leader 8 to 20 s after
	// the death of the old one.
	electionTakes = 30 * time.Second
	// regionsReport: leaders report their regions to PD every minute by default; a
	// PD that is new to its office knows no leaders before.
	regionsReport = 75 * time.Second
	// repairTakes: a new cluster has one peer of each region and makes the others;
	// a store that is back is behind until it has caught up.
	repairTakes  = time.Minute
	catchUpTakes = 2 * time.Minute
)

// regions is since when which regions have been in trouble.
type regions struct {
	counts     *demo.Regions
	sickSince  map[string]time.Time // by what is wrong; absent while nothing is
	leadingOff int                  // regions that are led by nodes in trouble
}

func newRegions() regions { return regions{sickSince: map[string]time.Time{}} }

const (
	sickLeaderless = "led by nobody"
	sickDeadLeader = "led by a store that does not serve"
	sickPeers      = "with a peer that is down or missing"
	sickPending    = "with a peer that is behind"
)

// regionsLooked takes a good look at the regions.
func (d *detector) regionsLooked(at time.Time, s demo.Snapshot) {
	d.counts, d.leadingOff = s.Regions, 0
	for _, x := range s.Nodes {
		n := d.node(x.Name)
		if x.Role == demo.RoleData && d.storeDown(at, n.name).verdict == Violated {
			d.leadingOff += x.Leaders
		}
	}
	d.sick(at, sickDeadLeader, d.leadingOff)
	if s.Regions == nil {
		return // what is not known goes on as it was
	}
	leaderless := s.Regions.Leaderless
	if at.Sub(d.newAt) < regionsReport {
		leaderless = 0
	}
	d.sick(at, sickLeaderless, leaderless)
	d.sick(at, sickPeers, s.Regions.DownPeer+s.Regions.MissPeer)
	d.sick(at, sickPending, s.Regions.PendingPeer)
}

func (d *detector) sick(at time.Time, what string, count int) {
	if count == 0 {
		delete(d.sickSince, what)
	} else if _, ok := d.sickSince[what]; !ok {
		d.sickSince[what] = at
	}
}

// sickFor says whether regions have been in this trouble for so long.
func (d *detector) sickFor(at time.Time, what string, long time.Duration) bool {
	since, ok := d.sickSince[what]
	return ok && at.Sub(since) >= long
}

func (d *detector) regionWithoutLeader(at time.Time) finding {
	_, leaderless := d.sickSince[sickLeaderless]
	_, dead := d.sickSince[sickDeadLeader]
	switch {
	case d.stale(at):
		return unknown
	case d.sickFor(at, sickLeaderless, electionTakes) && d.counts != nil:
		return violation(demo.SeverityCritical, fmt.Sprintf("%d of %d regions are %s", d.counts.Leaderless, d.counts.Total, sickLeaderless))
	case d.sickFor(at, sickDeadLeader, electionTakes):
		return violation(demo.SeverityCritical, fmt.Sprintf("%d regions are %s", d.leadingOff, sickDeadLeader))
	case leaderless || dead:
		return unknown
	}
	return holds
}

func (d *detector) underReplicated(at time.Time) finding {
	_, peers := d.sickSince[sickPeers]
	_, pending := d.sickSince[sickPending]
	switch {
	case d.stale(at) || d.counts == nil:
		return unknown
	case d.sickFor(at, sickPeers, repairTakes):
		return violation(demo.SeverityWarning, fmt.Sprintf("%d of %d regions are %s", d.counts.DownPeer+d.counts.MissPeer, d.counts.Total, sickPeers))
	case d.sickFor(at, sickPending, catchUpTakes):
		return violation(demo.SeverityWarning, fmt.Sprintf("%d of %d regions are %s", d.counts.PendingPeer, d.counts.Total, sickPending))
	case peers || pending:
		return unknown
	}
	return holds
}
