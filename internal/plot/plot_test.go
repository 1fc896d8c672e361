package plot

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var ten = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

func seconds(vs ...float64) []Point {
	var out []Point
	for i, v := range vs {
		out = append(out, Point{ten.Add(time.Duration(i) * time.Second), v})
	}
	return out
}

// A scale grows at once, so that nothing is cut off, and gets smaller only when
// the peak has been gone for as long as it is shown.
func TestAScaleGrowsAtOnceAndShrinksLate(t *testing.T) {
	vs := []float64{1000, 1010, 990, 3500}
	for range 30 {
		vs = append(vs, 1000)
	}
	points := seconds(vs...)
	high := func(n int) float64 { return ScaleOf(Panel{Points: points[:n]}, 20*time.Second).High }
	assert.InDelta(t, 1000, high(1), 0)
	assert.InDelta(t, 1200, high(2), 0)
	assert.InDelta(t, 1200, high(3), 0, "a little less changes nothing")
	assert.InDelta(t, 4000, high(4), 0)
	assert.InDelta(t, 4000, high(24), 0, "20 s later")
	assert.InDelta(t, 1000, high(25), 0, "the peak is gone")
}

// Noise about a bound does not make the scale jump.
func TestAScaleDoesNotJumpWithNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, mean := range []float64{8, 100, 995, 1000, 20_000} {
		var vs []float64
		for range 600 {
			vs = append(vs, mean*(0.95+0.1*random.Float64()))
		}
		points := seconds(vs...)
		changes, before := 0, 0.0
		for n := 20; n <= len(points); n++ {
			if high := ScaleOf(Panel{Points: points[:n]}, time.Minute).High; high != before {
				changes, before = changes+1, high
			}
		}
		assert.LessOrEqual(t, changes, 2, "about %g", mean)
	}
}

// Every value that is shown lies within its scale, and a larger value never
// stands lower.
func TestAScaleHoldsItsValues(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		p := Panel{Log: random.IntN(2) == 0, Least: 10}
		for i := range 1 + random.IntN(100) {
			p.Points = append(p.Points, Point{ten.Add(time.Duration(i) * time.Second), math.Exp(random.Float64()*16 - 3)})
		}
		s := ScaleOf(p, time.Hour)
		for rows := 2; rows <= 39; rows++ {
			g := s.OnRows(rows)
			require.LessOrEqual(t, g.units(s.High), g.Step*float64(rows)/float64(g.Every)*(1+1e-9), "the grid reaches High: %+v", g)
			require.LessOrEqual(t, len(g.Labels()), 12)
			for _, q := range p.Points {
				require.True(t, q.V <= s.High*(1+1e-9) && q.V >= s.Low*(1-1e-9), "%g in %+v", q.V, s)
				require.InDelta(t, g.Row(q.V), g.units(q.V)/g.Step*float64(g.Every), 1e-6)
			}
			for _, l := range g.Labels() {
				require.InDelta(t, float64(l.Row), g.Row(l.V), 1e-6, "a label is in the middle of its row")
			}
		}
		require.InDelta(t, 0, s.Share(s.Low), 1e-9)
		require.InDelta(t, 1, s.Share(s.High), 1e-9)
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	assert.Equal(t, []float64{0, 500, 1000}, Scale{High: 1200}.Ticks(4))
	assert.Equal(t, []float64{0, 200, 400, 600, 800, 1000}, Scale{High: 1000}.Ticks(6))
	assert.InDeltaSlice(t, []float64{1, 10, 100, 1000}, Scale{Low: 1, High: 1000, Log: true}.Ticks(5), 1e-9)
	assert.InDeltaSlice(t, []float64{1, 100}, Scale{Low: 1, High: 1000, Log: true}.Ticks(3), 1e-9)
}

func TestALogarithmicScaleGivesEachDecadeTheSame(t *testing.T) {
	s := ScaleOf(Panel{Log: true, Least: 10, Points: seconds(4, 5, 2000, 0)}, time.Minute)
	assert.InDelta(t, 1, s.Low, 1e-9)
	assert.InDelta(t, 10_000, s.High, 1e-9)
	assert.InDelta(t, 0.5, s.Share(100), 1e-9)
	assert.InDelta(t, 0, s.Share(0), 0)
	assert.InDelta(t, 0.1, ScaleOf(Panel{Log: true, Least: 10, Points: seconds(0.4)}, time.Minute).Low, 1e-9)
}

// Points are joined across a second, not across a gap, and one that stands
// alone is drawn all the same.
func TestAGapIsNotJoined(t *testing.T) {
	all := seconds(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	p := Panel{Gap: 1500 * time.Millisecond}
	var joined [][2]float64
	p.Segments([]Point{all[0], all[1], all[4], all[7], all[8]}, func(a, b Point) { joined = append(joined, [2]float64{a.V, b.V}) })
	assert.Equal(t, [][2]float64{{0, 1}, {4, 4}, {7, 8}}, joined)
	joined = nil
	p.Segments(all[3:4], func(a, b Point) { joined = append(joined, [2]float64{a.V, b.V}) })
	assert.Equal(t, [][2]float64{{3, 3}}, joined)
	p.Segments(nil, func(Point, Point) { t.Fatal("nothing is there") })
}

func TestFromKeepsThePointBeforeTheEdge(t *testing.T) {
	all := seconds(0, 1, 2, 3)
	assert.Equal(t, all[1:], From(all, ten.Add(1500*time.Millisecond)))
	assert.Equal(t, all, From(all, ten.Add(-time.Second)))
	assert.Empty(t, From(all, ten.Add(time.Hour)))
}

func TestWordsFindRoomOrAreLeftOut(t *testing.T) {
	width := func(s string) int { return len(s) }
	got := Place([]Word{
		{X: 10, Text: "fault", Weight: 4, Before: true},
		{X: 10, Text: "detected 0.3 s", Short: "detected", Weight: 2},
		{X: 12, Text: "diagnosed 2.0 s", Short: "diagnosed", Weight: 1},
		{X: 29, Text: "recovered 12.0 s", Short: "recovered", Weight: 3},
	}, 2, 30, width)
	assert.Equal(t, []int{0, 1, -1, 0}, []int{got[0].Lane, got[1].Lane, got[2].Lane, got[3].Lane})
	assert.Equal(t, []int{6, 10, 0, 14}, []int{got[0].Left, got[1].Left, got[2].Left, got[3].Left})
	assert.Equal(t, "detected 0.3 s", got[1].Placed)
	got = Place([]Word{{X: 3, Text: "recovered 12.0 s", Short: "recovered"}}, 1, 12, width)
	assert.Equal(t, "recovered", got[0].Placed)
	assert.Equal(t, -1, Place([]Word{{X: 3, Text: "recovered"}}, 0, 12, width)[0].Lane)
}

// An axis has no room for more than five cells a label.
func TestLabelsAreShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", 2.5: "2.5", 1000: "1000", 62500: "62500", 250_000: "250k", 2.5e6: "2.5M"} {
		assert.Equal(t, want, Count.Axis(v))
	}
	for v, want := range map[float64]string{0: "0", 0.1: "0.1ms", 1: "1ms", 100: "100ms", 1000: "1 s", 10_000: "10 s", 1e5: "100s", 1e6: "1000s"} {
		assert.Equal(t, want, Millis.Axis(v))
	}
	for v, want := range map[float64]string{0.44: "0.4 ms", 9.96: "10.0 ms", 12.4: "12 ms", 1234: "1.2 s"} {
		assert.Equal(t, want, Millis.Figure(v))
	}
	assert.Equal(t, "1050", Count.Figure(1050))
	assert.Equal(t, "1.25M", Count.Figure(1.25e6))
}
