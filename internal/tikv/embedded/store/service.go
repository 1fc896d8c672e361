package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"sync/atomic"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// regionVersion is the version of every region's range. A region that PD was
// bootstrapped with has version 1 and the whole range of keys; the layout's
// ranges come after it.
const (
	regionVersion = 2
	regionConfVer = 2
	scanLimit     = 10240 // keys a scan gives at the most, as TiKV's max
)

// service is TiKV's gRPC service as far as raw clients use it. Everything else
// is answered Unimplemented.
type service struct {
	tikvpb.UnimplementedTikvServer
	n      *node
	line   *line
	paused atomic.Bool // PUT /pause_grpc: clients are turned away, heartbeats go on
	ops    atomic.Int64
}

// region checks that a request may be served here and gives its region. The
// error is the protocol's own, so that clients re-route by themselves.
func (s *service) region(c *kvrpcpb.Context, keys ...[]byte) (*peer, *errorpb.Error) {
	id := c.GetRegionId()
	if at := c.GetPeer().GetStoreId(); at != 0 && at != s.n.id {
		return nil, &errorpb.Error{Message: "store not match", StoreNotMatch: &errorpb.StoreNotMatch{RequestStoreId: at, ActualStoreId: s.n.id}}
	}
	p := s.n.peers[id]
	if p == nil {
		return nil, &errorpb.Error{Message: fmt.Sprintf("region %d not found", id), RegionNotFound: &errorpb.RegionNotFound{RegionId: id}}
	}
	if !p.leads() {
		return nil, notLeader(p)
	}
	if v := c.GetRegionEpoch().GetVersion(); v != 0 && v != regionVersion {
		return nil, &errorpb.Error{Message: "epoch not match", EpochNotMatch: &errorpb.EpochNotMatch{CurrentRegions: []*metapb.Region{p.metapb()}}}
	}
	for _, key := range keys {
		if !p.contains(key) {
			return nil, &errorpb.Error{Message: "key not in region", KeyNotInRegion: &errorpb.KeyNotInRegion{Key: key, RegionId: id, StartKey: p.meta.StartKey, EndKey: p.meta.EndKey}}
		}
	}
	return p, nil
}

func notLeader(p *peer) *errorpb.Error {
	e := &errorpb.Error{Message: "not leader", NotLeader: &errorpb.NotLeader{RegionId: p.meta.ID}}
	if id := p.leader.Load(); id != 0 && id != p.id {
		e.NotLeader.Leader = &metapb.Peer{Id: id, StoreId: p.stores[id]}
	}
	return e
}

func (p *peer) contains(key []byte) bool {
	return bytes.Compare(key, p.meta.StartKey) >= 0 && (len(p.meta.EndKey) == 0 || bytes.Compare(key, p.meta.EndKey) < 0)
}

func (p *peer) metapb() *metapb.Region {
	r := &metapb.Region{Id: p.meta.ID, StartKey: p.meta.StartKey, EndKey: p.meta.EndKey, RegionEpoch: &metapb.RegionEpoch{ConfVer: regionConfVer, Version: regionVersion}}
	for _, x := range p.meta.Peers {
		r.Peers = append(r.Peers, &metapb.Peer{Id: x.ID, StoreId: x.StoreID})
	}
	return r
}

// regionError turns what the raft loop says into the protocol's words. A write
// whose leader changed may or may not be done: StaleCommand makes the client
// try again, as it does with TiKV.
func regionError(p *peer, err error) *errorpb.Error {
	if errors.Is(err, errLostLeadership) {
		if !p.leads() {
			return notLeader(p)
		}
		return &errorpb.Error{Message: err.Error(), StaleCommand: &errorpb.StaleCommand{}}
	}
	return &errorpb.Error{Message: err.Error(), ServerIsBusy: &errorpb.ServerIsBusy{Reason: err.Error()}}
}

// read gives a region that may be read now.
func (s *service) read(ctx context.Context, c *kvrpcpb.Context, keys ...[]byte) (*peer, *errorpb.Error) {
	s.ops.Add(1)
	p, e := s.region(c, keys...)
	if e != nil {
		return nil, e
	}
	if err := s.n.readable(ctx, p.meta.ID); err != nil {
		return nil, regionError(p, err)
	}
	return p, nil
}

// write proposes and waits until the command is applied.
func (s *service) write(ctx context.Context, c *kvrpcpb.Context, o op, req interface{ Marshal() ([]byte, error) }, keys ...[]byte) (outcome, *errorpb.Error) {
	s.ops.Add(1)
	p, e := s.region(c, keys...)
	if e != nil {
		return outcome{}, e
	}
	out := s.n.write(ctx, p.meta.ID, o, req)
	if out.err != nil {
		return out, regionError(p, out.err)
	}
	return out, nil
}

// RawGet reads one key.
func (s *service) RawGet(ctx context.Context, r *kvrpcpb.RawGetRequest) (*kvrpcpb.RawGetResponse, error) {
	p, e := s.read(ctx, r.GetContext(), r.Key)
	if e != nil {
		return &kvrpcpb.RawGetResponse{RegionError: e}, nil
	}
	p.data.mu.RLock()
	defer p.data.mu.RUnlock()
	it, ok := p.data.get(r.Key, unixNow())
	return &kvrpcpb.RawGetResponse{Value: it.value, NotFound: !ok}, nil
}

// RawBatchGet reads keys of one region; those that are not there are left out.
func (s *service) RawBatchGet(ctx context.Context, r *kvrpcpb.RawBatchGetRequest) (*kvrpcpb.RawBatchGetResponse, error) {
	p, e := s.read(ctx, r.GetContext(), r.Keys...)
	if e != nil {
		return &kvrpcpb.RawBatchGetResponse{RegionError: e}, nil
	}
	p.data.mu.RLock()
	defer p.data.mu.RUnlock()
	out := &kvrpcpb.RawBatchGetResponse{}
	for _, key := range r.Keys {
		if it, ok := p.data.get(key, unixNow()); ok {
			out.Pairs = append(out.Pairs, &kvrpcpb.KvPair{Key: key, Value: it.value})
		}
	}
	return out, nil
}

// RawGetKeyTTL gives the seconds that a key has left, 0 for ever.
func (s *service) RawGetKeyTTL(ctx context.Context, r *kvrpcpb.RawGetKeyTTLRequest) (*kvrpcpb.RawGetKeyTTLResponse, error) {
	p, e := s.read(ctx, r.GetContext(), r.Key)
	if e != nil {
		return &kvrpcpb.RawGetKeyTTLResponse{RegionError: e}, nil
	}
	p.data.mu.RLock()
	defer p.data.mu.RUnlock()
	now := unixNow()
	it, ok := p.data.get(r.Key, now)
	out := &kvrpcpb.RawGetKeyTTLResponse{NotFound: !ok}
	if it.expires > now {
		out.Ttl = it.expires - now
	}
	return out, nil
}

// RawPut writes one key.
func (s *service) RawPut(ctx context.Context, r *kvrpcpb.RawPutRequest) (*kvrpcpb.RawPutResponse, error) {
	_, e := s.write(ctx, r.GetContext(), opPut, &kvrpcpb.RawPutRequest{Key: r.Key, Value: r.Value, Ttl: r.Ttl}, r.Key)
	return &kvrpcpb.RawPutResponse{RegionError: e}, nil
}

// RawBatchPut writes keys of one region at once.
func (s *service) RawBatchPut(ctx context.Context, r *kvrpcpb.RawBatchPutRequest) (*kvrpcpb.RawBatchPutResponse, error) {
	keys := make([][]byte, 0, len(r.Pairs))
	for _, p := range r.Pairs {
		keys = append(keys, p.Key)
	}
	_, e := s.write(ctx, r.GetContext(), opBatchPut, &kvrpcpb.RawBatchPutRequest{Pairs: r.Pairs, Ttls: r.Ttls, Ttl: r.Ttl}, keys...)
	return &kvrpcpb.RawBatchPutResponse{RegionError: e}, nil
}

// RawDelete removes one key.
func (s *service) RawDelete(ctx context.Context, r *kvrpcpb.RawDeleteRequest) (*kvrpcpb.RawDeleteResponse, error) {
	_, e := s.write(ctx, r.GetContext(), opDelete, &kvrpcpb.RawDeleteRequest{Key: r.Key}, r.Key)
	return &kvrpcpb.RawDeleteResponse{RegionError: e}, nil
}

// RawBatchDelete removes keys of one region at once.
func (s *service) RawBatchDelete(ctx context.Context, r *kvrpcpb.RawBatchDeleteRequest) (*kvrpcpb.RawBatchDeleteResponse, error) {
	_, e := s.write(ctx, r.GetContext(), opBatchDelete, &kvrpcpb.RawBatchDeleteRequest{Keys: r.Keys}, r.Keys...)
	return &kvrpcpb.RawBatchDeleteResponse{RegionError: e}, nil
}

// RawDeleteRange removes what lies in [start, end) of one region.
func (s *service) RawDeleteRange(ctx context.Context, r *kvrpcpb.RawDeleteRangeRequest) (*kvrpcpb.RawDeleteRangeResponse, error) {
	_, e := s.write(ctx, r.GetContext(), opDeleteRange, &kvrpcpb.RawDeleteRangeRequest{StartKey: r.StartKey, EndKey: r.EndKey}, r.StartKey)
	return &kvrpcpb.RawDeleteRangeResponse{RegionError: e}, nil
}

// RawCompareAndSwap writes a key if it is as the caller last saw it.
func (s *service) RawCompareAndSwap(ctx context.Context, r *kvrpcpb.RawCASRequest) (*kvrpcpb.RawCASResponse, error) {
	req := &kvrpcpb.RawCASRequest{Key: r.Key, Value: r.Value, PreviousNotExist: r.PreviousNotExist, PreviousValue: r.PreviousValue, Ttl: r.Ttl}
	out, e := s.write(ctx, r.GetContext(), opCAS, req, r.Key)
	if e != nil {
		return &kvrpcpb.RawCASResponse{RegionError: e}, nil
	}
	return &kvrpcpb.RawCASResponse{Succeed: out.succeeded, PreviousNotExist: !out.existed, PreviousValue: out.previous}, nil
}

// RawScan gives keys in order, within one region; the client goes on in the next.
func (s *service) RawScan(ctx context.Context, r *kvrpcpb.RawScanRequest) (*kvrpcpb.RawScanResponse, error) {
	p, e := s.read(ctx, r.GetContext())
	if e != nil {
		return &kvrpcpb.RawScanResponse{RegionError: e}, nil
	}
	out := &kvrpcpb.RawScanResponse{}
	limit := min(int(r.Limit), scanLimit)
	take := func(it item) bool {
		if len(out.Kvs) >= limit {
			return false
		}
		pair := &kvrpcpb.KvPair{Key: it.key}
		if !r.KeyOnly {
			pair.Value = it.value
		}
		out.Kvs = append(out.Kvs, pair)
		return true
	}
	p.data.mu.RLock()
	defer p.data.mu.RUnlock()
	if r.Reverse {
		p.data.reverseScan(r.StartKey, r.EndKey, unixNow(), take)
	} else {
		p.data.scan(r.StartKey, r.EndKey, unixNow(), take)
	}
	return out, nil
}

// crcISO is the table of TiKV's raw checksum, CRC-64/XZ over key and value.
var crcISO = crc64.MakeTable(crc64.ECMA)

// RawChecksum adds up the keys of ranges within one region.
func (s *service) RawChecksum(ctx context.Context, r *kvrpcpb.RawChecksumRequest) (*kvrpcpb.RawChecksumResponse, error) {
	if r.Algorithm != kvrpcpb.ChecksumAlgorithm_Crc64_Xor {
		return &kvrpcpb.RawChecksumResponse{Error: fmt.Sprintf("unknown checksum algorithm %s", r.Algorithm)}, nil
	}
	p, e := s.read(ctx, r.GetContext())
	if e != nil {
		return &kvrpcpb.RawChecksumResponse{RegionError: e}, nil
	}
	out := &kvrpcpb.RawChecksumResponse{}
	p.data.mu.RLock()
	defer p.data.mu.RUnlock()
	for _, kr := range r.Ranges {
		p.data.scan(kr.StartKey, kr.EndKey, unixNow(), func(it item) bool {
			sum := crc64.Update(crc64.Update(0, crcISO, it.key), crcISO, it.value)
			out.Checksum ^= sum
			out.TotalKvs++
			out.TotalBytes += uint64(len(it.key) + len(it.value))
			return true
		})
	}
	return out, nil
}

var errPaused = status.Error(codes.Unavailable, "gRPC is paused")
