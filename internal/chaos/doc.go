// Package chaos breaks nodes and mends them: the catalogue of faults, each
// with its inverse, the choice of a target, and the ledger of open faults on
// disk. What it did is told to the runner and to nobody who diagnoses.
//
// What the Python original called ChaosType is Type here, ChaosConfig is Request,
// and TIKV_CHAOS_CONFIG, its kill of a TiKV node, is TiKVNodeKill.
package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Backend is what chaos needs of the machinery that runs the nodes. All of it
// may be called again: what is already so is no error.
type Backend interface {
	// Kill ends the node with SIGKILL and returns when it is dead.
	Kill(ctx context.Context, name string) error
	// Stop asks the node to end (SIGTERM) and returns when it has. It is never
	// made to: a node that does not listen is an error when ctx ends.
	Stop(ctx context.Context, name string) error
	// Start starts a dead node with its data and returns when it runs.
	Start(ctx context.Context, name string) error

	// Pause freezes the node: it exists and does nothing.
	Pause(ctx context.Context, name string) error
	// Resume ends Pause.
	Resume(ctx context.Context, name string) error

	// Ties says how the node is tied to its network: what Reconnect needs to tie
	// it again. It is written to the ledger before Cut.
	Ties(ctx context.Context, name string) (json.RawMessage, error)
	// Cut takes the node off its network.
	Cut(ctx context.Context, name string) error
	// Reconnect ends Cut.
	Reconnect(ctx context.Context, name string, ties json.RawMessage) error

	// Spoil makes the node's network slow or lossy, and good with the zero Line.
	Spoil(ctx context.Context, name string, is Line) error

	// PauseGRPC makes a store turn its clients away while it goes on reporting.
	PauseGRPC(ctx context.Context, name string) error
	// ResumeGRPC ends PauseGRPC.
	ResumeGRPC(ctx context.Context, name string) error

	// Plant writes lines to the end of the node's log, as they are.
	Plant(ctx context.Context, name string, lines []string) error

	// Describe says how the node is. A name that is not a node is an error.
	Describe(ctx context.Context, name string) (Condition, error)

	// Home says what runs the nodes: what was broken there is not mended elsewhere.
	Home(ctx context.Context) (Home, error)
	// Vanished says whether nothing of the whole cluster exists there any more.
	Vanished(ctx context.Context) (bool, error)
}

// Home is what runs the nodes of a cluster.
type Home struct {
	ID string `json:"id,omitempty"` // a Docker daemon's own; "" when the program runs them itself
	At string `json:"at,omitempty"` // where it was reached
}

// before is what must be known of a node, from before its fault, to mend it.
type before struct {
	Ties json.RawMessage `json:"ties,omitempty"` // see Backend.Ties
	Life string          `json:"life,omitempty"` // see Condition.Life
}

// ErrNotDone is in an error of a Backend that is sure that nothing was done and
// that nothing will come of the call later. A call that only ran out of time is
// not of this kind: a signal may have been sent, and a slow daemon may still act.
var ErrNotDone = errors.New("not done")

// notDone marks an error as ErrNotDone without changing its words.
type notDone struct{ error }

func (notDone) Is(target error) bool { return target == ErrNotDone }

func (n notDone) Unwrap() error { return n.error }

// Line is what is wrong with a node's network; the zero value is a good one.
type Line struct {
	Delay time.Duration // added to what the node sends
	Loss  float64       // share of what it sends that is lost, 0 to 1
}

// String gives the line in a few words: "300ms delay", "" for a good one.
func (l Line) String() string {
	switch {
	case l.Delay > 0 && l.Loss > 0:
		return fmt.Sprintf("%s delay, %.0f%% loss", l.Delay, 100*l.Loss)
	case l.Delay > 0:
		return fmt.Sprintf("%s delay", l.Delay)
	case l.Loss > 0:
		return fmt.Sprintf("%.0f%% loss", 100*l.Loss)
	}
	return ""
}

// Condition is how a node is, as the machinery that runs it sees it.
type Condition struct {
	Running bool   // it exists, frozen or not
	Paused  bool   // it exists and is frozen
	Spoiled string // what is wrong with its network or its service, in words; "" for nothing that is known
	What    string // "process 4711", a container's id
	Exit    string // how it ended when it does not run: "signal: killed"
	Life    string // another one after every start; "" when the backend cannot tell
}

// Whole says whether nothing is known to be wrong with the node.
func (c Condition) Whole() bool { return c.Running && !c.Paused && c.Spoiled == "" }

// String gives the condition in a few words.
func (c Condition) String() string {
	switch {
	case c.Running && c.Paused:
		return "frozen"
	case c.Running && c.Spoiled != "":
		return c.Spoiled
	case c.Running:
		return "running"
	case c.Exit != "":
		return c.Exit
	}
	return "not running"
}
