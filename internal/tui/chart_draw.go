package tui

import (
	"slices"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/plot"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

const (
	gutter     = 6  // cells of the labels and the axis
	figureRoom = 8  // cells behind the line for its latest figure
	figureFrom = 36 // width from which there is room for it
)

// chartRows is how the rows of a chart are shared out.
type chartRows struct {
	lanes  int   // of words above the marks; the first panel's name is beside the lowest
	panels []int // rows of each panel; before all but the first and the bars is a row with its name
	times  bool  // a row of times below
}

// shareRows gives each panel its rows: the first the most, the second from a
// certain height on, and one or more rows of bars.
func shareRows(h int) chartRows {
	r := chartRows{lanes: 1, panels: []int{0, 0, 0}}
	switch {
	case h < 5:
		r.lanes = min(1, max(0, h-3))
	case h >= 24:
		r.lanes = 3
	case h >= 12:
		r.lanes = 2
	}
	rest := h - r.lanes
	if h >= 14 {
		r.times = true
		rest--
	}
	switch {
	case h >= 26:
		r.panels[2] = 3
	case h >= 18:
		r.panels[2] = 2
	case h >= 8:
		r.panels[2] = 1
	}
	rest -= r.panels[2]
	if h >= 11 {
		r.panels[1] = max(3, rest*3/8)
		rest -= r.panels[1] + 1
	}
	r.panels[0] = rest
	return r
}

// drawPlot draws a plot into rows of cells.
func (m Model) drawPlot(p plot.Plot, r rect) []string {
	c := newCanvas(r.W, r.H, m.chart.pen)
	cols := r.W - gutter
	if r.W >= figureFrom {
		cols -= figureRoom
	}
	if cols < 1 || r.H < 3 || len(p.Panels) == 0 {
		return nil
	}
	rows := shareRows(r.H)
	t := axisOf(p, cols, c.pen.x)
	down := r.H
	if rows.times {
		down--
	}
	t.shade(c, p, rows.lanes, down)
	y := rows.lanes
	for i, panel := range p.Panels {
		h := rows.panels[i]
		if h == 0 {
			continue
		}
		name := y - 1
		if i > 0 && panel.Kind == plot.Line {
			y++
			name = y - 1
		}
		a := area{c, gutter, y, cols, h}
		if panel.Kind == plot.Bars {
			name = y + h - 1
			a.bars(panel, t)
		} else {
			a.line(panel, t, lookOf(i))
		}
		if name >= 0 {
			c.write(0, name, panel.Name, lookOf(i))
		}
		y += h
	}
	t.cursor(c, p, down)
	t.words(c, p, rows.lanes)
	if rows.times {
		t.times(c, p, r.H-1)
	}
	pal, shade := m.chartPalette()
	return c.lines(pal, shade)
}

// lookOf gives the look of a panel.
func lookOf(i int) look { return lookOps + look(i) }

// line draws a panel with a line: labels at their values, the level, the line
// itself, and its latest figure at its end.
func (a area) line(p plot.Panel, t timeAxis, l look) {
	g := plot.ScaleOf(p, t.hold()).OnRows(a.h - 1)
	dotY := func(v float64) int { return int(g.Row(v)*float64(a.pen.y)+0.5) + a.pen.mid }
	for y := range a.h {
		a.put(gutter-1, a.y+y, '│', lookAxis)
	}
	for _, label := range g.Labels() {
		text := p.Unit.Axis(label.V)
		y := a.y + a.h - 1 - label.Row
		a.write(gutter-1-ansi.StringWidth(text), y, text, lookLabel)
		a.write(gutter-1, y, "┤", lookAxis)
	}
	if p.Level > 0 && len(p.Points) > 0 {
		for x := 0; x <= min(t.dot(p.Points[len(p.Points)-1].At), a.w*a.pen.x-1); x += 2 * a.pen.x {
			a.dot(x, dotY(p.Level), lookLevel)
		}
	}
	points := plot.From(p.Points, t.from())
	p.Segments(points, func(from, to plot.Point) {
		a.stroke(t.dot(from.At), dotY(from.V), t.dot(to.At), dotY(to.V), l)
	})
	if n := len(points); n > 0 {
		last := points[n-1]
		row := a.h - 1 - min(a.h-1, dotY(last.V)/a.pen.y)
		a.figure(p.Unit.Figure(last.V), t.cell(last.At), row, l)
	}
}

// figure writes the latest figure behind the end of its line.
func (a area) figure(text string, x, row int, l look) {
	if a.x+x+2+ansi.StringWidth(text) <= a.canvas.w {
		a.write(a.x+x+2, a.y+row, text, l)
	}
}

// bars draws a panel with a bar for each cell: the largest of its points.
func (a area) bars(p plot.Panel, t timeAxis) {
	s := plot.ScaleOf(p, t.hold())
	for y := range a.h {
		a.put(gutter-1, a.y+y, '│', lookAxis)
	}
	most := make([]float64, a.w)
	for _, q := range plot.From(p.Points, t.from()) {
		if x := t.cell(q.At); x >= 0 && x < a.w {
			most[x] = max(most[x], q.V)
		}
	}
	if a.h > 1 && slices.Max(most) > 0 { // the lowest row has the panel's name
		text := p.Unit.Axis(s.High)
		a.write(gutter-1-ansi.StringWidth(text), a.y, text, lookErrors) // close below the labels of another axis
		a.write(gutter-1, a.y, "┤", lookAxis)
	}
	for x, v := range most {
		if v <= 0 {
			continue
		}
		eighths := max(1, int(s.Share(v)*float64(a.h*8)+0.5))
		for row := 0; eighths > 0; row++ {
			a.put(a.x+x, a.y+a.h-1-row, a.pen.bars[min(8, eighths)-1], lookErrors)
			eighths -= 8
		}
	}
	if n := len(p.Points); n > 0 && p.Points[n-1].V > 0 {
		last := p.Points[n-1]
		a.figure(p.Unit.Figure(last.V), t.cell(last.At), a.h-1, lookErrors)
	}
}

// chartPalette gives the paint of every look, and the character that shows the
// fault's time where no colour does.
func (m Model) chartPalette() (*palette, rune) {
	all := [looks]styles.Look{
		lookBlank: m.styles.Text, lookOps: m.styles.Ops, lookLatency: m.styles.Latency, lookErrors: m.styles.Bad, lookLevel: m.styles.Base,
		lookAxis: m.styles.Rule, lookLabel: m.styles.Dim, lookMark: m.styles.Rule, lookWord: m.styles.Strong,
	}
	p := &palette{}
	for i, s := range all {
		p[0][i], p[1][i] = paintOf(s), paintOf(m.styles.InBand(s))
	}
	if p[1][lookBlank] == p[0][lookBlank] {
		return p, m.chart.pen.shade
	}
	return p, 0
}
