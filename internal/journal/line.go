// Package journal is the record of a run: one JSON object a line,
//
//	{"t": RFC 3339 with nanoseconds, "kind": …, "seq": …, "prev": …, fields of the kind …}
//
// written while the run goes on and read back afterwards. The number seq counts
// the lines from 1, and prev is the SHA-256 of the line before. The last line has
// its own in self. Records of version 1 of the schema have none of these, and no
// input lines.
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// Schema is the version of the record that is written.
const Schema = 2

// ErrUnknownKind is a line of a kind that this version does not know: written
// by a newer one. A reader goes past it.
var ErrUnknownKind = errors.New("unknown kind")

// ofEachKind has an empty body of each kind, in the order of a run.
var ofEachKind = []demo.Body{
	demo.RunStarted{}, demo.ChapterEntered{}, demo.ChapterDone{}, demo.ClusterReady{},
	demo.HealthSeen{}, demo.RegionsSeen{}, demo.LoadSeen{},
	demo.HypothesisStated{}, demo.FaultSealed{}, demo.FaultInjected{}, demo.FaultConfirmed{},
	demo.SignalSeen{}, demo.TicketOpened{}, demo.TicketClosed{},
	demo.DiagnosisStarted{}, demo.DiagnosisDelta{}, demo.DiagnosisFinished{}, demo.FaultOpened{},
	demo.ActionProposed{}, demo.ActionAsked{}, demo.ActionApproved{}, demo.ActionDenied{}, demo.ActionSkipped{}, demo.ActionDone{},
	demo.FaultLifted{}, demo.StageSeen{}, demo.Recovered{}, demo.Violation{}, demo.DataProved{}, demo.LedgerVerified{}, demo.EffectFailed{}, demo.QuestionOpened{}, demo.QuestionClosed{}, demo.TakenOver{}, demo.RecordShown{}, demo.LiveWell{}, demo.LiveAgain{}, demo.ChaptersRevised{}, demo.ChaptersKept{}, demo.HypothesisJudged{}, demo.RunFinished{},
	demo.PlayBegun{}, demo.Taken{}, demo.RecordSealed{},
}

// kinds gives the type of each kind's body.
var kinds = func() map[string]reflect.Type {
	m := map[string]reflect.Type{}
	for _, b := range ofEachKind {
		m[b.Kind()] = reflect.TypeOf(b)
	}
	return m
}()

// head is what every line begins with.
type head struct {
	T    time.Time `json:"t"`
	Kind string    `json:"kind"`
	N    uint64    `json:"seq,omitempty"`
	Prev string    `json:"prev,omitempty"`
}

// encode gives the line for a body, with its line end, its number, and the hash of the
// line before; t is written in UTC. A body without a kind has no line: nil and no
// error.
func encode(at time.Time, b demo.Body, n uint64, prev string) ([]byte, error) {
	if b == nil || b.Kind() == "" {
		return nil, nil
	}
	first, err := marshal(head{at.UTC(), b.Kind(), n, prev})
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", b.Kind(), err)
	}
	var body any = b
	if taken, ok := b.(demo.Taken); ok {
		if body, err = toWire(taken.Event); err != nil {
			return nil, fmt.Errorf("record %s: %w", b.Kind(), err)
		}
	}
	fields, err := marshal(body)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", b.Kind(), err)
	}
	if len(fields) < 2 || fields[0] != '{' {
		return nil, fmt.Errorf("record %s: its body is no JSON object", b.Kind())
	}
	line := first[:len(first)-1] // without the closing brace
	if len(fields) > 2 {
		line = append(line, ',')
	}
	line = append(line, fields[1:]...)
	if b.Kind() == last {
		line = append(line[:len(line)-1], selfKey+hashOf(line)+`"}`...)
	}
	return append(line, '\n'), nil
}

// The last line of a run has the hash of itself without it: no line comes after it
// that would have its hash, and a bit that flipped in it was not found.
const selfKey = `,"self":"`

var last = (demo.RunFinished{}).Kind()

// ofItself gives the hash that a last line has of itself, and the one that it should
// have; found says whether it has one. Early records of version 2 have none.
func ofItself(line []byte) (has, should string, found bool) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	i := bytes.LastIndex(line, []byte(selfKey))
	if i < 0 {
		return "", "", false
	}
	has = strings.TrimSuffix(string(line[i+len(selfKey):]), `"}`)
	return has, hashOf(append(bytes.Clone(line[:i]), '}')), true
}

// marshal writes < and > as they are: the record is read by people, and no
// browser takes it for a page.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Decode reads one line. Fields that this version does not know are passed
// over; a kind that it does not know is ErrUnknownKind.
func Decode(line []byte) (time.Time, demo.Body, error) {
	var h head
	if err := json.Unmarshal(line, &h); err != nil {
		return time.Time{}, nil, fmt.Errorf("not a line of a record: %w", err)
	}
	b, err := decode(h, line)
	return h.T, b, err
}

// decode is Decode of a line whose beginning was read.
func decode(h head, line []byte) (demo.Body, error) {
	if h.Kind == "" || h.T.IsZero() {
		return nil, errors.New(`not a line of a record: it has no "t" or no "kind"`)
	}
	typ, known := kinds[h.Kind]
	if !known {
		return nil, fmt.Errorf("%w %q", ErrUnknownKind, h.Kind)
	}
	if h.Kind == (demo.Taken{}).Kind() {
		e, err := inputOf(line)
		e.At = h.T
		return demo.Taken{Event: e}, err
	}
	b, err := bodyOf(typ, line)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.Kind, err)
	}
	return b, nil
}

// bodyOf reads a body. A record may come from anybody: what its texts hold for a terminal
// is taken out here, before anything shows them.
func bodyOf(typ reflect.Type, object []byte) (demo.Body, error) {
	v := reflect.New(typ)
	if err := json.Unmarshal(object, v.Interface()); err != nil {
		return nil, err
	}
	if escapesControl(object) || bytes.ContainsFunc(object, text.Harms) {
		text.Each(v.Interface(), text.Harmless)
	}
	return v.Elem().Interface().(demo.Body), nil
}

// escapesControl says whether JSON may write a control character in its short or its
// long form; tabs and ends of lines are no harm.
func escapesControl(object []byte) bool {
	return slices.ContainsFunc([]string{`\u`, `\r`, `\b`, `\f`}, func(e string) bool { return bytes.Contains(object, []byte(e)) })
}
