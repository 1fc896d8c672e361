package demo

import (
	"slices"
	"time"
)

// RegionMap is one look at where the regions are, as the control plane gives it.
// When a look fails everything stays as it was at the last good one, Stale grows
// and Error says why, as in a Snapshot.
type RegionMap struct {
	Total       int           `json:"total"`        // regions of the whole cluster
	Shown       []Region      `json:"shown"`        // the first of them in the order of their keys; never written to again
	Nodes       []NodeRegions `json:"nodes"`        // counts for every data node
	LastUpdated time.Time     `json:"last_updated"` // of the last good answer; zero before the first
	Stale       Millis        `json:"stale_ms"`     // age of that answer when the map was handed out
	Error       string        `json:"error,omitempty"`
}

// Region is one region and the nodes that hold its replicas, by name.
type Region struct {
	ID      uint64   `json:"id,string"` // may exceed 2^53
	Leader  string   `json:"leader"`    // "" when the control plane knows of none
	Peers   []string `json:"peers"`     // the leader among them
	Down    []string `json:"down,omitempty"`
	Pending []string `json:"pending,omitempty"` // replicas that are behind

	MovedAt   time.Time `json:"-"` // when the leader was last seen to have moved; zero: never
	MovedFrom string    `json:"-"` // who led before that
	led       string    // the last leader that was known
}

// NodeRegions counts what one data node holds.
type NodeRegions struct {
	Name    string `json:"name"`
	Leaders int    `json:"leaders"`
	Regions int    `json:"regions"`
}

// Whole says whether the map shows every region of the cluster.
func (r RegionMap) Whole() bool { return len(r.Shown) == r.Total }

// Same says whether two looks found the same, whenever they were.
func (r RegionMap) Same(o RegionMap) bool {
	return r.Total == o.Total && r.Error == o.Error && r.LastUpdated.IsZero() == o.LastUpdated.IsZero() &&
		slices.Equal(r.Nodes, o.Nodes) && slices.EqualFunc(r.Shown, o.Shown, Region.same)
}

func (r Region) same(o Region) bool {
	return r.ID == o.ID && r.Leader == o.Leader &&
		slices.Equal(r.Peers, o.Peers) && slices.Equal(r.Down, o.Down) && slices.Equal(r.Pending, o.Pending)
}

// mapped takes a look at the regions, and notes which leaders have moved since
// the look before.
func (m *machine) mapped(at time.Time, look RegionMap) {
	before := make(map[uint64]Region, len(m.Regions.Shown))
	for _, r := range m.Regions.Shown {
		before[r.ID] = r
	}
	look.Shown = slices.Clone(look.Shown)
	for i := range look.Shown {
		look.Shown[i].follow(before[look.Shown[i].ID], at)
	}
	m.Regions = look
}

// follow carries over what was known of the region. A region may be without a
// leader for some looks before another node leads it.
func (r *Region) follow(before Region, at time.Time) {
	r.MovedAt, r.MovedFrom, r.led = before.MovedAt, before.MovedFrom, before.led
	if r.Leader == "" {
		return
	}
	if before.led != "" && before.led != r.Leader {
		r.MovedAt, r.MovedFrom = at, before.led
	}
	r.led = r.Leader
}
