package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The figures are those of the published tables and of R's binom.test.
func TestTheIntervalOfAShareIsExact(t *testing.T) {
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{
		{3, 3, 0.2924, 1}, {0, 3, 0, 0.7076}, {0, 10, 0, 0.3085}, {5, 10, 0.1871, 0.8129}, {18, 20, 0.6830, 0.9877}, {1, 1, 0.025, 1}, {1000, 1000, 0.9963, 1}, {500, 1000, 0.4686, 0.5314},
	} {
		low, high := binomial95(c.right, c.n)
		assert.InDelta(t, c.low, low, 1e-4, "%d of %d", c.right, c.n)
		assert.InDelta(t, c.high, high, 1e-4, "%d of %d", c.right, c.n)
	}
	assert.Equal(t, "100% [29,100]", share{Right: 3, N: 3}.String())
	assert.Equal(t, "67% [9,99]", share{Right: 2, N: 3}.String())
	assert.Equal(t, "[29%, 100%]", share{Right: 3, N: 3}.interval())
	assert.Equal(t, "-", share{}.String())
}

// Whatever the true share is, the interval misses it at most once in 20 times.
func TestTheIntervalHoldsTheTrueShareOften(t *testing.T) {
	for _, n := range []int{3, 8, 20} {
		for p := 0.05; p < 1; p += 0.05 {
			holds := 0.0
			for k := range n + 1 {
				if low, high := binomial95(k, n); low <= p && p <= high {
					holds += atMost(k, n, p)
					if k > 0 {
						holds -= atMost(k-1, n, p)
					}
				}
			}
			assert.GreaterOrEqual(t, holds, 0.95-1e-9, "n %d p %.2f", n, p)
		}
	}
}
