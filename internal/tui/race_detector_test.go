//go:build race

package tui

// The race detector makes the seeds ten times as slow; `make test-long` plays all.
const keySeeds = 10
