package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// maxLine is far above any line that is written: the longest, the evidence of a
// diagnosis, is a few KiB.
const maxLine = 4 << 20

// Reader reads a record back. Use it for one record.
type Reader struct {
	r     *bufio.Reader
	times times
	check Follower

	// Skipped counts the lines of kinds that this version does not know.
	Skipped int
	// Truncated says that the last line was cut off: the run was killed while
	// it wrote.
	Truncated bool
	// Damaged counts the lines that could not be read, or were there twice.
	Damaged int
}

// NewReader reads the record in r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, 64<<10)} }

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

// Check gives what the chain says of the lines that were read so far.
func (r *Reader) Check() Report { return r.check.Report }
