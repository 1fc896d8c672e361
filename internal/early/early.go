// Package early keeps the terminal unasked while the program's packages are
// initialised. Bubble Tea v1 asks it for its background in an init function and
// waits 5 seconds for an answer: measured, on a terminal that does not answer,
// for every command. The library asks nothing of TERM=dumb, so that is what the
// variable says until main begins.
//
// The order is Go's, not luck: of the packages that are ready, the first by its
// path is initialised. This one needs only os. Bubble Tea needs text/template,
// which needs os too and sorts after this path.
package early

import "os"

var was, set = os.LookupEnv("TERM")

func init() {
	if set {
		_ = os.Setenv("TERM", "dumb")
	}
}

// Done gives TERM back. It is the first thing that main does.
func Done() {
	if set {
		_ = os.Setenv("TERM", was)
	}
}
