package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kinds of errors, as LoadSample.ErrorsByKind counts them.
const (
	KindTimeout     = "timeout"     // no answer within the operation's deadline
	KindUnavailable = "unavailable" // the connection to the store failed
	KindRegion      = "region"      // stores answered, none of them serves the key
	KindBusy        = "busy"        // the store refused it because it has too much to do
	KindOther       = "other"
)

// OpError is an operation that failed.
type OpError struct {
	Kind string    // one of the Kind… constants
	Node string    // name of the node that failed it; empty where it is not known
	At   time.Time // when it was seen
	// Refused means that every store that was asked refused the write, and that no
	// request for it is in progress.
	Refused bool
	Err     error
}

// Error returns the kind, the node and the cause in one line.
func (e *OpError) Error() string {
	if e.Node == "" {
		return fmt.Sprintf("%s: %v", e.Kind, e.Err)
	}
	return fmt.Sprintf("%s at %s: %v", e.Kind, e.Node, e.Err)
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }

// fateOf returns the outcome of a write that returned err.
func fateOf(err error) fate {
	var op *OpError
	switch {
	case err == nil:
		return acknowledged
	case errors.As(err, &op) && op.Refused:
		return refused
	}
	return undecided
}

// classify returns the OpError that err wraps, or one made for it.
func classify(err error) OpError {
	var op *OpError
	out := OpError{Kind: KindOther, Err: err}
	switch {
	case errors.As(err, &op):
		out = *op
	case errors.Is(err, context.DeadlineExceeded):
		out.Kind = KindTimeout
	}
	if out.At.IsZero() {
		out.At = time.Now()
	}
	return out
}
