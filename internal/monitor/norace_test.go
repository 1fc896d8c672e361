//go:build !race

package monitor

const raced = false // the tests run under the race detector
