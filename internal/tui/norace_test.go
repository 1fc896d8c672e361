//go:build !race

package tui

const (
	keySeeds   = 60
	heightStep = 1
)
