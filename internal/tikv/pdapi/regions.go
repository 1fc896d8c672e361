package pdapi

import (
	"context"
	"fmt"
)

// Region is one region as PD gives it.
type Region struct {
	ID       uint64 `json:"id"`
	StartKey string `json:"start_key"` // upper-case hex
	EndKey   string `json:"end_key"`
	Leader   Peer   `json:"leader"` // without a store when PD knows of none
	Peers    []Peer `json:"peers"`
	Down     []struct {
		Peer Peer `json:"peer"`
	} `json:"down_peers"` // as the leader reported them
	Pending []Peer `json:"pending_peers"`
}

// Peer is one replica of a region.
type Peer struct {
	StoreID uint64 `json:"store_id"`
}

// RegionPage gives at most limit regions, from the beginning of the key space on.
// It costs PD the same in a cluster of any size.
func (c *Client) RegionPage(ctx context.Context, limit int) ([]Region, error) {
	var r struct {
		Regions []Region `json:"regions"`
	}
	err := c.get(ctx, fmt.Sprintf("/pd/api/v1/regions/key?key=&limit=%d", limit), &r)
	return r.Regions[:min(len(r.Regions), limit)], err
}

// RegionCount gives the number of regions. PD since v6.6 reads it off an index
// where it is asked for the count alone; an older one walks over all regions.
func (c *Client) RegionCount(ctx context.Context) (int, error) {
	var r struct {
		Count int `json:"count"`
	}
	err := c.get(ctx, "/pd/api/v1/stats/region?count", &r)
	return r.Count, err
}
