//go:build race

package tui

// The race detector makes it all ten times as slow; `make test-long` leaves nothing out.
const (
	keySeeds   = 10
	heightStep = 3
)
