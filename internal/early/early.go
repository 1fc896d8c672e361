// Package early keeps Bubble Tea v1 from querying the terminal while packages are
// initialized. The library asks for the background colour in an init function and
// waits 5 seconds for an answer, for every command (measured on a terminal that
// does not answer, and where TERM is not set). It does not ask if TERM is dumb, so that
// is what the variable says until main starts.
//
// Go's order of initialization makes this work: of the packages that are ready, the
// first by import path is initialized. This one imports only os. Bubble Tea imports
// text/template, which imports os too and sorts after this path.
package early

import "os"

var was, set = os.LookupEnv("TERM")

func init() { _ = os.Setenv("TERM", "dumb") }

// Done restores TERM. It is the first thing that main does.
func Done() {
	if !set {
		_ = os.Unsetenv("TERM")
		return
	}
	_ = os.Setenv("TERM", was)
}
