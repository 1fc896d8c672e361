package load

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
)

// YCSB's record: 10 fields of 100 bytes.
const (
	fieldCount = 10
	fieldSize  = 100
	valueSize  = fieldCount * fieldSize
	headerSize = 28 // in the first field: run, record, version, checksum
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// codec writes and reads values. A value names the run and the record that it
// belongs to and its version, and carries a checksum over all of it: a value of
// an earlier run, of another key, or a damaged one is not taken for ours.
type codec struct {
	run   uint64
	noise []byte
}

func newCodec(run uint64, r *rand.Rand) codec {
	noise := make([]byte, 2*valueSize)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return codec{run: run, noise: noise}
}

func (c codec) encode(record int64, version uint64) []byte {
	v := make([]byte, valueSize)
	shift := int((uint64(record)*31 + version*7) % valueSize)
	copy(v[headerSize:], c.noise[shift:])
	binary.BigEndian.PutUint64(v[0:], c.run)
	binary.BigEndian.PutUint64(v[8:], uint64(record))
	binary.BigEndian.PutUint64(v[16:], version)
	binary.BigEndian.PutUint32(v[24:], checksum(v))
	return v
}

// decode gives the version of a value of this record and this run, and 0 for
// anything else: absent, damaged, or not ours.
func (c codec) decode(record int64, v []byte) uint64 {
	if len(v) != valueSize ||
		binary.BigEndian.Uint64(v[0:]) != c.run ||
		binary.BigEndian.Uint64(v[8:]) != uint64(record) ||
		binary.BigEndian.Uint32(v[24:]) != checksum(v) {
		return 0
	}
	return binary.BigEndian.Uint64(v[16:])
}

func checksum(v []byte) uint32 {
	sum := crc32.Update(0, castagnoli, v[:24])
	return crc32.Update(sum, castagnoli, v[headerSize:])
}
