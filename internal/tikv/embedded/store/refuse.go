package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/metapb"
)

// This store refuses what TiKV refuses, with TiKV's messages. It behaves like a TiKV
// with storage.enable-ttl and API version 1, and has only the default column family.
const (
	keyLimit   = 8 << 10 // of what is written, storage.max-key-size
	entryLimit = 8 << 20 // of one command in the log, raftstore.raft-entry-max-size
)

// refusal returns why this store refuses a command, or "".
func refusal(command string, c *kvrpcpb.Context, cf string) string {
	if v := c.GetApiVersion(); v != kvrpcpb.APIVersion_V1 {
		name := map[kvrpcpb.APIVersion]string{kvrpcpb.APIVersion_V1TTL: "V1ttl", kvrpcpb.APIVersion_V2: "V2"}[v]
		return fmt.Sprintf("Api version in request does not match with TiKV storage, cmd: %s, storage: V1ttl, request: %s", command, name)
	}
	if cf != "" && cf != "default" {
		return "invalid cf name: " + cf
	}
	return ""
}

// writeRefusal also checks the sizes of the keys. As in TiKV, atomic writes are
// exempt.
func writeRefusal(command string, c *kvrpcpb.Context, cf string, atomic bool, keys ...[]byte) string {
	if why := refusal(command, c, cf); why != "" {
		return why
	}
	for _, key := range keys {
		if len(key) > keyLimit && !atomic {
			return fmt.Sprintf("max key size exceeded, size: %d, limit: %d", len(key), keyLimit)
		}
	}
	return ""
}

// pairError returns a refusal in the form of a list of pairs.
func pairError(why string) []*kvrpcpb.KvPair {
	return []*kvrpcpb.KvPair{{Error: &kvrpcpb.KeyError{Abort: why}}}
}

func notLeader(p *peer) *errorpb.Error {
	e := &errorpb.Error{NotLeader: &errorpb.NotLeader{RegionId: p.meta.ID}}
	leader := "None"
	if id := p.leader.Load(); id != 0 && id != p.id {
		e.NotLeader.Leader = &metapb.Peer{Id: id, StoreId: p.stores[id]}
		leader = fmt.Sprintf("Some(id: %d store_id: %d)", id, p.stores[id])
	}
	e.Message = fmt.Sprintf("peer is not leader for region %d, leader may %s", p.meta.ID, leader)
	return e
}

func keyNotInRegion(p *peer, key []byte) *errorpb.Error {
	return &errorpb.Error{
		Message:        fmt.Sprintf("key %X is not in region key range [%X, %X) for region %d", key, p.meta.StartKey, p.meta.EndKey, p.meta.ID),
		KeyNotInRegion: &errorpb.KeyNotInRegion{Key: key, RegionId: p.meta.ID, StartKey: p.meta.StartKey, EndKey: p.meta.EndKey},
	}
}

// epochError returns the error of a request with another epoch, or nil.
func epochError(p *peer, e *metapb.RegionEpoch) *errorpb.Error {
	switch {
	case e == nil:
		return &errorpb.Error{Message: "missing epoch!"}
	case e.Version != regionVersion:
		return &errorpb.Error{
			Message:       fmt.Sprintf("EpochNotMatch current epoch of region %d is conf_ver: %d version: %d, but you sent conf_ver: %d version: %d", p.meta.ID, regionConfVer, regionVersion, e.ConfVer, e.Version),
			EpochNotMatch: &errorpb.EpochNotMatch{CurrentRegions: []*metapb.Region{p.metapb()}},
		}
	}
	return nil
}

// rangeError returns why [start, end) cannot be deleted, or nil. A range that
// reaches into the next region is refused; the client must split it.
func rangeError(p *peer, start, end []byte) *errorpb.Error {
	last := p.meta.EndKey
	switch {
	case len(end) > 0 && bytes.Compare(start, end) >= 0:
		return &errorpb.Error{Message: fmt.Sprintf("invalid delete range command, start_key: %v, end_key: %v", start, end)}
	case len(last) > 0 && (len(end) == 0 || bytes.Compare(end, last) > 0):
		return keyNotInRegion(p, end)
	}
	return nil
}

// tooLarge returns the error of a command that does not fit into a log entry.
func tooLarge(p *peer, size int) *errorpb.Error {
	return &errorpb.Error{
		Message:           fmt.Sprintf("raft entry is too large, region %d, entry size %d", p.meta.ID, size),
		RaftEntryTooLarge: &errorpb.RaftEntryTooLarge{RegionId: p.meta.ID, EntrySize: uint64(size)},
	}
}

// RawCoprocessor answers like a TiKV without plugins.
func (s *service) RawCoprocessor(_ context.Context, r *kvrpcpb.RawCoprocessorRequest) (*kvrpcpb.RawCoprocessorResponse, error) {
	return &kvrpcpb.RawCoprocessorResponse{Error: fmt.Sprintf("No registered coprocessor with name '%s'", r.CoprName)}, nil
}
