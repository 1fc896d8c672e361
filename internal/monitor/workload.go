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
func (j *judge) loaded(at time.Time, s demo.LoadSample) {
	j.loadAt, j.last = at, s
	for name, failed := range s.ErrorsByNode {
		if name != "" {
			n := j.node(name)
			n.counted = append(n.counted, count{at, failed})
			n.counted = n.counted[max(0, len(n.counted)-int(errorsCompared/time.Second)):]
		}
	}
	if j.baseline == 0 {
		j.learn(at, s)
		return
	}
	if j.busy(at) { // what such a second shows is counted for nothing
		j.dropped, j.failed, j.high = 0, 0, 0
		return
	}
	j.dropped, j.failed, j.high = j.dropped+1, j.failed+1, j.high+1
	if float64(s.Ops) >= dropShare*j.baseline {
		j.dropped = 0
	}
	if float64(s.Errors) <= badShare*float64(s.Ops+s.Errors) {
		j.failed = 0
	}
	if s.P99.Duration() <= max(highFactor*j.usualP99, highFloor) {
		j.high = 0
	}
}

func (j *judge) learn(at time.Time, s demo.LoadSample) {
	if s.Errors+s.Shed > 0 {
		j.learned = nil
		return
	}
	if j.learned = append(j.learned, s); len(j.learned) < learnSeconds {
		return
	}
	var ops []int64
	var p99 []time.Duration
	for _, l := range j.learned {
		ops, p99 = append(ops, l.Ops), append(p99, l.P99.Duration())
	}
	slices.Sort(ops)
	slices.Sort(p99)
	j.baseline, j.usualP99, j.learnedAt = float64(ops[learnSeconds/2]), p99[learnSeconds/2], at
}

// judgeLoad looks at one invariant of the workload. A machine that does not keep
// up explains whatever it shows.
func (j *judge) judgeLoad(at time.Time, invariant string) finding {
	if j.baseline == 0 || at.Sub(j.loadAt) > freshFor || at.Sub(j.learnedAt) < graceSeconds*time.Second || j.busy(at) {
		return unknown
	}
	bad, limit := 0, badSeconds
	switch invariant {
	case ThroughputDrop:
		bad = j.dropped
	case ErrorRate:
		bad = j.failed
	case HighLatency:
		bad, limit = j.high, highSeconds
	}
	if bad >= limit && j.suspected(at) {
		limit += suspectedSeconds
	}
	switch {
	case bad >= limit:
		return violation(demo.SeverityWarning, j.complaint(invariant))
	case bad > 0:
		return unknown
	}
	return holds
}

// complaint is what the latest second says against an invariant.
func (j *judge) complaint(invariant string) string {
	switch invariant {
	case ThroughputDrop:
		return fmt.Sprintf("%d ops/s, %.0f before", j.last.Ops, j.baseline)
	case ErrorRate:
		return fmt.Sprintf("%d of %d operations fail", j.last.Errors, j.last.Ops+j.last.Errors)
	}
	return fmt.Sprintf("p99 %d ms, %d ms before", j.last.P99.Duration().Milliseconds(), j.usualP99.Milliseconds())
}
