package load

import (
	"math"
	"math/rand/v2"
)

// YCSB's scrambled zipfian draws from a fixed, huge number of items and hashes
// the draw onto the records, so that the popular ones are spread over all keys
// and over all regions. zipfZeta is the precomputed sum of 1/i^0.99 over those
// items, as YCSB and go-ycsb carry it.
const (
	zipfItems = 10_000_000_000
	zipfTheta = 0.99
	zipfZeta  = 26.46902820178302
)

// scrambledZipfian draws record numbers. It follows "Quickly Generating
// Billion-Record Synthetic Databases" (Gray et al., SIGMOD 1994), as YCSB does;
// math/rand's Zipf cannot be used, for it wants an exponent above 1.
type scrambledZipfian struct {
	records int64
	eta     float64
	half    float64 // 1 + 0.5^theta: below it, the draw is item 1
}

func newScrambledZipfian(records int64) scrambledZipfian {
	zeta2 := 1 + math.Pow(0.5, zipfTheta)
	return scrambledZipfian{
		records: records,
		eta:     (1 - math.Pow(2.0/zipfItems, 1-zipfTheta)) / (1 - zeta2/zipfZeta),
		half:    zeta2,
	}
}

// next returns a record number from 0 to records-1.
func (z scrambledZipfian) next(r *rand.Rand) int64 {
	return hash64(z.item(r.Float64())) % z.records
}

// item returns the rank, 0 being the most popular, for u from 0 to 1.
func (z scrambledZipfian) item(u float64) int64 {
	uz := u * zipfZeta
	switch {
	case uz < 1:
		return 0
	case uz < z.half:
		return 1
	}
	return int64(zipfItems * math.Pow(z.eta*u-z.eta+1, 1/(1-zipfTheta)))
}
