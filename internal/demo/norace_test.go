//go:build !race

package demo

const plays = 10_000
