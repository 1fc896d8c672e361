package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"google.golang.org/protobuf/encoding/protowire"
)

// op is a kind of write. Its value is stored in the log and must not change.
type op byte

const (
	opPut op = iota + 1
	opBatchPut
	opDelete
	opBatchDelete
	opDeleteRange
	opCAS
)

// proposalHead is the size of what precedes a command in the log: the number by
// which the proposing store finds the waiting request, the time of the proposal,
// from which all replicas compute the same expiry, and the op.
const proposalHead = 8 + 8 + 1

// encodeCommand encodes a write as a log entry.
func encodeCommand(id, now uint64, o op, req message) ([]byte, error) {
	body, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	b := make([]byte, proposalHead, proposalHead+len(body))
	binary.BigEndian.PutUint64(b, id)
	binary.BigEndian.PutUint64(b[8:], now)
	b[16] = byte(o)
	return append(b, body...), nil
}

// outcome is the result of a write (for a compare-and-swap with the previous
// value), or the term in which a read was confirmed.
type outcome struct {
	err       error // region-level: it may not have been done
	term      uint64
	succeeded bool
	previous  []byte
	existed   bool
}

// apply executes one command on the map and returns its proposal number.
func (k *kv) apply(entry []byte) (uint64, outcome, error) {
	if len(entry) < proposalHead {
		return 0, outcome{}, errors.New("a log entry is too short for a command")
	}
	id, now := binary.BigEndian.Uint64(entry), binary.BigEndian.Uint64(entry[8:])
	body := entry[proposalHead:]
	k.mu.Lock()
	defer k.mu.Unlock()
	switch o := op(entry[16]); o {
	case opPut:
		it, err := decodePut(body, now)
		if err != nil {
			return id, outcome{}, err
		}
		k.put(it)
	case opBatchPut:
		var r kvrpcpb.RawBatchPutRequest
		if err := r.Unmarshal(body); err != nil {
			return id, outcome{}, err
		}
		for i, p := range r.Pairs {
			k.put(item{p.Key, p.Value, expiry(now, ttlOf(&r, i))})
		}
	case opDelete:
		var r kvrpcpb.RawDeleteRequest
		if err := r.Unmarshal(body); err != nil {
			return id, outcome{}, err
		}
		k.delete(r.Key)
	case opBatchDelete:
		var r kvrpcpb.RawBatchDeleteRequest
		if err := r.Unmarshal(body); err != nil {
			return id, outcome{}, err
		}
		for _, key := range r.Keys {
			k.delete(key)
		}
	case opDeleteRange:
		var r kvrpcpb.RawDeleteRangeRequest
		if err := r.Unmarshal(body); err != nil {
			return id, outcome{}, err
		}
		k.deleteRange(r.StartKey, r.EndKey)
	case opCAS:
		var r kvrpcpb.RawCASRequest
		if err := r.Unmarshal(body); err != nil {
			return id, outcome{}, err
		}
		return id, k.compareAndSwap(&r, now), nil
	default:
		return id, outcome{}, fmt.Errorf("a log entry has an unknown command %d", o)
	}
	return id, outcome{succeeded: true}, nil
}

// decodePut decodes a RawPutRequest, the most frequent command, without copying:
// the map shares key and value with the log entry.
func decodePut(body []byte, now uint64) (it item, err error) {
	const key, value, ttl = 2, 3, 5 // field numbers
	for len(body) > 0 {
		num, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			return it, protowire.ParseError(n)
		}
		body = body[n:]
		switch {
		case num == key && kind == protowire.BytesType:
			it.key, n = protowire.ConsumeBytes(body)
		case num == value && kind == protowire.BytesType:
			it.value, n = protowire.ConsumeBytes(body)
		case num == ttl && kind == protowire.VarintType:
			var seconds uint64
			seconds, n = protowire.ConsumeVarint(body)
			it.expires = expiry(now, seconds)
		default:
			n = protowire.ConsumeFieldValue(num, kind, body)
		}
		if n < 0 {
			return it, protowire.ParseError(n)
		}
		body = body[n:]
	}
	return it, nil
}

func (k *kv) deleteRange(start, end []byte) {
	var keys [][]byte
	k.scan(start, end, 0, func(it item) bool {
		keys = append(keys, it.key)
		return true
	})
	for _, key := range keys {
		k.delete(key)
	}
}

func (k *kv) compareAndSwap(r *kvrpcpb.RawCASRequest, now uint64) outcome {
	old, existed := k.get(r.Key, now)
	o := outcome{previous: old.value, existed: existed}
	if r.PreviousNotExist {
		o.succeeded = !existed
	} else {
		o.succeeded = existed && bytes.Equal(old.value, r.PreviousValue)
	}
	if o.succeeded {
		k.put(item{r.Key, r.Value, expiry(now, r.Ttl)})
	}
	return o
}

func expiry(now, ttl uint64) uint64 {
	if ttl == 0 {
		return 0
	}
	return max(now+ttl, ttl) // an overflow means never
}

// ttlOf returns the time to live of one key of a batch: its own or the common one.
func ttlOf(r *kvrpcpb.RawBatchPutRequest, i int) uint64 {
	switch {
	case i < len(r.Ttls):
		return r.Ttls[i]
	case len(r.Ttls) == 1:
		return r.Ttls[0]
	}
	return 0
}
