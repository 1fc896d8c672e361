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

// insertMark divides a record's key from the number of an insert beside it.
const insertMark = ":insert"

// Key gives the key of record n exactly as go-ycsb v1.0.1 builds it in raw mode
// with its default, hashed order of inserts. Other YCSB tools then find our
// records and ours theirs.
func Key(n int64) []byte {
	return strconv.AppendInt([]byte(keyPrefix), hash64(n), 10)
}

// insertKey gives the key of insert i among so many records. It lies just behind
// the key of a record, so that inserts spread over all regions as the records do,
// and it is no record's key, for those end in digits alone.
func insertKey(i int64, records int) []byte {
	key := append(Key(i%int64(records)), insertMark...)
	return strconv.AppendInt(key, i, 10)
}

// key gives an item's key.
func (it item) key(records int) []byte {
	if it.insert {
		return insertKey(it.n, records)
	}
	return Key(it.n)
}

// SplitKeys gives the regions-1 borders, sorted, that cut the keys of the first
// so many records into regions of equal size. They are real keys at the
// quantiles: the keys of 10,000 records all lie between user6282… and user6320…,
// so that borders spread evenly over all strings would put every record into one
// region. Keys sort as text, and so do the borders. There are fewer borders when
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
