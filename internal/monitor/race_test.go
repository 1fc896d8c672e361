//go:build race

package monitor

import "time"

// The simulation is one goroutine, which the race detector makes ten times as slow;
// `make test-long` plays all of it.
const (
	seeds      = 2
	faultSeeds = 2
	quietFor   = 5 * time.Minute
	moment     = time.Second
)
