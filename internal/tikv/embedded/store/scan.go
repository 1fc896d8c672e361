package store

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc64"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
)

// readRanges gives a region that may be read now from each range's start, which
// may be the border at its end: a scan backwards begins there.
func (s *service) readRanges(ctx context.Context, c *kvrpcpb.Context, ranges ...*kvrpcpb.KeyRange) (*peer, *errorpb.Error) {
	p, e := s.read(ctx, c)
	if e != nil {
		return nil, e
	}
	for _, r := range ranges {
		if !p.contains(r.StartKey) && !bytes.Equal(r.StartKey, p.meta.EndKey) {
			return nil, keyNotInRegion(p, r.StartKey)
		}
	}
	return p, nil
}

// RawScan gives keys in order, within one region; the client goes on in the next.
func (s *service) RawScan(ctx context.Context, r *kvrpcpb.RawScanRequest) (*kvrpcpb.RawScanResponse, error) {
	if why := refusal("raw_scan", r.GetContext(), r.Cf); why != "" {
		return &kvrpcpb.RawScanResponse{Kvs: pairError(why)}, nil
	}
	span := &kvrpcpb.KeyRange{StartKey: r.StartKey, EndKey: r.EndKey}
	p, e := s.readRanges(ctx, r.GetContext(), span)
	if e != nil {
		return &kvrpcpb.RawScanResponse{RegionError: e}, nil
	}
	return &kvrpcpb.RawScanResponse{Kvs: p.scan(span, r.Limit, r.KeyOnly, r.Reverse, unix(s.n.now()))}, nil
}

// RawBatchScan scans several ranges of one region. A range without an end ends
// where the next one starts.
func (s *service) RawBatchScan(ctx context.Context, r *kvrpcpb.RawBatchScanRequest) (*kvrpcpb.RawBatchScanResponse, error) {
	if why := refusal("raw_batch_scan", r.GetContext(), r.Cf); why != "" {
		return &kvrpcpb.RawBatchScanResponse{Kvs: pairError(why)}, nil
	}
	p, e := s.readRanges(ctx, r.GetContext(), r.Ranges...)
	if e != nil {
		return &kvrpcpb.RawBatchScanResponse{RegionError: e}, nil
	}
	out := &kvrpcpb.RawBatchScanResponse{}
	for i, span := range r.Ranges {
		end := span.EndKey
		if len(end) == 0 && i+1 < len(r.Ranges) {
			end = r.Ranges[i+1].StartKey
		}
		if way := bytes.Compare(span.StartKey, end); len(end) > 0 && (way >= 0 && !r.Reverse || way <= 0 && r.Reverse) {
			return &kvrpcpb.RawBatchScanResponse{Kvs: pairError("Invalid KeyRanges")}, nil
		}
		out.Kvs = append(out.Kvs, p.scan(&kvrpcpb.KeyRange{StartKey: span.StartKey, EndKey: end}, r.EachLimit, r.KeyOnly, r.Reverse, unix(s.n.now()))...)
	}
	return out, nil
}

// scan gives up to limit keys of a range.
func (p *peer) scan(span *kvrpcpb.KeyRange, limit uint32, keyOnly, reverse bool, now uint64) (found []*kvrpcpb.KvPair) {
	take := func(it item) bool {
		if len(found) >= int(limit) {
			return false
		}
		pair := &kvrpcpb.KvPair{Key: it.key}
		if !keyOnly {
			pair.Value = it.value
		}
		found = append(found, pair)
		return true
	}
	p.data.mu.RLock()
	defer p.data.mu.RUnlock()
	if reverse {
		p.data.reverseScan(span.StartKey, span.EndKey, now, take)
	} else {
		p.data.scan(span.StartKey, span.EndKey, now, take)
	}
	return found
}

// crcTiKV is the table of TiKV's raw checksum, CRC-64/XZ over key and value.
var crcTiKV = crc64.MakeTable(crc64.ECMA)

// RawChecksum adds up the keys of ranges within one region.
func (s *service) RawChecksum(ctx context.Context, r *kvrpcpb.RawChecksumRequest) (*kvrpcpb.RawChecksumResponse, error) {
	if r.Algorithm != kvrpcpb.ChecksumAlgorithm_Crc64_Xor {
		return &kvrpcpb.RawChecksumResponse{Error: fmt.Sprintf("unknown checksum algorithm %s", r.Algorithm)}, nil
	}
	if why := refusal("raw_checksum", r.GetContext(), ""); why != "" {
		return &kvrpcpb.RawChecksumResponse{Error: why}, nil
	}
	p, e := s.readRanges(ctx, r.GetContext(), r.Ranges...)
	if e != nil {
		return &kvrpcpb.RawChecksumResponse{RegionError: e}, nil
	}
	out := &kvrpcpb.RawChecksumResponse{}
	p.data.mu.RLock()
	defer p.data.mu.RUnlock()
	for _, kr := range r.Ranges {
		p.data.scan(kr.StartKey, kr.EndKey, unix(s.n.now()), func(it item) bool {
			sum := crc64.Update(crc64.Update(0, crcTiKV, it.key), crcTiKV, it.value)
			out.Checksum ^= sum
			out.TotalKvs++
			out.TotalBytes += uint64(len(it.key) + len(it.value))
			return true
		})
	}
	return out, nil
}
