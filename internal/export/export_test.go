package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/report"
)

const talk = "../report/testdata/talk.jsonl"

func read(t *testing.T) *report.Run {
	t.Helper()
	f, err := os.Open(talk)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	run, err := report.Read(f, talk)
	require.NoError(t, err)
	return run
}

var ten = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

// record is one with the given bodies, a second apart.
func record(t *testing.T, bodies ...demo.Body) []byte {
	t.Helper()
	var b bytes.Buffer
	w := journal.NewWriter(&b)
	for i, body := range bodies {
		require.NoError(t, w.Write(ten.Add(time.Duration(i)*time.Second), body))
	}
	return b.Bytes()
}

func TestCSVHasEverySecondAndNothingButNumbersAndTimes(t *testing.T) {
	whole, err := os.ReadFile(talk)
	require.NoError(t, err)
	require.Contains(t, string(whole), `"errors_by_kind":{`)
	whole = bytes.Replace(whole, []byte(`"errors_by_kind":{`), []byte(`"errors_by_kind":{"=cmd|' /C calc'!A0\n":7,"timeout":2,`), 1)
	var b bytes.Buffer
	_, err = CSV(&b, bytes.NewReader(whole))
	require.NoError(t, err)
	rows, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(read(t).Load)+1)
	require.Contains(t, rows[0], "errors_timeout")
	_, err = CSV(&b, strings.NewReader("hello\n"))
	require.ErrorContains(t, err, "no record of a run")
	for i, row := range rows[1:] {
		_, err := time.Parse(time.RFC3339Nano, row[0])
		require.NoError(t, err)
		for _, cell := range row[1:] {
			require.Regexp(t, `^(-?\d+(\.\d+)?)?$`, cell)
		}
		require.Empty(t, row[10], "the record of before has no longest latency: line %d", i+2)
	}
	for _, name := range rows[0] {
		require.Regexp(t, `^[a-zA-Z0-9_-]+$`, name)
	}
}

// Each second comes back with all its operations, at most a thousandth away.
func TestTheLogOfHistogramsIsReadByItsOwnReader(t *testing.T) {
	in := hdrhistogram.New(1, int64(time.Minute/time.Microsecond), 3)
	for us := int64(1); us <= 1000; us++ {
		require.NoError(t, in.RecordValue(us))
	}
	require.NoError(t, in.RecordValue(60_000_000))
	text, err := in.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	require.NoError(t, err)
	second := demo.LoadSeen{LoadSample: demo.LoadSample{Ops: 1001, Histogram: string(text)}}
	var b bytes.Buffer
	_, err = HDR(&b, bytes.NewReader(record(t, demo.RunStarted{}, second, demo.LoadSeen{}, second)))
	require.NoError(t, err)
	log := hdrhistogram.NewHistogramLogReader(&b)
	for _, end := range []time.Time{ten.Add(time.Second), ten.Add(3 * time.Second)} {
		h, err := log.NextIntervalHistogram()
		require.NoError(t, err)
		require.NotNil(t, h)
		assert.Equal(t, int64(1001), h.TotalCount())
		assert.InEpsilon(t, 501_000, h.ValueAtQuantile(50), 0.002)
		assert.InEpsilon(t, int64(time.Minute), h.Max(), 0.002)
		assert.Equal(t, end.UnixMilli(), h.EndTimeMs())
	}
	h, err := log.NextIntervalHistogram()
	require.NoError(t, err)
	require.Nil(t, h)
}

func TestALogOfHistogramsNeedsThem(t *testing.T) {
	old, err := os.ReadFile(talk)
	require.NoError(t, err)
	_, err = HDR(&bytes.Buffer{}, bytes.NewReader(old))
	require.ErrorIs(t, err, ErrNoHistograms)
	bad := demo.LoadSeen{LoadSample: demo.LoadSample{Histogram: "HISTFAAAnonsense"}}
	_, err = HDR(&bytes.Buffer{}, bytes.NewReader(record(t, demo.RunStarted{}, bad)))
	require.ErrorContains(t, err, "cannot be read")
}

// What the format says of each phase of a trace: the fields that it needs, spans of
// a thread that nest, and ends that have a beginning.
func TestATraceIsOneByItsFormat(t *testing.T) {
	run := read(t)
	var b bytes.Buffer
	require.NoError(t, Trace(&b, run, report.Make(run, "")))
	var got struct {
		TraceEvents     []map[string]any  `json:"traceEvents"`
		DisplayTimeUnit string            `json:"displayTimeUnit"`
		OtherData       map[string]string `json:"otherData"`
	}
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&got))
	require.Equal(t, "ms", got.DisplayTimeUnit)
	phases := map[string]int{}
	open := map[string]float64{}
	until := map[float64]float64{}
	for _, e := range got.TraceEvents {
		phase, at := e["ph"].(string), e["ts"].(float64)
		phases[phase]++
		require.NotEmpty(t, e["name"])
		require.Contains(t, e, "pid")
		require.Contains(t, e, "tid")
		require.GreaterOrEqual(t, at, 0.0)
		id, _ := e["id"].(string)
		switch phase {
		case "M":
			require.Contains(t, []any{"process_name", "thread_name", "thread_sort_index"}, e["name"])
			require.Len(t, e["args"], 1)
		case "X":
			require.GreaterOrEqual(t, e["dur"].(float64), 0.0)
			row := e["tid"].(float64)
			require.GreaterOrEqual(t, at, until[row], "spans of a thread do not overlap: %v", e)
			until[row] = at + e["dur"].(float64)
		case "i":
			require.Equal(t, "t", e["s"])
		case "b":
			open[id] = at
		case "e":
			require.Contains(t, open, id)
			require.GreaterOrEqual(t, at, open[id])
			delete(open, id)
		case "C":
			for _, v := range e["args"].(map[string]any) {
				require.IsType(t, 0.0, v)
			}
		default:
			t.Fatalf("a phase %q", phase)
		}
	}
	require.Empty(t, open)
	require.Equal(t, 2*len(run.Load), phases["C"])
	require.GreaterOrEqual(t, phases["X"], 10, "eight chapters, the fault, a diagnosis")
	require.Greater(t, phases["i"], 20)
}

// Every annotation of every example is one that Grafana's own schema takes.
func TestAnnotationsAreThoseOfGrafanasSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/grafana-annotation.schema.json")
	require.NoError(t, err)
	for _, bad := range []string{`{"time":1}`, `{"text":""}`, `{"text":"x","time":"1"}`, `{"text":"x","title":"y"}`} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		require.NoError(t, err)
		require.Error(t, schema.Validate(v), bad)
	}
	for _, fault := range examples.Names() {
		in, err := examples.Open(fault)
		require.NoError(t, err)
		record, err := io.ReadAll(in)
		require.NoError(t, err)
		run, err := report.Read(bytes.NewReader(record), fault)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, Grafana(&b, report.Make(run, "")))
		for l := range strings.Lines(b.String()) {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(l))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(v), "%s: %s", fault, l)
			a := v.(map[string]any)
			at, err := a["time"].(json.Number).Int64()
			require.NoError(t, err)
			require.WithinRange(t, time.UnixMilli(at), run.Began, run.Began.Add(time.Hour))
		}
	}
}

// Grafana shows the text of an annotation as HTML.
func TestAnnotationsAreOneALineAndHoldNoTags(t *testing.T) {
	run := read(t)
	for i := range run.Facts {
		if ticket, ok := run.Facts[i].Body.(demo.TicketOpened); ok {
			ticket.Message, ticket.Target = "<img src=x onerror=alert(1)>", "</script>"
			run.Facts[i].Body = ticket
		}
	}
	var b bytes.Buffer
	r := report.Make(run, "")
	require.NoError(t, Grafana(&b, r))
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	require.Len(t, lines, len(r.Timeline)+1)
	for i, l := range lines {
		var a struct {
			Time, TimeEnd int64
			Tags          []string
			Text          string
		}
		d := json.NewDecoder(strings.NewReader(l))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&a))
		require.NotContains(t, a.Text, "<")
		require.Greater(t, a.Time, int64(1e12), "milliseconds")
		require.Equal(t, i == 0, a.TimeEnd > 0, "the fault is a region")
		for _, tag := range a.Tags {
			require.Regexp(t, `^[a-zA-Z0-9:_-]+$`, tag)
		}
	}
}
