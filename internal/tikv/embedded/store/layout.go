package store

import (
	"fmt"

	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// Layout lists the stores and regions of a new cluster. It is made once, with ids
// from PD, and given to every store.
type Layout struct {
	Stores  []Meta       `json:"stores"`
	Regions []RegionMeta `json:"regions"`
}

// Meta is one store of a layout.
type Meta struct {
	ID   uint64 `json:"id"`
	Name string `json:"name"`
}

// RegionMeta is one region of a layout: a range of keys, its peers, and the
// store that campaigns first.
type RegionMeta struct {
	ID       uint64 `json:"id"`
	StartKey []byte `json:"start_key"` // inclusive; empty: from the first key
	EndKey   []byte `json:"end_key"`   // exclusive; empty: to the last key
	Peers    []Peer `json:"peers"`
	Leader   uint64 `json:"leader"` // a store's id
}

// Peer is one replica of a region.
type Peer struct {
	ID      uint64 `json:"id"`
	StoreID uint64 `json:"store_id"`
}

// replicas of each region.
const replicas = defaults.Replicas

// NewLayout spreads len(splitKeys)+1 regions over the named stores. Each region has
// as many peers as replicas; the first leaders are assigned in turn.
func NewLayout(names []string, splitKeys [][]byte, allocID func() (uint64, error)) (Layout, error) {
	var l Layout
	if len(names) < replicas {
		return l, fmt.Errorf("a cluster needs at least %d stores, not %d", replicas, len(names))
	}
	for _, name := range names {
		id, err := allocID()
		if err != nil {
			return l, err
		}
		l.Stores = append(l.Stores, Meta{ID: id, Name: name})
	}
	for i := range len(splitKeys) + 1 {
		id, err := allocID()
		if err != nil {
			return l, err
		}
		r := RegionMeta{ID: id, Leader: l.Stores[i%len(l.Stores)].ID}
		if i > 0 {
			r.StartKey = splitKeys[i-1]
		}
		if i < len(splitKeys) {
			r.EndKey = splitKeys[i]
		}
		for j := range replicas {
			peer, err := allocID()
			if err != nil {
				return l, err
			}
			r.Peers = append(r.Peers, Peer{ID: peer, StoreID: l.Stores[(i+j)%len(l.Stores)].ID})
		}
		l.Regions = append(l.Regions, r)
	}
	return l, nil
}
