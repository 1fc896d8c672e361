package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/proto"
)

// The log is one append-only file for all regions of a store. It is written before
// anything is acknowledged, and not synced: it survives the death of the process,
// which is what this cluster is for, and not the death of the machine.
const (
	logName     = "raft.log"
	newSuffix   = ".new"                   // of the file that is to replace the log
	logMagic    = "tikv-demo raft log 2\n" // another version has another number
	recordHead  = 4 + 4 + 4                // length, CRC-32C of the payload, CRC-32C of these two
	recordLeast = 1 + 8                    // kind, region

	// logFloor is the size below which a log is not rewritten. Three stores with the
	// talk's 10,000 records keep together at most three times this and what is live,
	// twice while they rewrite: see TestALogIsBoundedByItsLiveData.
	logFloor = 48 << 20
)

// The kinds of records.
const (
	recEntry byte = iota + 1
	recHardState
	recSnapshot
)

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// raftLog buffers records and appends them to the file in one write per flush.
type raftLog struct {
	dir  string
	f    *os.File
	buf  []byte
	size int64
	live int64 // what the last rewrite found to be needed
	most int64 // size at which a rewrite is thought of
}

// overgrown reports whether a rewrite is worth it: half of a large file is old. A
// fixed limit would rewrite a log with more live data than that again and again.
func (l *raftLog) overgrown() bool { return l.size > max(l.most, 2*l.live) }

// add appends one record to the buffer. After an error the buffer is unchanged.
func (l *raftLog) add(kind byte, region uint64, body proto.Message) error {
	head := len(l.buf)
	l.buf = append(l.buf, make([]byte, recordHead)...)
	l.buf = append(l.buf, kind)
	l.buf = binary.BigEndian.AppendUint64(l.buf, region)
	whole, err := proto.MarshalOptions{}.MarshalAppend(l.buf, body)
	if err != nil {
		l.buf = l.buf[:head]
		return err
	}
	l.buf = whole
	payload := l.buf[head+recordHead:]
	if len(payload) > math.MaxUint32 {
		l.buf = l.buf[:head]
		return fmt.Errorf("a record of %d bytes does not fit into the log", len(payload))
	}
	binary.BigEndian.PutUint32(l.buf[head:], uint32(len(payload)))
	binary.BigEndian.PutUint32(l.buf[head+4:], crc32.Checksum(payload, crcTable))
	binary.BigEndian.PutUint32(l.buf[head+8:], crc32.Checksum(l.buf[head:head+8], crcTable))
	return nil
}

// flush writes the buffer to the file.
func (l *raftLog) flush() error {
	if len(l.buf) == 0 {
		return nil
	}
	n, err := l.f.Write(l.buf)
	l.size += int64(n)
	l.buf = l.buf[:0]
	if cap(l.buf) > 16<<20 {
		l.buf = nil
	}
	return err
}

func (l *raftLog) close() error { return l.f.Close() }

// openLog opens or creates the log of a data directory and calls f for each
// record. It truncates a record that was being written when the process died and
// returns the number of bytes cut. A killed process leaves a prefix of what it
// wrote. Anything else is damage, in the last record too, and is an error.
func openLog(dir string, f func(kind byte, region uint64, body []byte) error) (l *raftLog, cut int64, err error) {
	path := filepath.Join(dir, logName)
	_ = os.Remove(path + newSuffix) // of a rewrite during which the store died
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	b, err := readWhole(file)
	if err != nil {
		return nil, 0, err
	}
	if len(b) < len(logMagic) && string(b) == logMagic[:len(b)] {
		cut = int64(len(b))
		b = nil
	}
	end := int64(0)
	if len(b) > 0 {
		if end, err = readRecords(b, path, f); err != nil {
			return nil, 0, err
		}
		cut = int64(len(b)) - end
	}
	if err := file.Truncate(end); err != nil {
		return nil, 0, err
	}
	if _, err := file.Seek(end, io.SeekStart); err != nil {
		return nil, 0, err
	}
	l = &raftLog{dir: dir, f: file, size: end, most: logFloor}
	if end == 0 {
		l.buf = append(l.buf, logMagic...)
	}
	return l, cut, nil
}

// readWhole reads a file into a buffer of exactly its size.
func readWhole(f *os.File) ([]byte, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, st.Size())
	_, err = io.ReadFull(f, b)
	return b, err
}

// readRecords returns the offset of the end of the last whole record.
func readRecords(b []byte, path string, f func(kind byte, region uint64, body []byte) error) (int64, error) {
	if len(b) < len(logMagic) || string(b[:len(logMagic)]) != logMagic {
		return 0, fmt.Errorf("%s is not a log of this version; start with an empty data directory", path)
	}
	off := len(logMagic)
	damaged := func() (int64, error) {
		return 0, fmt.Errorf("%s is damaged at byte %d; start with an empty data directory and let the other stores fill it", path, off)
	}
	for off < len(b) {
		if len(b)-off < recordHead {
			return int64(off), nil // the head was being written
		}
		head := b[off : off+recordHead]
		if crc32.Checksum(head[:8], crcTable) != binary.BigEndian.Uint32(head[8:]) {
			return damaged()
		}
		n := int64(binary.BigEndian.Uint32(head))
		if n > int64(len(b)-off-recordHead) {
			return int64(off), nil // the payload was being written: the length is right, and the file shorter
		}
		next := off + recordHead + int(n)
		payload := b[off+recordHead : next]
		if n < recordLeast || crc32.Checksum(payload, crcTable) != binary.BigEndian.Uint32(head[4:]) {
			return damaged()
		}
		if err := f(payload[0], binary.BigEndian.Uint64(payload[1:]), payload[9:]); err != nil {
			return 0, fmt.Errorf("%s at byte %d: %w", path, off, err)
		}
		off = next
	}
	return int64(off), nil
}
