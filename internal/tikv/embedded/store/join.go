package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
)

// Join lets stores that are given no layout agree on one: each gets an id from PD
// and registers, and when all have registered, each computes the same layout from
// their ids. It is for stores in containers, which start one by one like TiKV's.
type Join struct {
	Stores    int      // that the cluster is to have
	SplitKeys [][]byte // borders between the regions, sorted
}

const (
	layoutName = "layout.json"
	// firstID is the first of the computed ids of regions and peers. PD's own ids
	// begin at 1.
	firstID   = 1_000_000
	joinEvery = 100 * time.Millisecond
)

// join sets cfg's ID and Layout, from the data directory or with the other stores.
// The id is saved before the store registers, because PD then ties the address to
// it and refuses the address to any other id.
func join(ctx context.Context, pd *pdClient, cfg *Config, at addresses) (err error) {
	if cfg.ID, err = readIdentity(cfg.Dir); err != nil {
		return err
	}
	path := filepath.Join(cfg.Dir, layoutName)
	b, err := os.ReadFile(path)
	switch {
	case err == nil && cfg.ID == 0:
		return fmt.Errorf("%s has a layout and no %s; start with an empty data directory", cfg.Dir, identityName)
	case err == nil:
		if err := json.Unmarshal(b, &cfg.Layout); err != nil {
			return fmt.Errorf("%s is damaged: %w; start with an empty data directory", path, err)
		}
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	ids, err := joinOthers(ctx, pd, cfg, at)
	if err != nil {
		return err
	}
	if cfg.Layout, err = joinedLayout(ids, cfg.Join.SplitKeys); err != nil {
		return err
	}
	return writeJSON(path, cfg.Layout)
}

// joinOthers gets an id if there is none yet, registers, waits until all stores
// have registered, and returns their ids.
func joinOthers(ctx context.Context, pd *pdClient, cfg *Config, at addresses) ([]uint64, error) {
	for {
		ids, err := joinOnce(ctx, pd, cfg, at)
		switch {
		case err != nil:
			cfg.Log.Warn("joining", "error", err)
		case len(ids) == cfg.Join.Stores:
			return ids, nil
		case len(ids) > cfg.Join.Stores:
			return nil, fmt.Errorf("the cluster is to have %d stores and PD knows %d; begin with empty volumes", cfg.Join.Stores, len(ids))
		}
		if !sleep(ctx, joinEvery) {
			return nil, ctx.Err()
		}
	}
}

func joinOnce(ctx context.Context, pd *pdClient, cfg *Config, at addresses) ([]uint64, error) {
	if cfg.ID == 0 {
		id, err := allocID(ctx, pd)
		if err != nil {
			return nil, err
		}
		if err := claim(cfg.Dir, id); err != nil {
			return nil, err
		}
		cfg.ID = id
	}
	return gather(ctx, pd, *cfg, at)
}

func allocID(ctx context.Context, pd *pdClient) (uint64, error) {
	r, err := call(ctx, pd, func(ctx context.Context, cl pdpb.PDClient, h *pdpb.RequestHeader) (*pdpb.AllocIDResponse, error) {
		return cl.AllocID(ctx, &pdpb.AllocIDRequest{Header: h})
	})
	return r.GetId(), err
}

// gather registers this store, bootstraps the cluster if it is the first, and
// returns the ids of all registered stores.
func gather(ctx context.Context, pd *pdClient, cfg Config, at addresses) ([]uint64, error) {
	first := &metapb.Region{
		Id: firstID, RegionEpoch: &metapb.RegionEpoch{ConfVer: 1, Version: 1},
		Peers: []*metapb.Peer{{Id: firstID + 1, StoreId: cfg.ID}},
	}
	err := pd.register(ctx, at.store(cfg.ID, cfg.Dir, cfg.Now()), first)
	if err != nil && !strings.Contains(err.Error(), pdpb.ErrorType_ALREADY_BOOTSTRAPPED.String()) {
		return nil, err // of two that bootstrap at once one is told that it came late
	}
	r, err := call(ctx, pd, func(ctx context.Context, cl pdpb.PDClient, h *pdpb.RequestHeader) (*pdpb.GetAllStoresResponse, error) {
		return cl.GetAllStores(ctx, &pdpb.GetAllStoresRequest{Header: h})
	})
	if err != nil {
		return nil, err
	}
	var ids []uint64
	for _, s := range r.GetStores() {
		ids = append(ids, s.GetId())
	}
	slices.Sort(ids)
	if !slices.Contains(ids, cfg.ID) {
		return nil, errors.New("PD does not know this store yet")
	}
	return ids, nil
}

// joinedLayout computes the layout from the stores' ids alone.
func joinedLayout(ids []uint64, splitKeys [][]byte) (Layout, error) {
	var names []string
	for _, id := range ids {
		names = append(names, fmt.Sprintf("store-%d", id))
	}
	given, next := 0, uint64(firstID)
	return NewLayout(names, splitKeys, func() (uint64, error) {
		if given < len(ids) {
			given++
			return ids[given-1], nil
		}
		next++
		return next - 1, nil
	})
}
