package tui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/NimbleMarkets/ntcharts/canvas/runes"
	"github.com/NimbleMarkets/ntcharts/linechart/timeserieslinechart"
	"github.com/charmbracelet/lipgloss"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	chartLeast  = 6                // rows below which a chart tells nothing
	chartWindow = 90 * time.Second // that the chart looks back
)

// chartWants is how many rows the chart would like of a column.
func chartWants(h int) int { return max(chartLeast+1, h*55/100) }

// chartView is the workload over time: operations a second against the
// baseline, with the fault and the recovery marked below, and the latest
// figures as numbers above.
func (m Model) chartView(r rect) string {
	s := m.state
	if len(s.Load) < 2 {
		return ""
	}
	lines := []string{m.heading("Workload", m.remark(r.W-len("Workload")-2), r.W)}
	to := s.Load[len(s.Load)-1].At
	from := to.Add(-chartWindow)
	if first := s.Load[0].At; first.After(from) {
		from = first
	}
	rows := r.H - 2 // without the heading and the marks
	tail := 0
	if rows >= tailFrom {
		tail = max(tailRows, rows/4)
	}
	ops, base := m.series(from, func(p demo.LoadPoint) float64 { return float64(p.Ops) }), s.Baseline.Ops
	lines = append(lines, m.plot(rect{r.W, rows - tail}, from, to, line{ops, m.styles.Ops, base})...)
	if tail > 0 {
		p99 := m.series(from, func(p demo.LoadPoint) float64 { return float64(p.P99.Duration().Microseconds()) / 1000 })
		lines = append(lines, m.styles.Latency.Render("p99, ms"))
		lines = append(lines, m.plot(rect{r.W, tail - 1}, from, to, line{p99, m.styles.Latency, 0})...)
	}
	return strings.Join(append(lines, m.marks(r.W, from, to)), "\n")
}

const (
	tailFrom = 14 // rows from which the latency gets a chart of its own
	tailRows = 5  // that it then has at least, its name included
)

// line is one line of a chart: its points, its look, and the level that it is
// held against, 0 for none.
type line struct {
	points []timeserieslinechart.TimePoint
	look   lipgloss.Style
	base   float64
}

// series gives one figure of the workload from a moment on.
func (m Model) series(from time.Time, of func(demo.LoadPoint) float64) []timeserieslinechart.TimePoint {
	var out []timeserieslinechart.TimePoint
	for _, p := range m.state.Load {
		if !p.At.Before(from) {
			out = append(out, timeserieslinechart.TimePoint{Time: p.At, Value: of(p)})
		}
	}
	return out
}

// remark is the latest second in words, and whether this machine is to blame for
// it: where both have no room, that alone.
func (m Model) remark(w int) string {
	const overloaded = "machine overloaded"
	figures := m.figures()
	if !m.state.SignalActive(demo.SignalOverload, "") {
		return figures
	}
	if both := figures + "  " + overloaded; figures != "" && len(both) <= w {
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
	text := fmt.Sprintf("%d ops/s  p99 %s", p.Ops, latency(p.P99.Duration()))
	if p.Errors > 0 {
		text += fmt.Sprintf("  %d errors", p.Errors)
	}
	if p.Shed > 0 {
		text += fmt.Sprintf("  %d not started", p.Shed)
	}
	return text
}

func latency(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.0f ms", float64(d.Microseconds())/1000)
}

// labelWidth is that of the labels at the axis: charts that stand above each
// other must begin in the same column.
const labelWidth = 5

// plot draws one line against its level.
func (m Model) plot(r rect, from, to time.Time, l line) []string {
	top := l.base
	for _, p := range l.points {
		top = max(top, p.Value)
	}
	// A label stands at every step-th row; the top is chosen so that they are round.
	step := max(1, (r.H-1)/4)
	if r.H < 8 {
		step = r.H - 1
	}
	top = roundUp(max(1, top)*1.1*float64(step)/float64(r.H)) * float64(r.H) / float64(step)
	// The chart has a row for its X axis in mind, which is switched off here: it
	// spreads the labels over all rows, but the data over one row less. So it is
	// given a range that is shorter by that row, and the labels are worked out here.
	reach := top * float64(r.H-1) / float64(r.H)
	c := timeserieslinechart.New(r.W, r.H,
		timeserieslinechart.WithTimeRange(from, to),
		timeserieslinechart.WithYRange(0, reach),
		timeserieslinechart.WithAxesStyles(m.styles.Rule, m.styles.Dim),
		timeserieslinechart.WithXYSteps(0, step),
		timeserieslinechart.WithYLabelFormatter(func(row int, _ float64) string {
			return fmt.Sprintf("%*.0f", labelWidth, top*float64(row)/float64(r.H))
		}),
		timeserieslinechart.WithLineStyle(runes.ArcLineStyle),
	)
	c.SetViewTimeAndYRange(from, to, 0, reach)
	if l.base > 0 {
		c.SetDataSetStyle("baseline", m.styles.Base)
		for _, t := range []time.Time{from, to} {
			c.PushDataSet("baseline", timeserieslinechart.TimePoint{Time: t, Value: l.base})
		}
	}
	c.SetDataSetStyle("line", l.look)
	for _, p := range l.points {
		c.PushDataSet("line", p)
	}
	c.DrawAll()
	return strings.Split(c.View(), "\n")
}

// roundUp gives the next number that is easy to read on an axis.
func roundUp(v float64) float64 {
	step := 1.0
	for step*10 < v {
		step *= 10
	}
	return math.Ceil(v/(step/2)) * step / 2
}

// marks is the line under the chart: where the fault went in and where recovery
// was proven.
func (m Model) marks(w int, from, to time.Time) string {
	s := m.state
	var all []mark
	put := func(at time.Time, word string) {
		if at.Before(from) || at.After(to) || to.Equal(from) {
			return
		}
		const axis = labelWidth // the line begins on it
		all = append(all, mark{axis + int(float64(w-axis-1)*float64(at.Sub(from))/float64(to.Sub(from))), word})
	}
	if s.Recovered != nil {
		put(s.FaultAt.Add(s.Recovered.TTR.Duration()), "recovered")
	}
	if s.FaultBegun() {
		put(s.FaultAt, "fault")
	}
	return m.styles.Warn.Render(markLine(w, all))
}

// mark is a sign under the chart and its word.
type mark struct {
	x    int
	word string
}

// markLine draws every sign, and beside each its word: after it, else before it,
// else not at all, so that none is cut and none stands on another.
func markLine(w int, all []mark) string {
	line := []rune(strings.Repeat(" ", max(0, w)))
	for _, m := range all {
		if m.x >= 0 && m.x < w {
			line[m.x] = '▲'
		}
	}
	for _, m := range all {
		word := []rune(" " + m.word + " ")
		switch {
		case free(line, m.x+1, len(word)-1): // the blank behind it may be the edge
			copy(line[m.x+1:], word[:len(word)-1])
		case free(line, m.x-len(word)+1, len(word)-1):
			copy(line[m.x-len(word)+1:], word[1:])
		}
	}
	return string(line)
}

// free says whether n cells from x on are on the line and blank.
func free(line []rune, x, n int) bool {
	return x >= 0 && x+n <= len(line) && strings.TrimSpace(string(line[x:x+n])) == ""
}

// p99Of gives the latencies of the latest seconds, for the big figures.
func p99Of(load []demo.LoadPoint) time.Duration {
	if len(load) == 0 {
		return 0
	}
	return load[len(load)-1].P99.Duration()
}
