package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// inputWindow is how many lines after its own an event may be taken in by the
// play. The events that wait for a front end are fewer.
const inputWindow = 8192

// ErrNoInputs says that a record does not hold what moved the play.
var ErrNoInputs = errors.New("the record is of version 1 of the schema, which does not hold what moved the play")

// Inputs gives what a play started from and then each event as the play took it
// in, in that order: demo.Resume of the first and demo.Take of the others come to
// every state that was. Lines that cannot be read are counted in Damaged and left
// out. It keeps a bounded number of lines, however long the record is.
func (r *Reader) Inputs() iter.Seq2[demo.Event, error] {
	return func(yield func(demo.Event, error) bool) {
		window := map[uint64]demo.Body{}
		begun := false
		for line := range r.lines() {
			if line.err != nil {
				yield(demo.Event{}, line.err)
				return
			}
			e := demo.Event{At: line.at, Body: line.body}
			switch b := line.body.(type) {
			case nil: // of a kind that this version does not know
				continue
			case demo.PlayBegun:
				begun = true
			case demo.Taken:
				e = b.Event
				e.At = line.at
				if e.Line > 0 {
					e.Body = window[e.Line]
					delete(window, e.Line)
				}
				if e.Body == nil {
					r.Damaged++ // the line that it means is damaged
					continue
				}
			default:
				window[line.n] = line.body
				delete(window, line.n-inputWindow)
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
		if !begun {
			yield(demo.Event{}, ErrNoInputs)
		}
	}
}

// Told gives what the record says happened, without the lines that only say what
// the play took in. Lines that cannot be read are counted in Damaged and left out.
func (r *Reader) Told() iter.Seq2[demo.Event, error] {
	return func(yield func(demo.Event, error) bool) {
		for line := range r.lines() {
			if _, input := line.body.(demo.Taken); input || line.body == nil && line.err == nil {
				continue
			}
			if !yield(demo.Event{At: line.at, Body: line.body}, line.err) {
				return
			}
		}
	}
}

// Line is one line of a record.
type Line struct {
	At   time.Time
	Body demo.Body // nil where this version does not know its kind
	Text []byte    // as it stands there, without its end
}

// Lines gives every line that can be read. Those that cannot are counted in Damaged and
// left out.
func (r *Reader) Lines() iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for line := range r.lines() {
			if !yield(Line{line.at, line.body, bytes.TrimRight(line.text, "\r\n")}, line.err) {
				return
			}
		}
	}
}

var errTime = errors.New("its time cannot be")

// longestRun is above the length of any run.
const longestRun = 365 * 24 * time.Hour

// times are those that lines of one record can have. One bit changes a year: such a
// line was drawn as part of a chart of nine hundred years.
type times struct{ anchor, odd time.Time }

// can says whether a line can have that time: it is near the others. Where the first
// line is the one that is damaged, the next two agree.
func (t *times) can(at time.Time) bool {
	near := func(other time.Time) bool { return !other.IsZero() && at.Sub(other).Abs() < longestRun }
	switch {
	case t.anchor.IsZero(), near(t.odd) && !near(t.anchor):
		t.anchor, t.odd = at, time.Time{}
	case !near(t.anchor):
		t.odd = at
		return false
	}
	return true
}

// readLine is one line that was read.
type readLine struct {
	at   time.Time
	n    uint64    // as it says itself
	body demo.Body // nil of a kind that this version does not know
	text []byte
	err  error // of the source; nothing follows
}

// lines gives every line that can be read, and after each what the chain says so far.
func (r *Reader) lines() iter.Seq[readLine] {
	return func(yield func(readLine) bool) {
		for n := 1; ; n++ {
			line, whole, err := r.line()
			if errors.Is(err, io.EOF) {
				r.check.End()
				return
			}
			if err != nil {
				yield(readLine{err: fmt.Errorf("line %d: %w", n, err)})
				return
			}
			var h head
			err = json.Unmarshal(line, &h)
			before := r.check.chain.head
			r.check.parsed(line, whole, h, err)
			if h.N > 0 && r.check.chain.head == before {
				r.Damaged++ // the line before, once more: it would be taken in twice
				continue
			}
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			var body demo.Body
			if err == nil {
				body, err = decode(h, line)
			}
			if err == nil && !r.times.can(h.T) {
				err = errTime
			}
			out := readLine{at: h.T, n: h.N, body: body, text: line}
			switch {
			case errors.Is(err, ErrUnknownKind):
				r.Skipped++
			case err != nil && !whole:
				r.Truncated = true
				r.check.End()
				return
			case err != nil:
				r.Damaged++
				continue
			}
			if !yield(out) {
				return
			}
		}
	}
}
