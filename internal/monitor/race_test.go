//go:build race

package monitor

import "time"

// The simulation is one goroutine, which the race detector makes ten times as slow;
// `make test-long` plays all of it.
const (
	seeds      = 1
	faultSeeds = 1
	quietFor   = 3 * time.Minute
	moment     = time.Second
)
