package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Names of the faults.
const (
	Kill  = "kill"
	Pause = "pause"
)

// Type is one kind of fault, as data: what it is called, what it does, what
// undoes it and what a diagnosis ought to call it.
type Type struct {
	Name      string // as in --fault
	Summary   string // one line
	Inverse   string // the action (demo.Action…) that undoes it
	FaultType string // the truth (demo.Type…) that a diagnosis is scored against
	Downs     int    // data nodes that do not serve while it is open; counted against the quorum

	effect string // format of what will be done; %s is the target
	undo   string // format of its inverse
	inject func(ctx context.Context, b Backend, target string) error
	lift   func(ctx context.Context, b Backend, target string) error
}

// Effect says what will be done to target: "SIGKILL to tikv-2".
func (t Type) Effect(target string) string { return fmt.Sprintf(t.effect, target) }

// Undo says what undoes it: "restart tikv-2 with its data".
func (t Type) Undo(target string) string { return fmt.Sprintf(t.undo, target) }

// Catalogue lists the faults in the order in which they are offered.
func Catalogue() []Type { return []Type{killFault(), pauseFault()} }

// ErrUnknownFault is a fault that is not in the catalogue.
var ErrUnknownFault = errors.New("unknown fault")

// Find gives the fault called name. The error lists those that are known.
func Find(name string) (Type, error) {
	var known []string
	for _, t := range Catalogue() {
		if t.Name == name {
			return t, nil
		}
		known = append(known, t.Name)
	}
	return Type{}, fmt.Errorf("%w %q; choose one of %s", ErrUnknownFault, name, strings.Join(known, ", "))
}

// TiKVNodeKill is the talk's own fault: a random store, by SIGKILL.
func TiKVNodeKill(seed int64) Request {
	return Request{Fault: Kill, Target: TargetRandom, Seed: seed}
}
