package store

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc64"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
)

// readRanges is read for ranges. A range may start at the region's end key, where a
// reverse scan begins.
func (s *service) readRanges(ctx context.Context, c *kvrpcpb.Context, f func(k *kv, now uint64), ranges ...*kvrpcpb.KeyRange) *errorpb.Error {
	s.ops.Add(1)
	p, e := s.region(c)
	if e != nil {
		return e
	}
	for _, r := range ranges {
		if !p.contains(r.StartKey) && !bytes.Equal(r.StartKey, p.meta.EndKey) {
			return keyNotInRegion(p, r.StartKey)
		}
	}
	return s.readRegion(ctx, p, f)
}

// RawScan returns keys of one region in order. The client goes on in the next.
func (s *service) RawScan(ctx context.Context, r *kvrpcpb.RawScanRequest) (*kvrpcpb.RawScanResponse, error) {
	if why := refusal("raw_scan", r.GetContext(), r.Cf); why != "" {
		return &kvrpcpb.RawScanResponse{Kvs: pairError(why)}, nil
	}
	span := &kvrpcpb.KeyRange{StartKey: r.StartKey, EndKey: r.EndKey}
	out := &kvrpcpb.RawScanResponse{}
	if e := s.readRanges(ctx, r.GetContext(), func(k *kv, now uint64) {
		out.Kvs = k.pairs(span, r.Limit, r.KeyOnly, r.Reverse, now)
	}, span); e != nil {
		return &kvrpcpb.RawScanResponse{RegionError: e}, nil
	}
	return out, nil
}

// RawBatchScan scans ranges of one region. A range without an end ends where the
// next one starts.
func (s *service) RawBatchScan(ctx context.Context, r *kvrpcpb.RawBatchScanRequest) (*kvrpcpb.RawBatchScanResponse, error) {
	if why := refusal("raw_batch_scan", r.GetContext(), r.Cf); why != "" {
		return &kvrpcpb.RawBatchScanResponse{Kvs: pairError(why)}, nil
	}
	var spans []*kvrpcpb.KeyRange
	for i, span := range r.Ranges {
		end := span.EndKey
		if len(end) == 0 && i+1 < len(r.Ranges) {
			end = r.Ranges[i+1].StartKey
		}
		if way := bytes.Compare(span.StartKey, end); len(end) > 0 && (way >= 0 && !r.Reverse || way <= 0 && r.Reverse) {
			return &kvrpcpb.RawBatchScanResponse{Kvs: pairError("Invalid KeyRanges")}, nil
		}
		spans = append(spans, &kvrpcpb.KeyRange{StartKey: span.StartKey, EndKey: end})
	}
	out := &kvrpcpb.RawBatchScanResponse{}
	if e := s.readRanges(ctx, r.GetContext(), func(k *kv, now uint64) {
		out.Kvs = nil
		for _, span := range spans {
			out.Kvs = append(out.Kvs, k.pairs(span, r.EachLimit, r.KeyOnly, r.Reverse, now)...)
		}
	}, r.Ranges...); e != nil {
		return &kvrpcpb.RawBatchScanResponse{RegionError: e}, nil
	}
	return out, nil
}

// pairs returns up to limit keys of a range.
func (k *kv) pairs(span *kvrpcpb.KeyRange, limit uint32, keyOnly, reverse bool, now uint64) (found []*kvrpcpb.KvPair) {
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
	if reverse {
		k.reverseScan(span.StartKey, span.EndKey, now, take)
	} else {
		k.scan(span.StartKey, span.EndKey, now, take)
	}
	return found
}

// crcTiKV is the table for TiKV's raw checksum, CRC-64/XZ over key and value.
var crcTiKV = crc64.MakeTable(crc64.ECMA)

// RawChecksum returns the checksum of ranges of one region.
func (s *service) RawChecksum(ctx context.Context, r *kvrpcpb.RawChecksumRequest) (*kvrpcpb.RawChecksumResponse, error) {
	if r.Algorithm != kvrpcpb.ChecksumAlgorithm_Crc64_Xor {
		return &kvrpcpb.RawChecksumResponse{Error: fmt.Sprintf("unknown checksum algorithm %s", r.Algorithm)}, nil
	}
	if why := refusal("raw_checksum", r.GetContext(), ""); why != "" {
		return &kvrpcpb.RawChecksumResponse{Error: why}, nil
	}
	out := &kvrpcpb.RawChecksumResponse{}
	if e := s.readRanges(ctx, r.GetContext(), func(k *kv, now uint64) {
		*out = kvrpcpb.RawChecksumResponse{}
		for _, kr := range r.Ranges {
			k.scan(kr.StartKey, kr.EndKey, now, func(it item) bool {
				sum := crc64.Update(crc64.Update(0, crcTiKV, it.key), crcTiKV, it.value)
				out.Checksum ^= sum
				out.TotalKvs++
				out.TotalBytes += uint64(len(it.key) + len(it.value))
				return true
			})
		}
	}, r.Ranges...); e != nil {
		return &kvrpcpb.RawChecksumResponse{RegionError: e}, nil
	}
	return out, nil
}
