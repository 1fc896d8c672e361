package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/plot"
)

// Spans of time that a chart shows.
const (
	chartWindow = time.Minute      // that it looks back at least, where there is as much
	chartShort  = 20 * time.Second // what it has room for at the start
	chartLead   = 15 * time.Second // before the fault
	chartStory  = 20 * time.Minute // a fault older than this no longer stays in the picture
)

// timeAxis maps times to dots. A dot stands for a round span of time and dots
// begin at multiples of it, so that a picture that moves on keeps its shape.
type timeAxis struct {
	first int64 // number of the leftmost dot since the epoch
	per   time.Duration
	cols  int // cells
	px    int // dots in a cell
}

// axisOf chooses what is shown: the last minute, or since shortly before the
// fault while that is not long ago.
func axisOf(p plot.Plot, cols, px int) timeAxis {
	start := p.To.Add(-chartWindow)
	for _, b := range p.Bands {
		if begin := b.From.Add(-chartLead); p.To.Sub(begin) < chartStory && begin.Before(start) {
			start = begin
		}
	}
	if begin := p.Cursor.Add(-chartLead); !p.Cursor.IsZero() && begin.Before(start) {
		start = begin
	}
	if start.Before(p.From) {
		start = p.From
	}
	need := max(chartShort, p.To.Sub(start))
	t := timeAxis{cols: cols, px: px, per: time.Hour}
	for _, per := range []time.Duration{time.Second / 8, time.Second / 4, time.Second / 2, time.Second, 2 * time.Second, 3 * time.Second,
		5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute} {
		if per*time.Duration(cols*px-1) >= need {
			t.per = per
			break
		}
	}
	t.first = max(t.number(p.From), t.number(p.To)-int64(cols*px)+1)
	return t
}

func (t timeAxis) number(at time.Time) int64 { return at.UnixNano() / int64(t.per) }

// dot gives the dot of a time; it may lie outside.
func (t timeAxis) dot(at time.Time) int { return int(t.number(at) - t.first) }

// cell gives the cell of a time; it may lie outside.
func (t timeAxis) cell(at time.Time) int {
	d := t.dot(at)
	if d < 0 {
		return -1
	}
	return d / t.px
}

// from gives the time at the left edge.
func (t timeAxis) from() time.Time { return time.Unix(0, t.first*int64(t.per)) }

// hold is how long a scale remembers its peaks: longer than they are shown.
func (t timeAxis) hold() time.Duration { return t.per*time.Duration(t.cols*t.px) + 10*time.Second }

// shade marks the bands, and draws a vertical for each mark.
func (t timeAxis) shade(c *canvas, p plot.Plot, top, bottom int) {
	for _, b := range p.Bands {
		if b.To.Before(t.from()) {
			continue
		}
		for x := max(0, t.cell(b.From)); x <= min(t.cols-1, t.cell(b.To)); x++ {
			for y := top; y < bottom; y++ {
				c.at(gutter+x, y).band = true
			}
		}
	}
	for _, mark := range p.Marks {
		if x := t.cell(mark.At); x >= 0 && x < t.cols {
			for y := top; y < bottom; y++ {
				c.put(gutter+x, y, c.pen.rule, lookMark)
			}
		}
	}
}

// cursor draws the moment that is pointed at, over everything but words.
func (t timeAxis) cursor(c *canvas, p plot.Plot, bottom int) {
	if p.Cursor.IsZero() {
		return
	}
	x := min(t.cols-1, max(0, t.cell(p.Cursor)))
	for y := range bottom {
		c.put(gutter+x, y, c.pen.cursor, lookWord)
	}
}

// words puts the marks' words into the lanes above, and leads each vertical up
// to its word.
func (t timeAxis) words(c *canvas, p plot.Plot, lanes int) {
	var all []plot.Word
	for _, mark := range p.Marks {
		if x := t.cell(mark.At); x >= 0 && x < t.cols {
			all = append(all, plot.Word{X: x, Text: strings.TrimSpace(mark.Word + " " + mark.Detail), Short: mark.Word, Weight: mark.Weight, Before: mark.Before})
		}
	}
	all = plot.Place(all, lanes, c.w-gutter, ansi.StringWidth)
	for _, w := range all {
		for y := w.Lane + 1; w.Lane >= 0 && y < lanes; y++ {
			c.put(gutter+w.X, y, c.pen.rule, lookMark)
		}
	}
	for _, w := range all {
		if w.Lane >= 0 {
			c.write(gutter+w.Left, w.Lane, w.Placed, lookWord)
		}
	}
}

// timeRoom is how many cells lie at least between two times below the chart.
const timeRoom = 11

// times writes times below the chart, counted from the plot's origin.
func (t timeAxis) times(c *canvas, p plot.Plot, y int) {
	cell := t.per * time.Duration(t.px)
	step := time.Hour
	for _, s := range []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute} {
		if s >= timeRoom*cell {
			step = s
			break
		}
	}
	signed := len(p.Bands) > 0
	end := t.from().Add(cell * time.Duration(t.cols))
	for at := p.Origin.Add(t.from().Sub(p.Origin).Truncate(step)); at.Before(end); at = at.Add(step) {
		x := t.cell(at)
		text := offset(at.Sub(p.Origin), signed)
		left := x - ansi.StringWidth(text)/2
		if x >= 0 && left >= -gutter && left+ansi.StringWidth(text) <= t.cols {
			c.write(gutter+left, y, text, lookLabel)
		}
	}
}

// offset gives a time before or after the origin.
func offset(d time.Duration, signed bool) string {
	sign := ""
	switch {
	case d < 0:
		sign, d = "−", -d
	case signed && d > 0:
		sign = "+"
	}
	if d >= time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("%s%d min", sign, d/time.Minute)
	}
	return fmt.Sprintf("%s%g s", sign, d.Seconds())
}
