package report

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/plot"
)

// The size of a chart in the units of its drawing. A reader's width scales it.
const (
	chartWidth  = 760
	chartHeight = 190
	chartLeft   = 52 // of the labels of the axis
	chartRight  = 8
	chartTop    = 34 // of two lanes of words
	chartBottom = 20
	letterWidth = 6 // of a word, about

	legendHeight = 14 // below the axis, where no line can be
	pointsShown  = 1400
)

// canvas draws one panel.
type canvas struct {
	strings.Builder
	chart Chart
	scale plot.Scale
}

// SVG draws the chart. Its colours are those of the page around it.
func (c Chart) SVG() string {
	d := canvas{chart: c}
	points := c.Panel.Points
	for _, s := range c.Panel.Series {
		points = append(points[:len(points):len(points)], s.Points...)
	}
	whole := c.Panel
	whole.Points = points
	d.scale = plot.ScaleOf(whole, math.MaxInt64) // all of it is shown: it never shrinks
	height := chartHeight
	if len(c.Panel.Series) > 0 {
		height += legendHeight
	}
	fmt.Fprintf(&d, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s"><title>%s</title>`, chartWidth, height, html.EscapeString(c.Title), html.EscapeString(c.Title))
	d.bands()
	d.grid()
	d.level()
	d.lines()
	d.marks()
	d.legend()
	d.WriteString("</svg>")
	return d.String()
}

func (d *canvas) x(at time.Time) float64 {
	span := d.chart.Plot.To.Sub(d.chart.Plot.From).Seconds()
	if span <= 0 {
		return chartLeft
	}
	share := at.Sub(d.chart.Plot.From).Seconds() / span
	return chartLeft + min(1, max(0, share))*(chartWidth-chartLeft-chartRight)
}

func (d *canvas) y(v float64) float64 {
	return chartTop + (1-d.scale.Share(v))*(chartHeight-chartTop-chartBottom)
}

func (d *canvas) bands() {
	for _, b := range d.chart.Plot.Bands {
		x := d.x(b.From)
		fmt.Fprintf(d, `<rect class="band" x="%.1f" y="%d" width="%.1f" height="%d"/>`, x, chartTop, max(0, d.x(b.To)-x), chartHeight-chartTop-chartBottom)
	}
}

// grid draws both axes with their labels.
func (d *canvas) grid() {
	for _, v := range d.scale.Ticks(5) {
		y := d.y(v)
		fmt.Fprintf(d, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`,
			chartLeft, chartWidth-chartRight, y, y, chartLeft-4, y+3.5, html.EscapeString(d.chart.Panel.Unit.Axis(v)))
	}
	p := d.chart.Plot
	step := tickOf(p.To.Sub(p.From))
	first := p.From.Sub(p.Origin).Truncate(step)
	for at := first; at <= p.To.Sub(p.Origin); at += step {
		if p.Origin.Add(at).Before(p.From) {
			continue
		}
		fmt.Fprintf(d, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, d.x(p.Origin.Add(at)), chartHeight-6, clock(at))
	}
}

// tickOf is how far the labels of the time axis are apart.
func tickOf(span time.Duration) time.Duration {
	for _, s := range []time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800} {
		if span <= 10*s*time.Second {
			return s * time.Second
		}
	}
	return time.Hour * (1 + span/(10*time.Hour))
}

// level is what the series is compared with.
func (d *canvas) level() {
	if l := d.chart.Panel.Level; l > 0 {
		fmt.Fprintf(d, `<line class="level" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, chartLeft, chartWidth-chartRight, d.y(l), d.y(l))
	}
}

func (d *canvas) lines() {
	p := d.chart.Panel
	switch {
	case p.Kind == plot.Bars:
		d.bars(p.Points)
	case len(p.Series) == 0:
		d.line("p99", p.Points)
	}
	for _, s := range p.Series {
		d.line(s.Name, s.Points)
	}
}

// bars draws a bar for each point that is not zero, a second wide.
func (d *canvas) bars(points []plot.Point) {
	floor := float64(chartHeight - chartBottom)
	for _, p := range thinned(points) {
		if p.V <= 0 {
			continue
		}
		left := d.x(p.At.Add(-time.Second))
		fmt.Fprintf(d, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, left, d.y(p.V), max(1, d.x(p.At)-left-0.5), max(0, floor-d.y(p.V)))
	}
}

// line draws a line through the points, broken where something is missing.
func (d *canvas) line(class string, points []plot.Point) {
	points = thinned(points)
	gap := d.chart.Panel.Gap
	if len(points) > 1 { // thinned points are further apart
		gap = max(gap, 2*points[len(points)-1].At.Sub(points[0].At)/time.Duration(len(points)-1))
	}
	fmt.Fprintf(d, `<path class="%s" d="`, class)
	for i, p := range points {
		verb := "L"
		if i == 0 || p.At.Sub(points[i-1].At) > gap {
			verb = "M"
		}
		fmt.Fprintf(d, "%s%.1f %.1f", verb, d.x(p.At), d.y(p.V))
	}
	d.WriteString(`"/>`)
}

// thinned keeps of each group of points the lowest and the highest, so that a
// long run fits its width and no peak is lost.
func thinned(points []plot.Point) []plot.Point {
	if len(points) <= pointsShown {
		return points
	}
	size := (2*len(points) + pointsShown - 1) / pointsShown
	var out []plot.Point
	for i := 0; i < len(points); i += size {
		group := points[i:min(len(points), i+size)]
		low, high := 0, 0
		for k, p := range group {
			if p.V < group[low].V {
				low = k
			}
			if p.V > group[high].V {
				high = k
			}
		}
		out = append(out, group[min(low, high)])
		if low != high {
			out = append(out, group[max(low, high)])
		}
	}
	return out
}

// marks draws a vertical for each event, with its word above where there is room.
func (d *canvas) marks() {
	var all []plot.Word
	for _, m := range d.chart.Plot.Marks {
		all = append(all, plot.Word{X: int(d.x(m.At)), Text: strings.TrimSpace(m.Word + " " + m.Detail), Short: m.Word, Weight: m.Weight, Before: m.Before})
	}
	placed := plot.Place(all, 2, chartWidth, func(s string) int { return letterWidth * len([]rune(s)) })
	for i, w := range placed {
		x := d.x(d.chart.Plot.Marks[i].At)
		fmt.Fprintf(d, `<line class="mark" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, chartTop, chartHeight-chartBottom)
		if w.Lane >= 0 {
			anchor := "start"
			if w.Left < w.X {
				anchor = "end"
			}
			fmt.Fprintf(d, `<text class="word" x="%.1f" y="%d" text-anchor="%s">%s</text>`, x, 16+12*w.Lane, anchor, html.EscapeString(w.Placed))
		}
	}
}

// legend names the lines, where there are several.
func (d *canvas) legend() {
	for i, s := range d.chart.Panel.Series {
		x, y := chartLeft+54*i, chartHeight+legendHeight/2
		fmt.Fprintf(d, `<path class="%s" d="M%d %dh16"/><text x="%d" y="%d">%s</text>`, s.Name, x, y, x+20, y+3, html.EscapeString(s.Name))
	}
}
