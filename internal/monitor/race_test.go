//go:build race

package monitor

const raced = true // the tests run under the race detector
