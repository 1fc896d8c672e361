//go:build !race

package load

const (
	lossySeeds  = 100
	ledgerSeeds = 40
)
