// Package plot holds the data of a plot apart from how it is drawn: series with
// gaps, their scales, bands, marks and labels. The screen draws a Plot with
// cells, and the report can draw the same Plot with lines and boxes, so both
// tell the same story.
package plot

import "time"

// Plot is some panels that stand above each other on one time axis.
type Plot struct {
	From, To time.Time // of all data that is kept; a drawing may show less
	Origin   time.Time // from which the time axis counts
	Panels   []Panel
	Bands    []Band
	Marks    []Mark
	Cursor   time.Time // a moment that is pointed at, zero for none
}

// Kind says how a panel is drawn.
type Kind int

// The kinds of panels.
const (
	Line Kind = iota // a line through the points
	Bars             // a bar for each point, none for zero
)

// Panel is one series with its scale.
type Panel struct {
	Name   string // short enough to stand beside the axis
	Kind   Kind
	Unit   Unit
	Points []Point       // oldest first
	Gap    time.Duration // points further apart than this are not joined
	Level  float64       // what the series is compared with, 0 for nothing
	Least  float64       // the scale reaches at least to here
	Log    bool          // the scale is logarithmic
	Series []Series      // several on this scale, Points among them; nil for Points alone
}

// Series is one of several lines of a panel.
type Series struct {
	Name   string
	Points []Point
}

// Point is one value and its time.
type Point struct {
	At time.Time
	V  float64
}

// Band is a shaded span of time. To is the end of the plot while it is open.
type Band struct{ From, To time.Time }

// Mark is one event: a vertical with a word above. Detail stands after the word
// where there is room.
type Mark struct {
	At     time.Time
	Word   string
	Detail string
	Weight int  // marks with more weight get their words first
	Before bool // its word is better off before it: others follow soon
}

// From gives the points from a moment on. The last point before it comes
// first, so that a line begins at the edge.
func From(points []Point, from time.Time) []Point {
	for i, p := range points {
		if !p.At.Before(from) {
			return points[max(0, i-1):]
		}
	}
	return nil
}

// Segments calls f for each pair of points that are joined, and once with the
// same point twice for a point that is joined to none.
func (p Panel) Segments(points []Point, f func(a, b Point)) {
	joined := false
	for i, b := range points {
		if i > 0 && b.At.Sub(points[i-1].At) <= p.Gap {
			f(points[i-1], b)
			joined = true
			continue
		}
		if i > 0 && !joined {
			f(points[i-1], points[i-1])
		}
		joined = false
	}
	if n := len(points); n > 0 && !joined {
		f(points[n-1], points[n-1])
	}
}
