package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// spansShown bounds the rows of the table under a chart.
const spansShown = 24

// span sums up some seconds.
type span struct {
	from, to          time.Duration // since the origin of the plot
	seconds           int
	ops, least        int64 // all of them, and of the slowest second
	p50               []time.Duration
	p95, p99, longest time.Duration // of the worst second
	errors, shed      int64
}

// spans divides the run into steps of equal length, so that one begins at the fault.
func (r Report) spans() []span {
	if len(r.Seconds) == 0 {
		return nil
	}
	origin, whole := r.plot.Origin, r.plot.To.Sub(r.plot.From)
	step := time.Second
	for _, s := range []time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600} {
		if step = s * time.Second; whole < spansShown*step {
			break
		}
	}
	var all []span
	for _, p := range r.Seconds {
		since := p.At.Sub(origin)
		from := since.Truncate(step)
		if since < 0 && from != since {
			from -= step
		}
		if n := len(all); n == 0 || all[n-1].from != from {
			all = append(all, span{from: from, to: from + step, least: p.Ops})
		}
		all[len(all)-1].add(p)
	}
	return all
}

func (s *span) add(p demo.LoadPoint) {
	s.seconds++
	s.ops += p.Ops
	s.least = min(s.least, p.Ops)
	if p.P50 > 0 {
		s.p50 = append(s.p50, p.P50.Duration())
	}
	s.p95, s.p99, s.longest = max(s.p95, p.P95.Duration()), max(s.p99, p.P99.Duration()), max(s.longest, p.Max.Duration())
	s.errors += p.Errors
	s.shed += p.Shed
}

// spanTable is what a chart shows, in figures.
func (r Report) spanTable(panel string) *Table {
	t := &Table{}
	for _, s := range r.spans() {
		row := []string{clock(s.from) + " to " + clock(s.to)}
		switch panel {
		case "latency":
			slices.Sort(s.p50)
			median := time.Duration(0)
			if n := len(s.p50); n > 0 {
				median = s.p50[n/2]
			}
			row = append(row, millis(median), millis(s.p95), millis(s.p99), millis(s.longest))
		case "errors":
			row = append(row, number(s.errors), number(s.shed))
		default:
			row = append(row, number(int64(math.Round(float64(s.ops)/float64(s.seconds)))), number(s.least))
		}
		t.Rows = append(t.Rows, row)
	}
	switch panel {
	case "latency":
		t.Caption, t.Head = "Latency of the worst second of each span; of p50 the median", []string{"from the fault", "p50", "p95", "p99", "max"}
	case "errors":
		t.Caption, t.Head = "Operations that failed in each span", []string{"from the fault", "failed", "never started"}
	default:
		t.Caption, t.Head = "Operations a second in each span", []string{"from the fault", "mean", "slowest second"}
	}
	if r.Fault == nil {
		t.Head[0] = "from the beginning"
	}
	t.Numbers = len(t.Head) - 1
	return t
}

func millis(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
