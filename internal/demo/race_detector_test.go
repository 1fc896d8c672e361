//go:build race

package demo

// One goroutine plays, so that the race detector only makes it slow; `make
// test-long` plays all.
const plays = 1_000
