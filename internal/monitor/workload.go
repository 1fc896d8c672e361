package monitor

import (
	"fmt"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// learnSeconds of load without errors make the baseline, and for graceSeconds
	// after that nothing is judged by it: caches warm up, leaders settle.
	learnSeconds = 5
	graceSeconds = 10
	// badSeconds in a row make throughput or errors a ticket, highSeconds latency,
	// which a busy machine raises for longer. Where a node is suspected its own
	// ticket comes first: suspectedSeconds more are waited for it.
	badSeconds       = 3
	highSeconds      = 6
	suspectedSeconds = 5
	// dropShare of the baseline, and badShare of failed operations.
	dropShare = 0.70
	badShare  = 0.05
	// p99 is high above highFactor times the baseline, and above highFloor: with
	// 20 runnable processes on 2 cores it rose from 5 ms to 340 ms at the worst.
	highFactor = 4
	highFloor  = 400 * time.Millisecond
)

// workload is what the load has shown.
type workload struct {
	loadAt    time.Time
	last      demo.LoadSample
	learned   []demo.LoadSample
	baseline  float64       // operations a second; 0 while it is not learned
	usualP99  time.Duration // of the same seconds
	learnedAt time.Time

	dropped, failed, high int // seconds in a row
}

// loaded takes one second of the workload.
func (d *detector) loaded(at time.Time, s demo.LoadSample) {
	d.loadAt, d.last = at, s
	for name, failed := range s.ErrorsByNode {
		if name != "" {
			n := d.node(name)
			n.counted = append(n.counted, count{at, failed})
			n.counted = n.counted[max(0, len(n.counted)-int(errorsCompared/time.Second)):]
		}
	}
	if d.baseline == 0 {
		d.learn(at, s)
		return
	}
	if d.busy(at) { // what such a second shows is counted for nothing
		d.dropped, d.failed, d.high = 0, 0, 0
		return
	}
	d.dropped, d.failed, d.high = d.dropped+1, d.failed+1, d.high+1
	if float64(s.Ops) >= dropShare*d.baseline {
		d.dropped = 0
	}
	if float64(s.Errors) <= badShare*float64(s.Ops+s.Errors) {
		d.failed = 0
	}
	if s.P99.Duration() <= max(highFactor*d.usualP99, highFloor) {
		d.high = 0
	}
}

func (d *detector) learn(at time.Time, s demo.LoadSample) {
	if s.Errors+s.Shed > 0 {
		d.learned = nil
		return
	}
	if d.learned = append(d.learned, s); len(d.learned) < learnSeconds {
		return
	}
	var ops []int64
	var p99 []time.Duration
	for _, l := range d.learned {
		ops, p99 = append(ops, l.Ops), append(p99, l.P99.Duration())
	}
	slices.Sort(ops)
	slices.Sort(p99)
	d.baseline, d.usualP99, d.learnedAt = float64(ops[learnSeconds/2]), p99[learnSeconds/2], at
}

// loadVerdict looks at one invariant of the workload. A machine that does not keep
// up explains whatever it shows.
func (d *detector) loadVerdict(at time.Time, invariant string) finding {
	if d.baseline == 0 || at.Sub(d.loadAt) > freshFor || at.Sub(d.learnedAt) < graceSeconds*time.Second || d.busy(at) {
		return unknown
	}
	bad, limit := 0, badSeconds
	switch invariant {
	case ThroughputDrop:
		bad = d.dropped
	case ErrorRate:
		bad = d.failed
	case HighLatency:
		bad, limit = d.high, highSeconds
	}
	if bad >= limit && d.suspected(at) {
		limit += suspectedSeconds
	}
	switch {
	case bad >= limit:
		return violation(demo.SeverityWarning, d.complaint(invariant))
	case bad > 0:
		return unknown
	}
	return holds
}

// complaint is what the latest second says against an invariant.
func (d *detector) complaint(invariant string) string {
	switch invariant {
	case ThroughputDrop:
		return fmt.Sprintf("%d ops/s, %.0f before", d.last.Ops, d.baseline)
	case ErrorRate:
		return fmt.Sprintf("%d of %d operations fail", d.last.Errors, d.last.Ops+d.last.Errors)
	}
	return fmt.Sprintf("p99 %d ms, %d ms before", d.last.P99.Duration().Milliseconds(), d.usualP99.Milliseconds())
}
