package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/google/btree"
)

// item is one key, its value, and the unix second at which it expires (0: never).
type item struct {
	key, value []byte
	expires    uint64
}

// kv is the state machine of one region, an ordered map. The raft loop writes it,
// the service reads it.
type kv struct {
	mu   sync.RWMutex
	tree *btree.BTreeG[item]
	size int64 // bytes of keys and values
}

func newKV() *kv {
	return &kv{tree: btree.NewG(32, func(a, b item) bool { return bytes.Compare(a.key, b.key) < 0 })}
}

func (k *kv) put(it item) {
	old, had := k.tree.ReplaceOrInsert(it)
	if had {
		k.size -= int64(len(old.key) + len(old.value))
	}
	k.size += int64(len(it.key) + len(it.value))
}

func (k *kv) delete(key []byte) {
	if old, had := k.tree.Delete(item{key: key}); had {
		k.size -= int64(len(old.key) + len(old.value))
	}
}

// get returns a key that has not expired at now.
func (k *kv) get(key []byte, now uint64) (item, bool) {
	it, ok := k.tree.Get(item{key: key})
	if !ok || it.expired(now) {
		return item{}, false
	}
	return it, true
}

func (it item) expired(now uint64) bool { return it.expires != 0 && it.expires <= now }

// scan calls f for the keys in [start, end) until f returns false. An empty end is
// the end of all keys.
func (k *kv) scan(start, end []byte, now uint64, f func(item) bool) {
	visit := func(it item) bool {
		if it.expired(now) {
			return true
		}
		return f(it)
	}
	if len(end) == 0 {
		k.tree.AscendGreaterOrEqual(item{key: start}, visit)
		return
	}
	k.tree.AscendRange(item{key: start}, item{key: end}, visit)
}

// reverseScan calls f for the keys in [end, start) from the last to the first. As
// in TiKV an empty start is the empty key, before which there is nothing.
func (k *kv) reverseScan(start, end []byte, now uint64, f func(item) bool) {
	visit := func(it item) bool {
		switch {
		case bytes.Equal(it.key, start) || it.expired(now):
			return true
		case bytes.Compare(it.key, end) < 0:
			return false
		}
		return f(it)
	}
	k.tree.DescendLessOrEqual(item{key: start}, visit)
}

// clone returns a copy of the map in constant time. The two are copied on write.
func (k *kv) clone() *kv {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &kv{tree: k.tree.Clone(), size: k.size}
}

// dumpPause is how many bytes a dump writes between two calls of goOn.
const dumpPause = 128 << 10

// dump serialises a map that nobody changes, for a snapshot. It calls goOn now and
// then and stops early when that returns false.
func (k *kv) dump(goOn func() bool) []byte {
	b := make([]byte, 0, k.size+int64(16*k.tree.Len()))
	next := dumpPause
	k.tree.Ascend(func(it item) bool {
		b = binary.AppendUvarint(b, it.expires)
		b = binary.AppendUvarint(b, uint64(len(it.key)))
		b = append(b, it.key...)
		b = binary.AppendUvarint(b, uint64(len(it.value)))
		b = append(b, it.value...)
		if len(b) < next {
			return true
		}
		next = len(b) + dumpPause
		return goOn()
	})
	return b
}

var errShortSnapshot = errors.New("a snapshot is cut short")

// load replaces the map's contents by a dump.
func (k *kv) load(b []byte) error {
	fresh := newKV()
	short := false
	number := func() uint64 {
		n, used := binary.Uvarint(b)
		short = short || used <= 0
		b = b[max(0, used):]
		return n
	}
	for len(b) > 0 {
		it := item{expires: number()}
		for _, field := range []*[]byte{&it.key, &it.value} {
			n := number()
			if short || n > uint64(len(b)) {
				return errShortSnapshot
			}
			*field, b = bytes.Clone(b[:n]), b[n:]
		}
		fresh.put(it)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tree, k.size = fresh.tree, fresh.size
	return nil
}

// read runs f under the read lock.
func (k *kv) read(f func(*kv)) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	f(k)
}

// bytes returns the size of keys and values. Only the raft loop, which writes the
// map, may call it.
func (k *kv) bytes() int64 { return k.size }

func (k *kv) stats() (keys int, size int64) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.tree.Len(), k.size
}
