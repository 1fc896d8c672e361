package monitor

import (
	"os"
	"time"
)

// How much the simulation plays. `make test-long` plays all of it, without the race
// detector: the simulation is one goroutine, and would be ten times as slow.
var (
	seeds      = 2
	faultSeeds = 2
	quietFor   = 3 * time.Minute
	moment     = time.Second
)

func init() {
	if !raced && os.Getenv("TIKV_DEMO_TEST_LONG") != "" {
		seeds, faultSeeds, quietFor, moment = 12, 10, halfAnHour, 250*time.Millisecond
	}
	if raced {
		seeds, faultSeeds = 1, 1
	}
}
