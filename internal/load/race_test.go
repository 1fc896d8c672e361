//go:build race

package load

// The race detector makes the seeds ten times as slow; `make test-long` plays all.
const (
	lossySeeds  = 5
	ledgerSeeds = 3
)
