//go:build race

package monitor

const (
	seeds      = 2
	faultSeeds = 2
)
