//go:build !race

package monitor

import "time"

const (
	seeds      = 12
	faultSeeds = 10
	quietFor   = halfAnHour
	moment     = 250 * time.Millisecond
)
