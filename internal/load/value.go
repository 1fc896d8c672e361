package load

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
)

// YCSB's record: 10 fields of 100 bytes. An insert's value is small.
const (
	fieldCount = 10
	fieldSize  = 100
	valueSize  = fieldCount * fieldSize
	insertSize = 32
	headerSize = 28 // at the front: run, key, version, checksum
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// codec encodes and decodes values. A value has its run, its key, its version and a
// checksum, so that values of an earlier run or another key, and damaged ones, are
// recognised.
type codec struct {
	run   uint64
	noise []byte
}

// reading is the decoded result of a read.
type reading struct {
	state   state
	version uint64 // 0 for anything but a value of this key and this run
}

type state int

const (
	present   state = iota
	absent          // the key has no value
	damaged         // not a value that a workload writes
	misplaced       // a whole value, of another key
	earlier         // the value that another run wrote to this key
)

func newCodec(run uint64, r *rand.Rand) codec {
	noise := make([]byte, 2*valueSize)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return codec{run: run, noise: noise}
}

func (c codec) encode(it item, version uint64) []byte {
	v := make([]byte, it.size())
	copy(v[headerSize:], c.body(it, version))
	binary.BigEndian.PutUint64(v[0:], c.run)
	binary.BigEndian.PutUint64(v[8:], it.id())
	binary.BigEndian.PutUint64(v[16:], version)
	binary.BigEndian.PutUint32(v[24:], checksum(v))
	return v
}

// decode decodes what was read for a key.
func (c codec) decode(it item, v []byte) reading {
	switch {
	case v == nil:
		return reading{state: absent}
	case len(v) != it.size(), binary.BigEndian.Uint32(v[24:]) != checksum(v):
		return reading{state: damaged}
	case binary.BigEndian.Uint64(v[8:]) != it.id():
		return reading{state: misplaced}
	case binary.BigEndian.Uint64(v[0:]) != c.run:
		return reading{state: earlier}
	}
	version := binary.BigEndian.Uint64(v[16:])
	if !bytes.Equal(v[headerSize:], c.body(it, version)) {
		return reading{state: damaged}
	}
	return reading{version: version}
}

// body returns the bytes after the header. They differ from version to version.
func (c codec) body(it item, version uint64) []byte {
	shift := int((it.id()*31 + version*7) % valueSize)
	return c.noise[shift : shift+it.size()-headerSize]
}

// id is a number unique to the key in its run. The highest bit marks inserts.
func (it item) id() uint64 {
	if it.insert {
		return 1<<63 | uint64(it.n)
	}
	return uint64(it.n)
}

func (it item) size() int {
	if it.insert {
		return insertSize
	}
	return valueSize
}

func checksum(v []byte) uint32 {
	sum := crc32.Update(0, castagnoli, v[:24])
	return crc32.Update(sum, castagnoli, v[headerSize:])
}
