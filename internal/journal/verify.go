package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Report is what Verify found out about a record.
type Report struct {
	Schema  int
	Run     string    // id of the run, "" in version 1
	Began   time.Time // time of the first line
	Lines   uint64
	Head    string   // SHA-256 of the last line
	Seals   []string // heads that the screen showed
	Shown   []Shown  // parts of the talk in which the audience saw another record
	Ended   bool     // the last line is that of a run's end
	Faults  []string // what is wrong, one line each; at most faultsKept
	Damaged int      // how many faults there are in all
}

// Shown is a part of a talk in which the audience saw another record.
type Shown struct {
	N      int    // chapter in which the live talk stood
	Record string // as the talk called it
	Run    string // id of that run; "" where this record does not say
	Head   string // of its record, likewise
	Back   bool   // the talk was live again afterwards
}

// shownKept is how many such parts are told.
const shownKept = 20

// sealsKept is how many heads that a screen showed are kept: a talk shows one at the
// end of each play.
const sealsKept = 1000

// faultsKept is how many faults are told one by one.
const faultsKept = 20

// Whole says whether nothing is wrong.
func (r Report) Whole() bool { return r.Damaged == 0 }

func (r *Report) fault(format string, a ...any) {
	r.Damaged++
	if len(r.Faults) < faultsKept {
		r.Faults = append(r.Faults, fmt.Sprintf(format, a...))
	}
}

// Names says whether a head, its first characters or its words name this record:
// as it is now, or as the screen showed it before its last lines were written.
func (r Report) Names(given string) bool {
	for _, head := range append([]string{r.Head}, r.Seals...) {
		if head != "" && names(given, head) {
			return true
		}
	}
	return false
}

// Verify follows the chain of a record. It says where lines were changed, taken
// out, added or moved. A chain cannot stop its author from writing all of it anew.
func Verify(in io.Reader) (Report, error) {
	r := NewReader(in)
	for {
		line, whole, err := r.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r.check.Report, err
		}
		r.check.Line(line, whole)
	}
	r.check.End()
	if r.check.chain.lines == 0 {
		return r.check.Report, errors.New("the file is empty")
	}
	return r.check.Report, nil
}

// Follower follows the chain of a record while it is read, line by line and in
// constant memory. The zero value is at the beginning of a record.
type Follower struct {
	Report
	chain chain
	n     uint64 // lines so far, empty ones too
	last  uint64 // number of the line before, as it says itself
}

// Line takes the next line; whole says that it had its line end.
func (f *Follower) Line(line []byte, whole bool) {
	var h head
	err := json.Unmarshal(line, &h)
	f.parsed(line, whole, h, err)
}

// parsed is Line for a line whose beginning was read.
func (f *Follower) parsed(line []byte, whole bool, h head, err error) {
	f.n++
	if !whole {
		f.fault("line %d was cut off: the run was killed while it wrote, or the file was cut", f.n)
	}
	if len(bytes.TrimSpace(line)) == 0 {
		f.fault("line %d is empty", f.n)
		return
	}
	if err != nil {
		f.fault("line %d was damaged: it is no JSON object", f.n)
		if f.n == 1 {
			f.Schema = 2 // what follows is held against it
		}
		f.chain.add(line)
		f.last++
		return
	}
	if f.n == 1 {
		f.begin(h, line)
	}
	if f.Schema >= 2 {
		f.link(f.n, h, f.last, f.chain)
		f.last = h.N
	}
	f.chain.add(line)
	f.Lines, f.Head = f.chain.lines, f.chain.head
	f.note(h, line, f.chain)
}

// End says that no line follows.
func (f *Follower) End() {
	f.Lines, f.Head = f.chain.lines, f.chain.head
	switch {
	case f.n == 0:
		f.fault("the file is empty")
	case f.Schema < 2 && f.Damaged == 0:
		f.fault("it is a record of version 1, which has no chain")
	case !f.Ended:
		f.fault("the last line is not the end of a run: the run was killed, or lines are missing at the end")
	}
}

// begin reads the first line.
func (r *Report) begin(h head, line []byte) {
	r.Schema, r.Began = 1, h.T
	var first struct {
		Schema int    `json:"schema"`
		Run    string `json:"run"`
	}
	if json.Unmarshal(line, &first) == nil && first.Schema > 0 {
		r.Schema, r.Run = first.Schema, first.Run
	}
	if h.Kind != (demo.RunStarted{}).Kind() {
		r.Schema = 2 // the first lines are missing, or changed
		r.fault("line 1 is not the beginning of a run")
	}
}

// link holds a line against the one before it.
func (r *Report) link(n uint64, h head, last uint64, c chain) {
	if h.Prev == c.head && h.N == last+1 {
		return
	}
	switch {
	case h.N == last:
		r.fault("line %d is there twice", n)
	case h.N == last+2:
		r.fault("a line is missing before line %d", n)
	case h.N > last+1:
		r.fault("%d lines are missing before line %d", h.N-last-1, n)
	case h.N < last:
		r.fault("line %d stands at the wrong place: it was line %d", n, h.N)
	default:
		r.fault("line %d was changed after it was written, or line %d was", n-1, n)
	}
}

// notShown keeps what the audience did not see.
func (r *Report) notShown(line []byte) {
	last := len(r.Shown) - 1
	_, b, err := Decode(line)
	switch b := b.(type) {
	case demo.TakenOver:
		if err == nil && len(r.Shown) < shownKept {
			r.Shown = append(r.Shown, Shown{N: b.N, Record: b.Record})
		}
	case demo.RecordShown:
		if last >= 0 {
			r.Shown[last].Run, r.Shown[last].Head = b.Run, b.Head
		}
	case demo.LiveAgain:
		if last >= 0 {
			r.Shown[last].Back = true
		}
	}
}

// note keeps the seals, and whether the run has ended.
func (r *Report) note(h head, line []byte, c chain) {
	switch h.Kind {
	case (demo.TakenOver{}).Kind(), (demo.RecordShown{}).Kind(), (demo.LiveAgain{}).Kind():
		r.notShown(line)
	}
	if r.Ended = h.Kind == last; r.Ended {
		// One without a hash of itself is no whole one: whoever changes the line can
		// take the hash out.
		switch has, should, found := ofItself(line); {
		case !found && r.Schema >= 2:
			r.fault("line %d, the last one, has no hash of itself: nothing says whether it was changed", c.lines)
		case found && has != should:
			r.fault("line %d, the last one, was changed after it was written", c.lines)
		}
	}
	if h.Kind != (demo.RecordSealed{}).Kind() {
		return
	}
	var s demo.RecordSealed
	if json.Unmarshal(line, &s) != nil || s.Head != h.Prev {
		r.fault("the seal in line %d is not that of the line before", c.lines)
		return
	}
	if len(r.Seals) < sealsKept && len(s.Head) == sha256.Size*2 {
		r.Seals = append(r.Seals, s.Head)
	}
}
