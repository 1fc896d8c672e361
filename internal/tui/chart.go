package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/plot"
)

// chartLeast is the number of rows below which a chart tells nothing.
const chartLeast = 6

// chartView is the workload over time: throughput, latency and errors on one
// time axis, with the time of the fault shaded and its events marked.
func (m Model) chartView(r rect) string {
	if len(m.plotted().Load) < 2 || r.H < chartLeast-1 {
		return ""
	}
	key := m.chartKey(r)
	if m.chart.key != key {
		p := m.plot()
		m.chart.key, m.chart.text = key, strings.Join(m.drawPlot(p, rect{r.W, r.H - 1}), "\n")
	}
	name := m.say("Workload")
	return m.heading(name, m.remark(r.W-ansi.StringWidth(name)-2), r.W) + "\n" + m.chart.text
}

// plot is the workload until now. While the screen shows the past the cursor
// says where that is.
func (m Model) plot() plot.Plot {
	p := plot.Workload(m.plotted())
	for i := range p.Panels {
		p.Panels[i].Name = m.word(p.Panels[i].Name)
	}
	for i := range p.Marks {
		p.Marks[i].Word = m.word(p.Marks[i].Word)
	}
	if m.live != nil {
		p.Cursor = m.now
	}
	return p
}

// plotted gives the state whose workload is shown: the present one, always.
func (m Model) plotted() demo.State {
	if m.live != nil {
		return m.live.state
	}
	return m.state
}

// chart is the picture as it was last drawn: most frames change nothing in it.
type chart struct {
	key  chartKey
	text string
	pen  pen
}

// chartKey is all that a picture depends on.
type chartKey struct {
	size                                 rect
	seconds                              int
	last, fault, ticket, answer, recover time.Time
	cursor                               time.Time
	baseline                             float64
	play                                 int
}

func (m Model) chartKey(r rect) chartKey {
	s := m.state
	if m.live != nil {
		k := m.live.chartKey(r)
		k.cursor = m.now
		return k
	}
	k := chartKey{size: r, seconds: len(s.Load), last: s.Load[len(s.Load)-1].At, fault: s.FaultAt, baseline: s.Baseline.Ops, play: s.Play}
	if t, ok := s.TargetTicket(); ok {
		k.ticket = t.OpenedAt
		if n := len(t.Versions); n > 0 {
			k.answer = t.Versions[n-1].AnsweredAt
		}
	}
	if s.Recovered != nil {
		k.recover = s.FaultAt.Add(s.Recovered.TTR.Duration())
	}
	return k
}

// remark is the latest second in words, and whether this machine is to blame for
// it: where both have no room, that alone.
func (m Model) remark(w int) string {
	overloaded := m.say("machine overloaded")
	figures := m.figures()
	if !m.state.SignalActive(demo.SignalOverload, "") {
		return figures
	}
	if both := figures + "  " + overloaded; figures != "" && ansi.StringWidth(both) <= w {
		return both
	}
	return overloaded
}

// figures is the latest second in words.
func (m Model) figures() string {
	s := m.state
	if len(s.Load) == 0 {
		return ""
	}
	p := s.Load[len(s.Load)-1]
	text := m.say("%d ops/s  p99 %s", p.Ops, m.tongue.Latency(p.P99.Duration()))
	if p.Errors > 0 {
		text += "  " + m.say("%d errors", p.Errors)
	}
	if p.Shed > 0 {
		text += "  " + m.say("%d not started", p.Shed)
	}
	return text
}

// p99Of gives the latencies of the latest seconds, for the big figures.
func p99Of(load []demo.LoadPoint) time.Duration {
	if len(load) == 0 {
		return 0
	}
	return load[len(load)-1].P99.Duration()
}
