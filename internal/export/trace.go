package export

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/report"
)

// The rows of a trace, in their order.
const (
	rowTalk = iota + 1
	rowFault
	rowMonitor
	rowDiagnosis
)

var rowNames = map[int]string{rowTalk: "talk", rowFault: "fault", rowMonitor: "monitor", rowDiagnosis: "diagnosis"}

// traceEvent is one event of Chrome's trace format. Times are in microseconds from
// the beginning of the run.
type traceEvent struct {
	Name  string         `json:"name"`
	Cat   string         `json:"cat,omitempty"`
	Phase string         `json:"ph"`
	TS    int64          `json:"ts"`
	Dur   *int64         `json:"dur,omitempty"` // of ph X
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	ID    string         `json:"id,omitempty"` // of ph b and e
	Scope string         `json:"s,omitempty"`  // of ph i
	Args  map[string]any `json:"args,omitempty"`
}

// tracer gathers the events of a run.
type tracer struct {
	run    *report.Run
	events []traceEvent
}

// Trace writes the run as Chrome's trace events, in the JSON object format, which
// Perfetto and chrome://tracing open: a row each for the talk, the fault, the
// monitor and the diagnosis, and counters of the workload.
func Trace(w io.Writer, run *report.Run, r report.Report) error {
	t := &tracer{run: run}
	t.add(traceEvent{Name: "process_name", Phase: "M", Args: map[string]any{"name": "tikv-demo, record of " + r.Date()}})
	for row := rowTalk; row <= rowDiagnosis; row++ {
		t.add(traceEvent{Name: "thread_name", Phase: "M", TID: row, Args: map[string]any{"name": rowNames[row]}})
		t.add(traceEvent{Name: "thread_sort_index", Phase: "M", TID: row, Args: map[string]any{"sort_index": row}})
	}
	t.chapters()
	t.fault(r)
	t.moments(r)
	t.tickets()
	t.diagnoses(r)
	t.counters()
	return json.NewEncoder(w).Encode(map[string]any{
		"displayTimeUnit": "ms", "traceEvents": t.events,
		"otherData": map[string]string{"program": "tikv-demo " + r.Run.Version, "run": r.Run.ID, "record": r.Date(), "cluster": r.Run.Label},
	})
}

func (t *tracer) add(e traceEvent) {
	e.PID = 1
	t.events = append(t.events, e)
}

func (t *tracer) ts(at time.Time) int64 { return max(0, at.Sub(t.run.Began).Microseconds()) }

// span adds something that took a while, on a row of its own kind.
func (t *tracer) span(row int, name string, from, to time.Time, args map[string]any) {
	dur := max(0, to.Sub(from).Microseconds())
	t.add(traceEvent{Name: name, Cat: rowNames[row], Phase: "X", TS: t.ts(from), Dur: &dur, TID: row, Args: args})
}

func (t *tracer) chapters() {
	var open *demo.ChapterEntered
	var since, last time.Time
	for _, e := range t.run.Facts {
		last = e.At
		b, ok := e.Body.(demo.ChapterEntered)
		if !ok {
			continue
		}
		if open != nil {
			t.span(rowTalk, fmt.Sprintf("%d %s", open.N, open.Title), since, e.At, map[string]any{"left_by": b.By})
		}
		open, since = &b, e.At
	}
	if open != nil {
		t.span(rowTalk, fmt.Sprintf("%d %s", open.N, open.Title), since, last, nil)
	}
}

func (t *tracer) fault(r report.Report) {
	f := r.Fault
	if f == nil {
		return
	}
	to := r.Run.Began.Add(r.Run.Took.Duration())
	if r.Score.TTR != nil {
		to = f.At.Add(r.Score.TTR.Duration())
	}
	t.span(rowFault, r.Title(), f.At, to, map[string]any{"effect": f.Effect, "undo": f.Undo, "seed": f.Seed})
}

// moments adds what was seen and done as instants.
func (t *tracer) moments(r report.Report) {
	for _, m := range r.Timeline {
		row := rowTalk
		switch m.Who {
		case rowNames[rowMonitor]:
			row = rowMonitor
		case rowNames[rowDiagnosis]:
			row = rowDiagnosis
		case "chaos":
			row = rowFault
		}
		t.add(traceEvent{Name: m.Text, Cat: m.Who, Phase: "i", TS: t.ts(m.At), TID: row, Scope: "t"})
	}
}

// tickets are asynchronous: they overlap.
func (t *tracer) tickets() {
	for i, x := range t.run.State.Tickets {
		id, name := fmt.Sprintf("ticket-%d", i+1), x.ID+" "+x.Invariant+" "+x.Target
		to := x.ClosedAt
		if to.IsZero() {
			to = t.run.State.Now
		}
		t.add(traceEvent{Name: name, Cat: "ticket", Phase: "b", TS: t.ts(x.OpenedAt), TID: rowMonitor, ID: id, Args: map[string]any{"message": x.Message}})
		t.add(traceEvent{Name: name, Cat: "ticket", Phase: "e", TS: max(t.ts(x.OpenedAt), t.ts(to)), TID: rowMonitor, ID: id})
	}
}

func (t *tracer) diagnoses(r report.Report) {
	for _, d := range r.Diagnoses {
		if a := d.Answer; a != nil {
			t.span(rowDiagnosis, d.Source, d.At, d.At.Add(a.Took.Duration()), map[string]any{"component": a.Component, "fault_type": a.FaultType, "right": a.Correct, "grounded": a.Grounded})
		}
	}
}

func (t *tracer) counters() {
	for _, p := range t.run.Load {
		at := t.ts(p.At)
		ms := func(m demo.Micros) float64 { return float64(m.Duration().Microseconds()) / 1000 }
		t.add(traceEvent{Name: "operations a second", Phase: "C", TS: at, Args: map[string]any{"ok": p.Ops, "failed": p.Errors, "never started": p.Shed}})
		t.add(traceEvent{Name: "latency, ms", Phase: "C", TS: at, Args: map[string]any{"p50": ms(p.P50), "p95": ms(p.P95), "p99": ms(p.P99)}})
	}
}
