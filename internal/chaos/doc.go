// Package chaos breaks nodes and mends them: the catalogue of faults, each
// with its inverse, the choice of a target, and the ledger of open faults on
// disk. What it did is told to the runner and to nobody who diagnoses.
package chaos

import "context"

// Backend is what chaos needs of the machinery that runs the nodes. All of it
// may be called again: what is already so is no error.
type Backend interface {
	// Kill ends the node with SIGKILL and returns when it is dead.
	Kill(ctx context.Context, name string) error
	// Start starts a dead node with its data and returns when it runs.
	Start(ctx context.Context, name string) error
	// Pause freezes the node: it exists and does nothing.
	Pause(ctx context.Context, name string) error
	// Resume ends Pause.
	Resume(ctx context.Context, name string) error
	// Describe says how the node is. A name that is not a node is an error.
	Describe(ctx context.Context, name string) (Condition, error)
}

// Condition is how a node is, as the machinery that runs it sees it.
type Condition struct {
	Running bool   // it exists, frozen or not
	Paused  bool   // it exists and is frozen
	What    string // "process 4711", a container's id
	Exit    string // how it ended when it does not run: "signal: killed"
}
