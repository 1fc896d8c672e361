package tui

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/plot"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// level is a panel whose value never changes.
func level(v, least float64, unit plot.Unit, log bool) plot.Panel {
	p := plot.Panel{Name: "n", Unit: unit, Log: log, Least: least, Gap: 3 * time.Second}
	for i := range 60 {
		p.Points = append(p.Points, plot.Point{At: ten.Add(time.Duration(i) * time.Second), V: v})
	}
	return p
}

// drawnLine draws one panel of the given height with nothing around it.
func drawnLine(p plot.Panel, h int, with pen) []string {
	const w = 60
	c := newCanvas(w, h, with)
	cols := w - gutter - figureRoom
	whole := plot.Plot{From: p.Points[0].At, To: p.Points[len(p.Points)-1].At, Panels: []plot.Panel{p}}
	area{c, gutter, 0, cols, h}.line(p, axisOf(whole, cols, with.x), lookOps)
	return c.lines(&palette{}, 0)
}

// labelsOf reads the labels at the axis: the value and the row of each.
func labelsOf(t *testing.T, rows []string) map[float64]int {
	out := map[float64]int{}
	for y, row := range rows {
		text := strings.TrimSpace(ansi.Cut(row, 0, gutter-1))
		if text == "" {
			continue
		}
		v := 1.0
		for suffix, unit := range map[string]float64{"k": 1e3, "M": 1e6, "s": 1e3, "ms": 1} {
			number, ok := strings.CutSuffix(text, suffix)
			if number = strings.TrimSpace(number); ok && strings.Trim(number, "0123456789.") == "" { // "5ms" is no "5m" of "s"
				text, v = number, unit
				break
			}
		}
		n, err := strconv.ParseFloat(text, 64)
		require.NoErrorf(t, err, "label %q", text)
		out[n*v] = y
	}
	return out
}

// lineRow gives the row of a level line, which is the only one with dots.
func lineRow(t *testing.T, rows []string, with pen) int {
	found := -1
	for y, row := range rows {
		dots := 0
		for _, r := range ansi.Cut(row, gutter, gutter+40) {
			if r != ' ' && strings.ContainsRune(string(with.glyphs), r) {
				dots++
			}
		}
		if dots > 5 {
			require.Equal(t, -1, found, "one row has the line:\n%s", strings.Join(rows, "\n"))
			found = y
		}
	}
	require.NotEqual(t, -1, found, "a line is drawn:\n%s", strings.Join(rows, "\n"))
	return found
}

// A line at the value of a label runs in the row of that label, at every height,
// on every scale and with every pen; a line between two labels runs where its
// value belongs.
func TestALineRunsInTheRowOfItsLabel(t *testing.T) {
	for _, with := range []pen{quadrant, braille, block, typed} {
		for h := 3; h <= 40; h++ {
			for _, top := range []float64{7, 55, 1000, 1300, 47000, 3e6} {
				labels := labelsOf(t, drawnLine(level(top, top, plot.Count, false), h, with))
				require.GreaterOrEqual(t, len(labels), 2, "%g in %d rows", top, h)
				require.Equal(t, h-1, labels[0], "0 is at the bottom")
				for v := range labels {
					rows := drawnLine(level(v, top, plot.Count, false), h, with)
					row, ok := labelsOf(t, rows)[v]
					require.True(t, ok || v > top, "the scale stays")
					if ok {
						require.Equal(t, row, lineRow(t, rows, with), "%g in %d rows:\n%s", v, h, strings.Join(rows, "\n"))
					}
				}
				for _, share := range []float64{0.13, 0.37, 0.5, 0.81, 1} {
					rows := drawnLine(level(top*share, top, plot.Count, false), h, with)
					high, reach := 0.0, 0
					for v, row := range labelsOf(t, rows) {
						if v > high {
							high, reach = v, row
						}
					}
					want := float64(h-1) - top*share/high*float64(h-1-reach)
					require.InDelta(t, want, float64(lineRow(t, rows, with)), 0.75, "%g in %d rows:\n%s", top*share, h, strings.Join(rows, "\n"))
				}
			}
		}
	}
}

func TestALatencyRunsInTheRowOfItsLabel(t *testing.T) {
	for h := 3; h <= 40; h++ {
		for _, top := range []float64{10, 100, 900, 5000} {
			labels := labelsOf(t, drawnLine(level(top, 10, plot.Millis, true), h, braille))
			require.GreaterOrEqual(t, len(labels), 2, "%g ms in %d rows", top, h)
			for v, row := range labels {
				p := level(v, top, plot.Millis, true)
				rows := drawnLine(p, h, braille)
				again, ok := labelsOf(t, rows)[v]
				require.True(t, ok, "the scale is the same")
				require.Equal(t, row, again)
				require.Equal(t, row, lineRow(t, rows, braille), "%g ms in %d rows:\n%s", v, h, strings.Join(rows, "\n"))
			}
		}
	}
}

// The latest figure stands at the end of its line.
func TestTheLatestFigureIsAtTheEndOfItsLine(t *testing.T) {
	for h := 3; h <= 40; h++ {
		rows := drawnLine(level(1000, 0, plot.Count, false), h, braille)
		require.Regexp(t, `[⠀-⣿] 1000\s*$`, rows[lineRow(t, rows, braille)], "in %d rows", h)
	}
}

// Where seconds are missing nothing is drawn.
func TestAGapIsDrawnAsAGap(t *testing.T) {
	p := level(1000, 0, plot.Count, false)
	p.Points = append(p.Points[:20:20], p.Points[40:]...)
	rows := drawnLine(p, 10, braille)
	row := []rune(rows[lineRow(t, rows, braille)])
	a := axisOf(plot.Plot{From: ten, To: ten.Add(59 * time.Second)}, 60-gutter-figureRoom, braille.x)
	for s := range 60 {
		x := a.cell(ten.Add(time.Duration(s) * time.Second))
		require.Equal(t, s < 21 || s > 38, row[gutter+x] != ' ' || s == 20 || s == 39, "second %d", s)
	}
	require.Equal(t, ' ', row[gutter+a.cell(ten.Add(30*time.Second))])
}

// The time of the fault is shaded from its beginning to the recovery, and a
// vertical stands at each event.
func TestTheFaultIsABandAndItsEventsAreVerticals(t *testing.T) {
	p := on(t, 8, 200, 55, "dark")
	whole := plot.Workload(p.state)
	require.Len(t, whole.Bands, 1)
	require.Len(t, whole.Marks, 4)
	for h := chartLeast; h <= 45; h++ {
		rows := p.drawPlot(whole, rect{100, h})
		require.Len(t, rows, h)
		a := axisOf(whole, 100-gutter-figureRoom, quadrant.x)
		shares := shareRows(h)
		for i, row := range rows[shares.lanes:] {
			cells := []rune(row)
			require.Len(t, cells, 100)
			if shares.times && i == len(rows)-shares.lanes-1 {
				continue
			}
			for x := range a.cols {
				in := x >= a.cell(whole.Bands[0].From) && x <= a.cell(whole.Bands[0].To)
				require.False(t, cells[gutter+x] == '░' && !in, "row %d, column %d:\n%s", i, x, strings.Join(rows, "\n"))
				require.False(t, cells[gutter+x] == ' ' && in, "row %d, column %d:\n%s", i, x, strings.Join(rows, "\n"))
			}
			for _, mark := range whole.Marks {
				require.NotContains(t, " ░", string(cells[gutter+a.cell(mark.At)]), "%s in row %d:\n%s", mark.Word, i, strings.Join(rows, "\n"))
			}
		}
	}
}

// Words above the marks are whole, and none lies on another, however close the
// events are.
func TestWordsAboveTheMarksNeverOverlap(t *testing.T) {
	words := []string{"fault", "detected", "diagnosed", "recovered"}
	for _, w := range []int{24, 34, 50, 80, 140} {
		for _, spread := range []time.Duration{0, 300 * time.Millisecond, 2 * time.Second, 9 * time.Second, 17 * time.Second} {
			for _, h := range []int{5, 9, 12, 20, 40} {
				whole := plot.Plot{From: ten, To: ten.Add(time.Minute), Origin: ten, Panels: []plot.Panel{level(1000, 0, plot.Count, false), level(3, 10, plot.Millis, true), {Name: "errors", Kind: plot.Bars}}}
				for i, word := range words {
					whole.Marks = append(whole.Marks, plot.Mark{At: ten.Add(5*time.Second + time.Duration(i)*spread), Word: word, Detail: "1.0 s", Weight: 4 - i})
				}
				p := on(t, 3, 120, 36, "mono")
				rows := p.drawPlot(whole, rect{w, h})
				text := strings.Join(rows[:shareRows(h).lanes], "\n")
				require.Contains(t, text, "fault", "the first is always there, %d×%d", w, h)
				for _, found := range strings.Fields(strings.NewReplacer("┆", " ", "ops/s", "", "n ", " ").Replace(text)) {
					require.Contains(t, append(words, "1.0", "s", "n"), found, "a whole word:\n%s", text)
				}
			}
		}
	}
}

// Every size that a pane may have is filled exactly and no wider.
func TestTheChartFitsEverySize(t *testing.T) {
	p := on(t, 8, 120, 36, "dark")
	whole := plot.Workload(p.state)
	for w := 1; w <= 120; w += 7 {
		for h := 1; h <= 60; h++ {
			for _, row := range p.drawPlot(whole, rect{w, h}) {
				require.Equal(t, w, ansi.StringWidth(row), "%d×%d", w, h)
			}
		}
	}
}

// A picture is drawn again when its data, its size or its colours change, and
// otherwise not.
func TestTheChartIsDrawnOnlyWhenItChanges(t *testing.T) {
	p := on(t, 5, 120, 36, "dark")
	_ = p.View()
	p.chart.text = "as it was"
	require.Contains(t, p.View(), "as it was")
	p.shine(900)
	require.NotContains(t, p.View(), "as it was")
	p.chart.text = "as it was"
	p.in(styles.Light, termenv.TrueColor)
	require.NotContains(t, p.View(), "as it was")
	p.chart.text = "as it was"
	p.in(styles.Light, termenv.ANSI256)
	require.NotContains(t, p.View(), "as it was", "another depth of the same theme is another look")
	p.chart.text = "as it was"
	p.height += 4
	require.NotContains(t, p.View(), "as it was")
}

func TestThePenFollowsTheTerminal(t *testing.T) {
	require.Equal(t, quadrant.glyphs, penFor("", "xterm-256color").glyphs)
	require.Equal(t, quadrant.glyphs, penFor("quadrant", "linux").glyphs)
	require.Equal(t, block.glyphs, penFor("", "linux").glyphs)
	require.Equal(t, block.glyphs, penFor("block", "xterm").glyphs)
	require.Equal(t, '|', penFor("ascii", "linux").rule)
	require.Equal(t, 4, penFor("braille", "linux").y)
	for _, r := range string(typed.glyphs) + string(typed.bars) + string([]rune{typed.shade, typed.rule}) {
		require.Less(t, r, rune(128))
	}
}

// A real half hour of seconds with a fault in it.
func halfHour() plot.Plot {
	p := plot.Plot{From: ten, To: ten.Add(30 * time.Minute), Origin: ten, Bands: []plot.Band{{From: ten.Add(25 * time.Minute), To: ten.Add(26 * time.Minute)}}}
	p.Panels = []plot.Panel{{Name: "ops/s", Gap: 3 * time.Second, Level: 1000}, {Name: "p99", Unit: plot.Millis, Log: true, Least: 10, Gap: 3 * time.Second}, {Name: "errors", Kind: plot.Bars, Least: 10}}
	for i := range 1800 {
		at := ten.Add(time.Duration(i) * time.Second)
		v := 1000 + 30*math.Sin(float64(i))
		p.Panels[0].Points = append(p.Panels[0].Points, plot.Point{At: at, V: v})
		p.Panels[1].Points = append(p.Panels[1].Points, plot.Point{At: at, V: 4 + math.Cos(float64(i))})
		p.Panels[2].Points = append(p.Panels[2].Points, plot.Point{At: at, V: float64(i % 50 / 48)})
	}
	return p
}

func BenchmarkChartHalfHour(b *testing.B) {
	m := Model{chart: &chart{pen: quadrant}, styles: styles.Fixed(termenv.TrueColor, styles.Dark)}
	p := halfHour()
	b.ReportAllocs()
	for b.Loop() {
		m.drawPlot(p, rect{89, 45})
	}
}

// What is slow because of this machine is said beside the figures, or
// in their place where there is no room for both.
func TestAnOverloadedMachineIsSaidBesideTheFigures(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {100, 30}, {160, 45}} {
		p := on(t, 3, size[0], size[1], "dark")
		require.NotContains(t, p.View(), "machine overloaded")
		p.hear(demo.SignalSeen{Name: demo.SignalOverload, Detail: "its clock ticks 200 ms late in 2 s"})
		require.Contains(t, p.View(), "machine overloaded", "%v", size)
		require.Equal(t, size[0] >= 100, strings.Contains(p.View(), "ms  machine overloaded"), "%v", size)
		p.hear(demo.SignalSeen{Name: demo.SignalOverload, Cleared: true})
		require.NotContains(t, p.View(), "machine overloaded", "%v", size)
	}
}
