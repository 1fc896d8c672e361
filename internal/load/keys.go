package load

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strconv"
)

// keyPrefix is go-ycsb's table "usertable" and YCSB's key prefix, joined as its
// raw mode joins them.
const keyPrefix = "usertable:user"

// insertMark separates a record's key from the number of an insert next to it.
const insertMark = ":insert"

// Key returns the key of record n exactly as go-ycsb v1.0.1 builds it in raw mode
// with its default, hashed order of inserts. Other YCSB tools then find our
// records and ours theirs.
func Key(n int64) []byte {
	return strconv.AppendInt([]byte(keyPrefix), hash64(n), 10)
}

// insertKey returns the key of insert i. It sorts just after a record's key, so that
// inserts spread over the regions as the records do. It cannot be a record's key,
// which has only digits at its end.
func insertKey(i int64, records int) []byte {
	key := append(Key(i%int64(records)), insertMark...)
	return strconv.AppendInt(key, i, 10)
}

// key returns an item's key.
func (it item) key(records int) []byte {
	if it.insert {
		return insertKey(it.n, records)
	}
	return Key(it.n)
}

// SplitKeys returns the regions-1 split keys, sorted, that divide the records into
// regions of equal size. They are real keys at the quantiles: the keys of 10,000
// records are all between user6282… and user6320…, so split keys spread evenly over
// all strings would put every record into one region. There are fewer of them if
// there are fewer records than regions.
func SplitKeys(records, regions int) [][]byte {
	regions = min(regions, records)
	if regions < 2 {
		return nil
	}
	keys := make([]string, records)
	for n := range keys {
		keys[n] = string(Key(int64(n)))
	}
	slices.Sort(keys)
	borders := make([][]byte, 0, regions-1)
	for i := 1; i < regions; i++ {
		borders = append(borders, []byte(keys[i*records/regions]))
	}
	return borders
}

// hash64 is YCSB's hash of a record number (FNV-1a of its eight bytes, big-endian
// in go-ycsb), made positive.
func hash64(n int64) int64 {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h := fnv.New64a()
	_, _ = h.Write(b[:])
	sum := int64(h.Sum64())
	if sum < 0 {
		return -sum
	}
	return sum
}
