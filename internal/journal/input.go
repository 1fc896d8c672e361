package journal

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// wireInput is an input line: an event as the play took it in. Its body is in an
// earlier line, or here where it has no line of its own.
type wireInput struct {
	Of   uint64          `json:"of,omitempty"`   // number of the line with the body
	Step demo.Step       `json:"step,omitempty"` // of the effect that it answers
	Play int             `json:"play,omitempty"` // in which a source saw it
	As   string          `json:"as,omitempty"`   // name of the body that follows
	Body json.RawMessage `json:"body,omitempty"`
}

// moves gives the type of each body that only moves the play, by the name that
// an input line has for it.
var moves = map[string]reflect.Type{
	"asked":         reflect.TypeFor[demo.Asked](),
	"waited":        reflect.TypeFor[demo.Waited](),
	"load.started":  reflect.TypeFor[demo.LoadStarted](),
	"fault.planned": reflect.TypeFor[demo.FaultPlanned](),
	"progressed":    reflect.TypeFor[demo.Progressed](),
	"record.moved":  reflect.TypeFor[demo.RecordMoved](),
	"record.failed": reflect.TypeFor[demo.RecordFailed](),
	"record.opened": reflect.TypeFor[demo.RecordOpened](),
	"outgoing":      reflect.TypeFor[demo.OutgoingSeen](),
	"source.failed": reflect.TypeFor[demo.SourceFailed](),
}

// toWire gives what an input line says.
func toWire(e demo.Event) (wireInput, error) {
	w := wireInput{Of: e.Line, Step: e.Step, Play: e.Play}
	if e.Line > 0 {
		return w, nil
	}
	w.As = e.Body.Kind()
	if w.As == "" {
		for name, typ := range moves {
			if typ == reflect.TypeOf(e.Body) {
				w.As = name
			}
		}
	}
	if w.As == "" {
		return w, fmt.Errorf("no name for %T", e.Body)
	}
	var err error
	w.Body, err = marshal(e.Body)
	return w, err
}

// inputOf gives the event of an input line; its body is nil when another line
// has it.
func inputOf(line []byte) (demo.Event, error) {
	var w wireInput
	if err := json.Unmarshal(line, &w); err != nil {
		return demo.Event{}, err
	}
	e := demo.Event{Step: w.Step, Play: w.Play, Line: w.Of}
	if w.Of > 0 {
		return e, nil
	}
	typ, known := moves[w.As]
	if !known {
		typ, known = kinds[w.As]
	}
	if !known {
		return e, fmt.Errorf("%w %q", ErrUnknownKind, w.As)
	}
	b, err := bodyOf(typ, w.Body)
	if err != nil {
		return e, fmt.Errorf("%s: %w", w.As, err)
	}
	e.Body = b
	return e, nil
}
