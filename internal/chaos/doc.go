// Package chaos breaks nodes and repairs them. It has the catalogue of faults with
// their inverses, the choice of a target, and the ledger of open faults on disk. It
// reports what it did to the runner, never to the monitor or the diagnosis.
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

// Backend is what chaos needs from whatever runs the nodes. Every method is
// idempotent: a node that is already in the wanted state is no error.
type Backend interface {
	// Kill ends the node with SIGKILL and returns when it is dead.
	Kill(ctx context.Context, name string) error
	// Stop asks the node to end (SIGTERM) and returns when it has. It never kills:
	// a node that does not end in time is an error when ctx ends.
	Stop(ctx context.Context, name string) error
	// Start starts a dead node with its data and returns when it runs.
	Start(ctx context.Context, name string) error

	// Pause freezes the node: it exists and does nothing.
	Pause(ctx context.Context, name string) error
	// Resume ends Pause.
	Resume(ctx context.Context, name string) error

	// Ties describes how the node is attached to its network, for Reconnect. It is
	// written to the ledger before Cut.
	Ties(ctx context.Context, name string) (json.RawMessage, error)
	// Cut detaches the node from its network.
	Cut(ctx context.Context, name string) error
	// Reconnect ends Cut.
	Reconnect(ctx context.Context, name string, ties json.RawMessage) error

	// Spoil makes the node's network slow or lossy, and good with the zero Line.
	Spoil(ctx context.Context, name string, is Line) error

	// PauseGRPC makes a store reject its clients while it still reports to PD.
	PauseGRPC(ctx context.Context, name string) error
	// ResumeGRPC ends PauseGRPC.
	ResumeGRPC(ctx context.Context, name string) error

	// Plant writes lines to the end of the node's log, as they are.
	Plant(ctx context.Context, name string, lines []string) error

	// Describe says how the node is. A name that is not a node is an error.
	Describe(ctx context.Context, name string) (Condition, error)

	// Home identifies what runs the nodes. A fault is repaired only where it was
	// injected.
	Home(ctx context.Context) (Home, error)
	// Vanished says whether nothing of the whole cluster exists any more.
	Vanished(ctx context.Context) (bool, error)
}

// Home is what runs the nodes of a cluster.
type Home struct {
	ID string `json:"id,omitempty"` // a Docker daemon's own; "" when the program runs them itself
	At string `json:"at,omitempty"` // where it was reached
}

// before is what a repair must know about a node from before its fault.
type before struct {
	Ties json.RawMessage `json:"ties,omitempty"` // see Backend.Ties
	Life string          `json:"life,omitempty"` // see Condition.Life
}

// ErrNotDone marks an error after which the Backend is sure that nothing happened
// and that nothing will happen later. A call that only timed out is not such an
// error: a signal may have been sent, and a slow daemon may still act on it.
var ErrNotDone = errors.New("not done")

// notDone marks an error as ErrNotDone without changing its text.
type notDone struct{ error }

func (notDone) Is(target error) bool { return target == ErrNotDone }

func (n notDone) Unwrap() error { return n.error }

// Line is a network fault of a node; the zero value is a good network.
type Line struct {
	Delay time.Duration // added to what the node sends
	Loss  float64       // share of sent packets that is lost, 0 to 1
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

// Condition is the state of a node as seen by whatever runs it.
type Condition struct {
	Running bool   // it exists, frozen or not
	Paused  bool   // it exists and is frozen
	Spoiled string // what is wrong with its network or its service, in words; "" for nothing that is known
	What    string // "process 4711", a container's id
	Exit    string // how it ended when it does not run: "signal: killed"
	Life    string // changes at every start; "" when the backend cannot tell
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
