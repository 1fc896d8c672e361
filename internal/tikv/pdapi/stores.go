package pdapi

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// Store is one store as PD's /stores gives it.
type Store struct {
	Store struct {
		ID             uint64 `json:"id"`
		Address        string `json:"address"`
		StatusAddress  string `json:"status_address"`
		Version        string `json:"version"`
		StartTimestamp int64  `json:"start_timestamp"` // unix seconds
		LastHeartbeat  int64  `json:"last_heartbeat"`  // unix nanoseconds
		StateName      string `json:"state_name"`
	} `json:"store"`
	Status struct {
		Capacity    Size      `json:"capacity"`
		Available   Size      `json:"available"`
		LeaderCount int       `json:"leader_count"`
		RegionCount int       `json:"region_count"`
		StartTS     time.Time `json:"start_ts"`
		HeartbeatTS time.Time `json:"last_heartbeat_ts"`
	} `json:"status"`
}

// Stores gives all stores by id; PD's own order changes from call to call.
func (c *Client) Stores(ctx context.Context) ([]Store, error) {
	var r struct {
		Stores []Store `json:"stores"`
	}
	if err := c.get(ctx, "/pd/api/v1/stores", &r); err != nil {
		return nil, err
	}
	slices.SortFunc(r.Stores, func(a, b Store) int { return cmp.Compare(a.Store.ID, b.Store.ID) })
	return r.Stores, nil
}

// Member is one member of PD's quorum.
type Member struct {
	Name       string   `json:"name"`
	MemberID   uint64   `json:"member_id"`
	ClientURLs []string `json:"client_urls"`
	Health     bool     `json:"health"`
	Version    string   `json:"binary_version"`
}

// Health gives every member and whether PD reached it.
func (c *Client) Health(ctx context.Context) ([]Member, error) {
	var ms []Member
	err := c.get(ctx, "/pd/api/v1/health", &ms)
	slices.SortFunc(ms, byName)
	return ms, err
}

// Members gives every member, and the one that leads: the zero Member when none
// does. Unlike Health it asks no member how it is, so it waits for none.
func (c *Client) Members(ctx context.Context) (members []Member, leader Member, err error) {
	var r struct {
		Members []Member `json:"members"`
		Leader  Member   `json:"leader"`
	}
	err = c.get(ctx, "/pd/api/v1/members", &r)
	slices.SortFunc(r.Members, byName)
	return r.Members, r.Leader, err
}

func byName(a, b Member) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.MemberID, b.MemberID))
}

// Leader gives the member that leads PD's quorum.
func (c *Client) Leader(ctx context.Context) (Member, error) {
	_, leader, err := c.Members(ctx)
	return leader, err
}
