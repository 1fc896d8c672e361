package chaos

import "time"

// latencyDelay is long compared with a round trip within a rack (0.1 ms) and short
// compared with every timeout: nothing breaks, and everything that needs the store
// is slow.
const latencyDelay = 300 * time.Millisecond

// latencyFault delays everything that a store sends.
func latencyFault() Type {
	return lineFault(Type{
		Name:    Latency,
		Summary: "delay what a store sends by 300 ms, then no more",
		effect:  "300 ms of delay on what %s sends",
		undo:    "take the delay off %s",
	}, Line{Delay: latencyDelay})
}
