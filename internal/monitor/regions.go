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
func (j *judge) regionsLooked(at time.Time, s demo.Snapshot) {
	j.counts, j.leadingOff = s.Regions, 0
	for _, x := range s.Nodes {
		n := j.node(x.Name)
		if x.Role == demo.RoleData && j.storeDown(at, n.name).verdict == Violated {
			j.leadingOff += x.Leaders
		}
	}
	j.sick(at, sickDeadLeader, j.leadingOff)
	if s.Regions == nil {
		return // what is not known goes on as it was
	}
	leaderless := s.Regions.Leaderless
	if at.Sub(j.newAt) < regionsReport {
		leaderless = 0
	}
	j.sick(at, sickLeaderless, leaderless)
	j.sick(at, sickPeers, s.Regions.DownPeer+s.Regions.MissPeer)
	j.sick(at, sickPending, s.Regions.PendingPeer)
}

func (j *judge) sick(at time.Time, what string, count int) {
	if count == 0 {
		delete(j.sickSince, what)
	} else if _, ok := j.sickSince[what]; !ok {
		j.sickSince[what] = at
	}
}

// sickFor says whether regions have been in this trouble for so long.
func (j *judge) sickFor(at time.Time, what string, d time.Duration) bool {
	since, ok := j.sickSince[what]
	return ok && at.Sub(since) >= d
}

func (j *judge) regionWithoutLeader(at time.Time) finding {
	_, leaderless := j.sickSince[sickLeaderless]
	_, dead := j.sickSince[sickDeadLeader]
	switch {
	case j.stale(at):
		return unknown
	case j.sickFor(at, sickLeaderless, electionTakes) && j.counts != nil:
		return violation(demo.SeverityCritical, fmt.Sprintf("%d of %d regions are %s", j.counts.Leaderless, j.counts.Total, sickLeaderless))
	case j.sickFor(at, sickDeadLeader, electionTakes):
		return violation(demo.SeverityCritical, fmt.Sprintf("%d regions are %s", j.leadingOff, sickDeadLeader))
	case leaderless || dead:
		return unknown
	}
	return holds
}

func (j *judge) underReplicated(at time.Time) finding {
	_, peers := j.sickSince[sickPeers]
	_, pending := j.sickSince[sickPending]
	switch {
	case j.stale(at) || j.counts == nil:
		return unknown
	case j.sickFor(at, sickPeers, repairTakes):
		return violation(demo.SeverityWarning, fmt.Sprintf("%d of %d regions are %s", j.counts.DownPeer+j.counts.MissPeer, j.counts.Total, sickPeers))
	case j.sickFor(at, sickPending, catchUpTakes):
		return violation(demo.SeverityWarning, fmt.Sprintf("%d of %d regions are %s", j.counts.PendingPeer, j.counts.Total, sickPending))
	case peers || pending:
		return unknown
	}
	return holds
}
