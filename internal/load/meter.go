package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// The histogram's range in microseconds, and its precision. An operation ends
// within its deadline, so a minute is ample; what is longer is counted as a minute.
const (
	longest = int64(time.Minute / time.Microsecond)
	digits  = 3
)

// reportLimit bounds how many errors of one node are reported in a second. All
// of them are counted.
const reportLimit = 100

// meter counts one second at a time. Its memory does not grow: it alternates between
// two histograms and drops the counts of a second with it.
type meter struct {
	mu       sync.Mutex
	now      counts
	spare    *hdrhistogram.Histogram
	reported map[string]int
	reach    *reach

	onErrorMu sync.Mutex
	onError   func(OpError)
}

type counts struct {
	latency        *hdrhistogram.Histogram
	reads, updates int64
	shed           int64 // due and never started
	byKind, byNode map[string]int64
}

func newMeter(records int, onError func(OpError)) *meter {
	if onError == nil {
		onError = func(OpError) {}
	}
	return &meter{
		now:      newCounts(hdrhistogram.New(1, longest, digits)),
		spare:    hdrhistogram.New(1, longest, digits),
		reported: make(map[string]int),
		reach:    newReach(records),
		onError:  onError,
	}
}

func newCounts(h *hdrhistogram.Histogram) counts {
	return counts{latency: h, byKind: make(map[string]int64), byNode: make(map[string]int64)}
}

// succeeded counts an operation that was due so long ago.
func (m *meter) succeeded(at place, latency time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.took(latency)
	if !at.write {
		m.now.reads++
		return
	}
	m.now.updates++
	m.reach.acknowledged(at, time.Now())
}

// took adds one operation to the latencies.
func (c *counts) took(latency time.Duration) {
	us := min(max(latency.Microseconds(), 1), longest)
	_ = c.latency.RecordValue(us) // cannot fail: us is within the range
}

// failed counts and reports a failed operation that began then and was due so long ago. Its time
// counts in the latencies: without the timeouts a cluster that does not answer would
// look fast.
func (m *meter) failed(err OpError, at place, began time.Time, latency time.Duration) {
	m.mu.Lock()
	m.now.took(latency)
	m.now.byKind[err.Kind]++
	m.now.byNode[err.Node]++
	m.reach.failed(at, began)
	m.mu.Unlock()
	m.report(err)
}

// report passes an error on, unless its node has reached this second's limit.
func (m *meter) report(err OpError) {
	m.mu.Lock()
	m.reported[err.Node]++
	over := m.reported[err.Node] > reportLimit
	m.mu.Unlock()
	if over {
		return
	}
	m.onErrorMu.Lock()
	defer m.onErrorMu.Unlock()
	m.onError(err)
}

// shed counts operations that never started. They are not errors of a node and are
// not reported one by one.
func (m *meter) shed(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.shed += n
}

// take returns the counts since the last call, as of now, and resets them.
func (m *meter) take(now time.Time) demo.LoadSample {
	m.mu.Lock()
	regions, hit := m.reach.take(now)
	c := m.now
	m.now = newCounts(m.spare)
	clear(m.reported)
	m.mu.Unlock()

	p := c.latency.ValueAtPercentiles([]float64{50, 95, 99})
	s := demo.LoadSample{
		Ops:          c.reads + c.updates,
		Reads:        c.reads,
		Updates:      c.updates,
		Shed:         c.shed,
		P50:          micros(p[50]),
		P95:          micros(p[95]),
		P99:          micros(p[99]),
		ErrorsByKind: c.byKind,
		ErrorsByNode: c.byNode,
		Max:          micros(c.latency.Max()),
		Regions:      regions,
		RecordsHit:   hit,
	}
	if h, err := c.latency.Encode(hdrhistogram.V2CompressedEncodingCookieBase); err == nil && c.latency.TotalCount() > 0 {
		s.Histogram = string(h) // base64 already
	}
	for _, n := range c.byKind {
		s.Errors += n
	}
	c.latency.Reset()
	m.mu.Lock()
	m.spare = c.latency
	m.mu.Unlock()
	return s
}

func micros(us int64) demo.Micros {
	return demo.Micros(time.Duration(us) * time.Microsecond)
}
