package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// maxLine is far above any line that is written: the longest, the evidence of a
// diagnosis, is a few KiB.
const maxLine = 4 << 20

// Reader reads a record back. Use it for one record.
type Reader struct {
	r *bufio.Reader

	// Skipped counts the lines of kinds that this version does not know.
	Skipped int
	// Truncated says that the last line was cut off: the run was killed while
	// it wrote.
	Truncated bool
}

// NewReader reads the record in r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, 64<<10)} }

// Read gives the events of a record, in its order. See Reader.Events.
func Read(r io.Reader) iter.Seq2[demo.Event, error] { return NewReader(r).Events() }

// Events gives the events in the record's order, each with its line's time and
// no step. Lines of unknown kinds are counted and left out; so is a last line
// that was cut off. Any other bad line is an error that names it, and the last
// thing that is given. Afterwards Skipped and Truncated are known.
func (r *Reader) Events() iter.Seq2[demo.Event, error] {
	return func(yield func(demo.Event, error) bool) {
		for n := 1; ; n++ {
			line, whole, err := r.line()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(demo.Event{}, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			at, b, err := Decode(line)
			switch {
			case errors.Is(err, ErrUnknownKind):
				r.Skipped++
				continue
			case err != nil && !whole:
				r.Truncated = true
				return
			case err != nil:
				yield(demo.Event{}, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if !yield(demo.Event{At: at, Body: b}, nil) {
				return
			}
		}
	}
}

// line gives the next line; whole says that it had its line end.
func (r *Reader) line() (line []byte, whole bool, err error) {
	for {
		part, err := r.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, false, fmt.Errorf("longer than %d MiB; this is no record", maxLine>>20)
		case err == nil:
			return line, true, nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, false, nil
		}
		return nil, false, err
	}
}
