package plot

import (
	"math"
	"slices"
	"time"
)

// Scale turns values into a share of an axis. Low and High are bounds that are
// easy to read.
type Scale struct {
	Low, High float64
	Log       bool
}

// shrinkBelow is the share of a scale under which the values must stay before
// it gets smaller. With 1 it would jump whenever a value crosses a bound.
const shrinkBelow = 0.6

// ScaleOf gives the scale of a panel. It grows at once and gets smaller only
// after the values have stayed well below it for as long as hold. The same
// points always give the same scale, so a replay looks like the live run; hold
// is at least as long as the span that is shown, so nothing shown is cut off.
func ScaleOf(p Panel, hold time.Duration) Scale {
	if !p.Log {
		high := bound(p.Points, hold, max(p.Least, p.Level), value, niceAbove, shrinkBelow)
		return Scale{High: high}
	}
	// A decade is dropped when the values need less than a twentieth of it.
	high := bound(p.Points, hold, max(p.Least, p.Level), value, decadeAbove, 0.05)
	low := 1 / bound(p.Points, hold, 1/high*10, inverse, decadeAbove, 0.05)
	return Scale{Low: low, High: high, Log: true}
}

func value(v float64) float64 { return v }

// inverse gives 0 for what a logarithmic scale cannot show.
func inverse(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return 1 / v
}

// bound replays the points and gives the bound after the last one.
func bound(points []Point, hold time.Duration, least float64, of, up func(float64) float64, slack float64) float64 {
	now := up(least)
	var peaks []Point // the largest values of the last hold, each larger than those after it
	for _, p := range points {
		v := of(p.V)
		for len(peaks) > 0 && peaks[len(peaks)-1].V <= v {
			peaks = peaks[:len(peaks)-1]
		}
		peaks = append(peaks, Point{p.At, v})
		for p.At.Sub(peaks[0].At) > hold {
			peaks = slices.Delete(peaks, 0, 1)
		}
		if most := max(peaks[0].V, least); most > now || most < now*slack {
			now = up(most)
		}
	}
	return now
}

// niceAbove gives the next bound that is easy to read.
func niceAbove(v float64) float64 {
	if v <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8} {
		if v <= m*unit*(1+1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// decadeAbove gives the next power of ten.
func decadeAbove(v float64) float64 {
	if v <= 0 {
		return 1
	}
	return math.Pow(10, math.Ceil(math.Log10(v)-1e-9))
}

// Share gives where a value stands: 0 at Low, 1 at High. Values outside stand
// at the nearer end.
func (s Scale) Share(v float64) float64 {
	return min(1, max(0, s.units(v)/s.units(s.High)))
}

// units gives the distance of a value from Low in the unit of the axis: in
// itself, or in decades.
func (s Scale) units(v float64) float64 {
	if !s.Log {
		return v - s.Low
	}
	if v <= 0 {
		return 0
	}
	return math.Log10(v / s.Low)
}

// valueAt is the inverse of units.
func (s Scale) valueAt(units float64) float64 {
	if !s.Log {
		return s.Low + units
	}
	return s.Low * math.Pow(10, units)
}

// Ticks gives at most so many values, from Low to High, that labels may stand at.
func (s Scale) Ticks(most int) []float64 {
	g := s.OnRows(0)
	reach := s.units(s.High)
	for _, step := range g.steps(reach) {
		if n := int(reach/step + 1e-9); n < most {
			var out []float64
			for i := range n + 1 {
				out = append(out, s.valueAt(float64(i)*step))
			}
			return out
		}
	}
	return []float64{s.Low}
}

// Grid is a scale on rows of equal height: Low is in the middle of the lowest
// row, and every Every-th row has a label with a round value in its middle. The
// grid may reach above High.
type Grid struct {
	Scale
	Every int     // rows from one label to the next
	Step  float64 // what that is in units
	Rows  int     // rows above the lowest
}

// Labels an axis of some height should have.
const (
	fewLabels  = 2
	manyLabels = 6
)

// OnRows fits the scale to the given number of rows above the lowest one.
func (s Scale) OnRows(rows int) Grid {
	best, cost := Grid{Scale: s, Every: 1, Step: s.units(s.High), Rows: rows}, math.Inf(1)
	need := s.units(s.High)
	for every := 1; every <= rows; every++ {
		for _, step := range best.steps(need) {
			reach := step * float64(rows) / float64(every)
			if reach < need*(1-1e-9) {
				continue
			}
			// What is above the highest value is lost; too few and too many labels
			// are a loss too, and so are labels without a row between them.
			c := reach/need - 1
			labels := rows/every + 1
			c += 0.3*float64(max(0, labels-manyLabels)) + 0.5*float64(max(0, fewLabels+1-labels))
			if every == 1 && rows > 3 {
				c += 0.2
			}
			if c < cost {
				best, cost = Grid{Scale: s, Every: every, Step: step, Rows: rows}, c
			}
			break
		}
	}
	return best
}

// steps lists round steps, smallest first, some of them larger than need.
func (g Grid) steps(need float64) []float64 {
	if g.Log {
		return []float64{1, 2, 3, 4, 5, 6}
	}
	var out []float64
	unit := math.Pow(10, math.Floor(math.Log10(need))-2)
	for range 4 {
		for _, m := range []float64{1, 2, 2.5, 5} {
			out = append(out, m*unit)
		}
		unit *= 10
	}
	return out
}

// Row gives how many rows above the middle of the lowest row a value stands.
func (g Grid) Row(v float64) float64 {
	if g.Step == 0 {
		return 0
	}
	return min(float64(g.Rows), max(0, g.units(v)/g.Step*float64(g.Every)))
}

// Label is a value that stands in the middle of a row, counted from the lowest.
type Label struct {
	Row int
	V   float64
}

// Labels lists the labels of the axis, lowest first.
func (g Grid) Labels() []Label {
	var out []Label
	for i := 0; i*g.Every <= g.Rows; i++ {
		out = append(out, Label{i * g.Every, g.valueAt(float64(i) * g.Step)})
	}
	return out
}
