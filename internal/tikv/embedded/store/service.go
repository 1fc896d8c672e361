package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The epoch of every region. PD is bootstrapped with one region of version 1 that
// has all keys; the regions of the layout come after it.
const (
	regionVersion = 2
	regionConfVer = 2
)

// service implements the part of TiKV's gRPC service that raw clients use.
// Everything else answers Unimplemented.
type service struct {
	tikvpb.UnimplementedTikvServer
	n      *node
	link   *link
	pdLink *link       // to PD
	paused atomic.Bool // PUT /pause_grpc: clients are refused, heartbeats go on
	ops    atomic.Int64
}

// region checks that this store may serve a request and returns its region. The
// error is one of the protocol's, so that clients re-route by themselves.
func (s *service) region(c *kvrpcpb.Context, keys ...[]byte) (*peer, *errorpb.Error) {
	id := c.GetRegionId()
	if at := c.GetPeer().GetStoreId(); at != 0 && at != s.n.id {
		return nil, &errorpb.Error{Message: fmt.Sprintf("to store id %d, mine %d", at, s.n.id), StoreNotMatch: &errorpb.StoreNotMatch{RequestStoreId: at, ActualStoreId: s.n.id}}
	}
	p := s.n.peers[id]
	if p == nil {
		return nil, &errorpb.Error{Message: fmt.Sprintf("region %d not found", id), RegionNotFound: &errorpb.RegionNotFound{RegionId: id}}
	}
	if !p.leads() {
		return nil, notLeader(p)
	}
	if e := epochError(p, c.GetRegionEpoch()); e != nil {
		return nil, e
	}
	for _, key := range keys {
		if !p.contains(key) {
			return nil, keyNotInRegion(p, key)
		}
	}
	return p, nil
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

// regionError translates an error of the raft loop into one of the protocol's. A
// write that was proposed may or may not be done when the leader changes or the store
// stops; StaleCommand makes the client retry, as with TiKV, and count it as unknown.
// NotLeader and ServerIsBusy say that it was never proposed. A write during a
// leadership transfer is not done either, and StaleCommand lets it be retried much
// sooner than ServerIsBusy would.
func regionError(p *peer, err error) *errorpb.Error {
	lost := errors.Is(err, errLostLeadership) || errors.Is(err, errHandingOver)
	switch {
	case lost && !p.leads():
		return notLeader(p)
	case lost, errors.Is(err, errInLog):
		return &errorpb.Error{Message: err.Error(), StaleCommand: &errorpb.StaleCommand{}}
	}
	return &errorpb.Error{Message: err.Error(), ServerIsBusy: &errorpb.ServerIsBusy{Reason: err.Error()}}
}

// errBusy is what TiKV answers when its scheduler or its disk does not keep up.
var errBusy = &errorpb.Error{Message: "server is busy", ServerIsBusy: &errorpb.ServerIsBusy{Reason: "scheduler is busy"}}

// read runs f on a region's map if this store may serve the request.
func (s *service) read(ctx context.Context, c *kvrpcpb.Context, f func(k *kv, now uint64), keys ...[]byte) *errorpb.Error {
	s.ops.Add(1)
	p, e := s.region(c, keys...)
	if e != nil {
		return e
	}
	return s.readRegion(ctx, p, f)
}

func (s *service) readRegion(ctx context.Context, p *peer, f func(k *kv, now uint64)) *errorpb.Error {
	if s.link.busy() {
		return errBusy
	}
	now := unix(s.n.now())
	if err := s.n.read(ctx, p, func(k *kv) { f(k, now) }); err != nil {
		return regionError(p, err)
	}
	return nil
}

// message is a request that can be written to the log.
type message interface {
	Marshal() ([]byte, error)
	Size() int
}

// propose checks and proposes a write. It calls done once with the outcome.
func (s *service) propose(c *kvrpcpb.Context, o op, req message, done func(outcome, *errorpb.Error), keys ...[]byte) {
	s.ops.Add(1)
	p, e := s.region(c, keys...)
	if n := req.Size(); e == nil && n > entryLimit {
		e = tooLarge(p, n)
	}
	if e == nil && s.link.busy() {
		e = errBusy
	}
	if e != nil {
		done(outcome{}, e)
		return
	}
	told := func(out outcome) {
		if out.err != nil {
			e = regionError(p, out.err)
		}
		done(out, e)
	}
	if !s.n.inbox.put(writeRequest{p.meta.ID, o, req, told}) {
		told(outcome{err: errStopping})
	}
}

// write proposes and waits until the command is applied.
func (s *service) write(ctx context.Context, c *kvrpcpb.Context, o op, req message, keys ...[]byte) (outcome, *errorpb.Error) {
	type result struct {
		outcome
		e *errorpb.Error
	}
	done := make(chan result, 1)
	s.propose(c, o, req, func(out outcome, e *errorpb.Error) { done <- result{out, e} }, keys...)
	select {
	case r := <-done:
		return r.outcome, r.e
	case <-ctx.Done(): // nobody receives this answer
		return outcome{}, &errorpb.Error{Message: ctx.Err().Error()}
	}
}

// RawGet reads one key.
func (s *service) RawGet(ctx context.Context, r *kvrpcpb.RawGetRequest) (*kvrpcpb.RawGetResponse, error) {
	return s.get(ctx, r, s.n.read), nil
}

// get reads one key. It returns nil if read does not wait and would have to.
func (s *service) get(ctx context.Context, r *kvrpcpb.RawGetRequest, read reading) *kvrpcpb.RawGetResponse {
	if why := refusal("raw_get", r.GetContext(), r.Cf); why != "" {
		return &kvrpcpb.RawGetResponse{Error: why}
	}
	p, e := s.region(r.GetContext(), r.Key)
	if e != nil {
		return &kvrpcpb.RawGetResponse{RegionError: e}
	}
	out := &kvrpcpb.RawGetResponse{}
	now := unix(s.n.now())
	err := read(ctx, p, func(k *kv) {
		it, ok := k.get(r.Key, now)
		out.Value, out.NotFound = it.value, !ok
	})
	if errors.Is(err, errMustWait) {
		return nil
	}
	s.ops.Add(1)
	if err != nil {
		return &kvrpcpb.RawGetResponse{RegionError: regionError(p, err)}
	}
	return out
}

// reading is node.read or node.readAtOnce.
type reading func(context.Context, *peer, func(*kv)) error

// RawBatchGet reads keys of one region and omits those that do not exist.
func (s *service) RawBatchGet(ctx context.Context, r *kvrpcpb.RawBatchGetRequest) (*kvrpcpb.RawBatchGetResponse, error) {
	if why := refusal("raw_batch_get", r.GetContext(), r.Cf); why != "" {
		return &kvrpcpb.RawBatchGetResponse{Pairs: pairError(why)}, nil
	}
	out := &kvrpcpb.RawBatchGetResponse{}
	if e := s.read(ctx, r.GetContext(), func(k *kv, now uint64) {
		out.Pairs = nil
		for _, key := range r.Keys {
			if it, ok := k.get(key, now); ok {
				out.Pairs = append(out.Pairs, &kvrpcpb.KvPair{Key: key, Value: it.value})
			}
		}
	}, r.Keys...); e != nil {
		return &kvrpcpb.RawBatchGetResponse{RegionError: e}, nil
	}
	return out, nil
}

// RawGetKeyTTL returns the seconds until a key expires; 0 means never.
func (s *service) RawGetKeyTTL(ctx context.Context, r *kvrpcpb.RawGetKeyTTLRequest) (*kvrpcpb.RawGetKeyTTLResponse, error) {
	if why := refusal("raw_get_key_ttl", r.GetContext(), r.Cf); why != "" {
		return &kvrpcpb.RawGetKeyTTLResponse{Error: why}, nil
	}
	out := &kvrpcpb.RawGetKeyTTLResponse{}
	if e := s.read(ctx, r.GetContext(), func(k *kv, now uint64) {
		it, ok := k.get(r.Key, now)
		out.NotFound, out.Ttl = !ok, max(it.expires, now)-now
	}, r.Key); e != nil {
		return &kvrpcpb.RawGetKeyTTLResponse{RegionError: e}, nil
	}
	return out, nil
}

// RawPut writes one key.
func (s *service) RawPut(ctx context.Context, r *kvrpcpb.RawPutRequest) (*kvrpcpb.RawPutResponse, error) {
	done := make(chan *kvrpcpb.RawPutResponse, 1)
	s.put(r, func(out *kvrpcpb.RawPutResponse) { done <- out })
	select {
	case out := <-done:
		return out, nil
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

// put writes one key and calls done once with the answer.
func (s *service) put(r *kvrpcpb.RawPutRequest, done func(*kvrpcpb.RawPutResponse)) {
	if why := writeRefusal("raw_put", r.GetContext(), r.Cf, r.ForCas, r.Key); why != "" {
		done(&kvrpcpb.RawPutResponse{Error: why})
		return
	}
	req := &kvrpcpb.RawPutRequest{Key: r.Key, Value: r.Value, Ttl: r.Ttl}
	s.propose(r.GetContext(), opPut, req, func(_ outcome, e *errorpb.Error) {
		done(&kvrpcpb.RawPutResponse{RegionError: e})
	}, r.Key)
}

// RawBatchPut writes keys of one region at once.
func (s *service) RawBatchPut(ctx context.Context, r *kvrpcpb.RawBatchPutRequest) (*kvrpcpb.RawBatchPutResponse, error) {
	keys := make([][]byte, 0, len(r.Pairs))
	for _, p := range r.Pairs {
		keys = append(keys, p.Key)
	}
	if why := writeRefusal("raw_batch_put", r.GetContext(), r.Cf, r.ForCas, keys...); why != "" {
		return &kvrpcpb.RawBatchPutResponse{Error: why}, nil
	}
	if n := len(r.Ttls); n > 1 && n != len(r.Pairs) {
		return &kvrpcpb.RawBatchPutResponse{Error: "The length of ttls does not equal to the length of pairs"}, nil
	}
	_, e := s.write(ctx, r.GetContext(), opBatchPut, &kvrpcpb.RawBatchPutRequest{Pairs: r.Pairs, Ttls: r.Ttls}, keys...)
	return &kvrpcpb.RawBatchPutResponse{RegionError: e}, nil
}

// RawDelete removes one key.
func (s *service) RawDelete(ctx context.Context, r *kvrpcpb.RawDeleteRequest) (*kvrpcpb.RawDeleteResponse, error) {
	if why := writeRefusal("raw_delete", r.GetContext(), r.Cf, r.ForCas, r.Key); why != "" {
		return &kvrpcpb.RawDeleteResponse{Error: why}, nil
	}
	_, e := s.write(ctx, r.GetContext(), opDelete, &kvrpcpb.RawDeleteRequest{Key: r.Key}, r.Key)
	return &kvrpcpb.RawDeleteResponse{RegionError: e}, nil
}

// RawBatchDelete removes keys of one region at once.
func (s *service) RawBatchDelete(ctx context.Context, r *kvrpcpb.RawBatchDeleteRequest) (*kvrpcpb.RawBatchDeleteResponse, error) {
	if why := writeRefusal("raw_batch_delete", r.GetContext(), r.Cf, r.ForCas, r.Keys...); why != "" {
		return &kvrpcpb.RawBatchDeleteResponse{Error: why}, nil
	}
	_, e := s.write(ctx, r.GetContext(), opBatchDelete, &kvrpcpb.RawBatchDeleteRequest{Keys: r.Keys}, r.Keys...)
	return &kvrpcpb.RawBatchDeleteResponse{RegionError: e}, nil
}

// RawDeleteRange removes the keys in [start, end) of one region.
func (s *service) RawDeleteRange(ctx context.Context, r *kvrpcpb.RawDeleteRangeRequest) (*kvrpcpb.RawDeleteRangeResponse, error) {
	if why := writeRefusal("raw_delete_range", r.GetContext(), r.Cf, false, r.StartKey, r.EndKey); why != "" {
		return &kvrpcpb.RawDeleteRangeResponse{Error: why}, nil
	}
	p, e := s.region(r.GetContext(), r.StartKey)
	if e == nil {
		e = rangeError(p, r.StartKey, r.EndKey)
	}
	if e != nil {
		return &kvrpcpb.RawDeleteRangeResponse{RegionError: e}, nil
	}
	_, e = s.write(ctx, r.GetContext(), opDeleteRange, &kvrpcpb.RawDeleteRangeRequest{StartKey: r.StartKey, EndKey: r.EndKey}, r.StartKey)
	return &kvrpcpb.RawDeleteRangeResponse{RegionError: e}, nil
}

// RawCompareAndSwap writes a key if it has the value that the caller expects.
func (s *service) RawCompareAndSwap(ctx context.Context, r *kvrpcpb.RawCASRequest) (*kvrpcpb.RawCASResponse, error) {
	if why := refusal("raw_compare_and_swap", r.GetContext(), r.Cf); why != "" {
		return &kvrpcpb.RawCASResponse{Error: why}, nil
	}
	req := &kvrpcpb.RawCASRequest{Key: r.Key, Value: r.Value, PreviousNotExist: r.PreviousNotExist, PreviousValue: r.PreviousValue, Ttl: r.Ttl}
	out, e := s.write(ctx, r.GetContext(), opCAS, req, r.Key)
	if e != nil {
		return &kvrpcpb.RawCASResponse{RegionError: e}, nil
	}
	return &kvrpcpb.RawCASResponse{Succeed: out.succeeded, PreviousNotExist: !out.existed, PreviousValue: out.previous}, nil
}

var errPaused = status.Error(codes.Unavailable, "gRPC is paused")
