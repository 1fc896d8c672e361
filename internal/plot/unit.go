package plot

import (
	"fmt"
	"math"
	"strconv"
)

// Unit says what the values of a panel are.
type Unit int

// The units.
const (
	Count  Unit = iota // things, or things a second
	Millis             // milliseconds
)

// Axis gives a value as it stands at an axis: at most five cells.
func (u Unit) Axis(v float64) string {
	if u == Millis {
		return millis(v, 1)
	}
	switch a := math.Abs(v); {
	case a >= 1e6:
		return short(v/1e6) + "M"
	case a >= 1e5:
		return short(v/1e3) + "k"
	}
	return short(v)
}

// Figure gives a value in full: at most seven cells.
func (u Unit) Figure(v float64) string {
	if u == Millis {
		return millis(v, 0)
	}
	if v >= 1e6 {
		return fmt.Sprintf("%.2fM", v/1e6)
	}
	return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
}

// millis gives a time. An axis has round values and wants no zeros after them.
func millis(v float64, axis int) string {
	switch {
	case v == 0:
		return "0"
	case v >= 100_000 && axis == 1:
		return short(v/1000) + "s"
	case v >= 1000 && axis == 1:
		return short(v/1000) + " s"
	case v >= 1000:
		return fmt.Sprintf("%.1f s", v/1000)
	case axis == 1:
		return short(v) + "ms"
	case v >= 10:
		return fmt.Sprintf("%.0f ms", v)
	}
	return fmt.Sprintf("%.1f ms", v)
}

// short gives a round value without zeros behind the point.
func short(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}
