//go:build !race

package monitor

const (
	seeds      = 12
	faultSeeds = 10
)
