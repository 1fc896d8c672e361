package cli

import (
	"fmt"
	"math"
)

// share is how many of n rounds were right, with the 95% confidence interval of
// the share that this is a sample of.
type share struct {
	Right int     `json:"right"`
	N     int     `json:"n"`
	Low   float64 `json:"ci95_low"`
	High  float64 `json:"ci95_high"`
}

func (s *share) count(right bool) {
	s.N++
	if right {
		s.Right++
	}
}

// String gives the share and its interval in percent: "67% [9,99]".
func (s share) String() string {
	if s.N == 0 {
		return "-"
	}
	low, high := binomial95(s.Right, s.N)
	return fmt.Sprintf("%.0f%% [%.0f,%.0f]", 100*float64(s.Right)/float64(s.N), 100*low, 100*high)
}

// interval writes the interval alone.
func (s share) interval() string {
	low, high := binomial95(s.Right, s.N)
	return fmt.Sprintf("[%.0f%%, %.0f%%]", 100*low, 100*high)
}

// binomial95 is the exact 95% interval after Clopper and Pearson: the shares at
// which so many rounds or more, and so many or fewer, would be seen once in 40
// times. Two sums and a bisection are less than the library that has a quantile
// of the beta distribution.
func binomial95(right, n int) (low, high float64) {
	const tail = 0.025
	low, high = 0, 1
	if right > 0 {
		low = bisect(func(p float64) bool { return atMost(n-right, n, 1-p) < tail })
	}
	if right < n {
		high = bisect(func(p float64) bool { return atMost(right, n, p) > tail })
	}
	return low, high
}

// bisect gives where below, which holds from 0 on, ends.
func bisect(below func(float64) bool) float64 {
	a, b := 0.0, 1.0
	for range 60 {
		if m := (a + b) / 2; below(m) {
			a = m
		} else {
			b = m
		}
	}
	return (a + b) / 2
}

// atMost is the chance of k or fewer of n, each with chance p.
func atMost(k, n int, p float64) float64 {
	switch {
	case p <= 0 || k >= n:
		return 1
	case p >= 1:
		return 0
	}
	ways := func(i int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		return a - b - c
	}
	sum := 0.0
	for i := range k + 1 {
		sum += math.Exp(ways(i) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}
