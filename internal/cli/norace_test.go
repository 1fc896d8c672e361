//go:build !race

package cli

const raced = false // the tests run under the race detector
