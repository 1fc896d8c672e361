package plot

import (
	"fmt"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// sampleGap is the time between two seconds of the workload from which on
// something is missing between them.
const sampleGap = 2500 * time.Millisecond

// Workload is the plot of a run: throughput, tail latency and errors, with the
// time of the fault shaded and its events marked.
func Workload(s demo.State) Plot {
	n := len(s.Load)
	if n == 0 {
		return Plot{}
	}
	ops := Panel{Name: "ops/s", Gap: sampleGap, Level: s.Baseline.Ops, Points: make([]Point, 0, n)}
	p99 := Panel{Name: "p99", Unit: Millis, Log: true, Gap: sampleGap, Least: 10, Points: make([]Point, 0, n)}
	errs := Panel{Name: words.Later("errors"), Kind: Bars, Least: 10, Points: make([]Point, 0, n)}
	for _, l := range s.Load {
		ops.Points = append(ops.Points, Point{l.At, float64(l.Ops)})
		errs.Points = append(errs.Points, Point{l.At, float64(l.Errors)})
		if l.P99 > 0 { // without an operation there is no latency
			p99.Points = append(p99.Points, Point{l.At, float64(l.P99.Duration().Microseconds()) / 1000})
		}
	}
	p := Plot{From: s.Load[0].At, To: s.Load[n-1].At, Origin: s.Load[0].At, Panels: []Panel{ops, p99, errs}}
	p.story(s)
	return p
}

// story adds the fault's time and its events.
func (p *Plot) story(s demo.State) {
	if !s.FaultBegun() {
		return
	}
	p.Origin = s.FaultAt
	after := func(at time.Time) string { return fmt.Sprintf("%.1f s", at.Sub(s.FaultAt).Seconds()) }
	end := p.To
	p.Marks = append(p.Marks, Mark{At: s.FaultAt, Word: words.Later("fault"), Weight: 4, Before: true})
	if t, ok := s.TargetTicket(); ok {
		p.Marks = append(p.Marks, Mark{At: t.OpenedAt, Word: words.Later("detected"), Detail: after(t.OpenedAt), Weight: 2})
		if k := len(t.Versions); k > 0 && t.Versions[k-1].Answer != nil {
			at := t.Versions[k-1].AnsweredAt
			p.Marks = append(p.Marks, Mark{At: at, Word: words.Later("diagnosed"), Detail: after(at), Weight: 1})
		}
	}
	if s.Recovered != nil {
		end = s.FaultAt.Add(s.Recovered.TTR.Duration())
		p.Marks = append(p.Marks, Mark{At: end, Word: words.Later("recovered"), Detail: after(end), Weight: 3})
	}
	p.Bands = []Band{{s.FaultAt, end}}
}

// Report is the plot of a run as it is taken home: the screen's, with more
// latencies on their scale.
func Report(s demo.State) Plot {
	p := Workload(s)
	for i := range p.Panels {
		if p.Panels[i].Unit != Millis {
			continue
		}
		of := func(name string, v func(demo.LoadPoint) demo.Micros) Series {
			out := Series{Name: name}
			for _, l := range s.Load {
				if d := v(l).Duration(); d > 0 {
					out.Points = append(out.Points, Point{l.At, float64(d.Microseconds()) / 1000})
				}
			}
			return out
		}
		p.Panels[i].Name = "latency"
		p.Panels[i].Series = []Series{
			of("p50", func(l demo.LoadPoint) demo.Micros { return l.P50 }),
			of("p95", func(l demo.LoadPoint) demo.Micros { return l.P95 }),
			{"p99", p.Panels[i].Points},
			of("max", func(l demo.LoadPoint) demo.Micros { return l.Max }),
		}
	}
	return p
}
