// Package journal is the record of a run: one JSON object a line,
//
//	{"t": RFC 3339 with nanoseconds, "kind": …, fields of the kind …}
//
// written while the run goes on and read back afterwards.
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// ErrUnknownKind is a line of a kind that this version does not know: written
// by a newer one. A reader goes past it.
var ErrUnknownKind = errors.New("unknown kind")

// kinds gives the type of each kind's body.
var kinds = func() map[string]reflect.Type {
	m := map[string]reflect.Type{}
	for _, b := range []demo.Body{
		demo.RunStarted{}, demo.ChapterEntered{}, demo.ChapterDone{}, demo.ClusterReady{},
		demo.HealthSeen{}, demo.LoadSeen{},
		demo.FaultSealed{}, demo.FaultOpened{}, demo.FaultInjected{}, demo.FaultConfirmed{}, demo.FaultLifted{},
		demo.SignalSeen{}, demo.TicketOpened{}, demo.TicketClosed{},
		demo.DiagnosisStarted{}, demo.DiagnosisDelta{}, demo.DiagnosisFinished{},
		demo.ActionProposed{}, demo.ActionAsked{}, demo.ActionApproved{}, demo.ActionDenied{}, demo.ActionSkipped{}, demo.ActionDone{},
		demo.StageSeen{}, demo.Recovered{}, demo.Violation{}, demo.DataProved{}, demo.LedgerVerified{}, demo.EffectFailed{}, demo.RunFinished{},
	} {
		m[b.Kind()] = reflect.TypeOf(b)
	}
	return m
}()

// head is what every line begins with.
type head struct {
	T    time.Time `json:"t"`
	Kind string    `json:"kind"`
}

// Encode gives the line for a body, with its line end; t is written in UTC. A
// body without a kind has no line: nil and no error.
func Encode(at time.Time, b demo.Body) ([]byte, error) {
	if b == nil || b.Kind() == "" {
		return nil, nil
	}
	first, err := marshal(head{at.UTC(), b.Kind()})
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", b.Kind(), err)
	}
	fields, err := marshal(b)
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
	return append(append(line, fields[1:]...), '\n'), nil
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
	if h.Kind == "" || h.T.IsZero() {
		return time.Time{}, nil, errors.New(`not a line of a record: it has no "t" or no "kind"`)
	}
	typ, known := kinds[h.Kind]
	if !known {
		return h.T, nil, fmt.Errorf("%w %q", ErrUnknownKind, h.Kind)
	}
	v := reflect.New(typ)
	if err := json.Unmarshal(line, v.Interface()); err != nil {
		return h.T, nil, fmt.Errorf("%s: %w", h.Kind, err)
	}
	return h.T, v.Elem().Interface().(demo.Body), nil
}
