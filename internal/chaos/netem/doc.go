// Package netem makes the network of the namespace that it runs in slow or
// lossy, by the kernel's netem queue. It is what the helper container does that
// shares a store's network: the store's image needs no tools for it.
package netem

import "time"

// Line is what is wrong with the network; the zero value is a good one.
type Line struct {
	Delay time.Duration // added to whatever is sent
	Loss  float64       // share of it that is lost, 0 to 1
}
