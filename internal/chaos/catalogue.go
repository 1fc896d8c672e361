package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Names of the faults.
const (
	Kill       = "kill"
	Stop       = "stop"
	Pause      = "pause"
	Partition  = "partition"
	Latency    = "latency"
	Loss       = "loss"
	Gray       = "gray"
	PDKill     = "pd-kill"
	QuorumLoss = "quorum-loss"
	Injection  = "injection"
)

// Type is one kind of fault, as data: its name, what it does, what undoes it, and
// what a diagnosis should call it.
type Type struct {
	Name      string    // as in --fault
	Summary   string    // one line
	Inverse   string    // the action (demo.Action…) that undoes it
	FaultType string    // the truth (demo.Type…) for scoring a diagnosis
	Role      demo.Role // of the target nodes
	Nodes     int       // how many are hit at once
	Rule      string    // how a target is chosen by default

	// CostsQuorum says that the purpose of the fault is to lose the quorum. No
	// guard refuses it; the presenter is asked twice.
	CostsQuorum bool

	effect string // format of what will be done; %s is the target
	undo   string // format of its inverse
	// contained replaces effect and undo in containers, where the fault is done in
	// another way.
	contained words
	inject    func(ctx context.Context, b Backend, target string) error
	lift      func(ctx context.Context, b Backend, target string, was before) error
	ties      bool // the inverse needs what Backend.Ties says beforehand
}

// words are format strings for what a fault does and what undoes it.
type words struct{ effect, undo string }

// InContainers returns the type with the words for nodes that are containers.
func (t Type) InContainers() Type {
	if t.contained != (words{}) {
		t.effect, t.undo = t.contained.effect, t.contained.undo
	}
	return t
}

// Effect says what will be done to the targets: "SIGKILL to tikv-2".
func (t Type) Effect(targets ...string) string {
	return fmt.Sprintf(t.effect, strings.Join(targets, " and "))
}

// Undo says what undoes it: "restart tikv-2 with its data".
func (t Type) Undo(targets ...string) string {
	return fmt.Sprintf(t.undo, strings.Join(targets, " and "))
}

// Catalogue lists the faults in the order in which they are offered.
func Catalogue() []Type {
	return []Type{
		killFault(), stopFault(), pauseFault(), partitionFault(), latencyFault(), lossFault(),
		grayFault(), pdKillFault(), quorumLossFault(), injectionFault(),
	}
}

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

// TiKVNodeKill is the default fault: SIGKILL to a random store.
func TiKVNodeKill(seed int64) Request {
	return Request{Fault: Kill, Target: TargetRandom, Seed: seed}
}

// runAgain starts a node that is dead.
func runAgain(ctx context.Context, b Backend, target string, _ before) error {
	c, err := b.Describe(ctx, target)
	if err != nil || c.Running {
		return err
	}
	return b.Start(ctx, target)
}

const (
	// endGrace is how long a node that was told to stop may take before the repair
	// kills it. `docker stop` waits as long.
	endGrace = 10 * time.Second
	endPoll  = 50 * time.Millisecond
)

// endAndRunAgain is the inverse of every kill and stop. A node that was sent a
// signal and still runs may end at any moment: a TiKV that moves its leaders away
// first takes 20 s over SIGTERM. So the repair waits for its end, or kills it,
// before the restart.
func endAndRunAgain(ctx context.Context, b Backend, target string, was before) error {
	grace := time.NewTimer(endGrace)
	defer grace.Stop()
	poll := time.NewTicker(endPoll)
	defer poll.Stop()
	for {
		c, err := b.Describe(ctx, target)
		switch {
		case err != nil:
			return err
		case !c.Running:
			return b.Start(ctx, target)
		case was.Life == "" || c.Life != was.Life:
			return nil // it was never told to stop, or somebody has restarted it since
		}
		select {
		case <-poll.C:
		case <-grace.C:
			if err := b.Kill(ctx, target); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("%s was told to end and still runs: %w", target, ctx.Err())
		}
	}
}

// lineFault makes the network of a store slow or lossy.
func lineFault(t Type, is Line) Type {
	t.FaultType, t.Inverse = demo.TypeSlow, demo.ActionRestoreLine
	t.Role, t.Nodes, t.Rule = demo.RoleData, 1, TargetRandom
	t.inject = func(ctx context.Context, b Backend, target string) error { return b.Spoil(ctx, target, is) }
	t.lift = func(ctx context.Context, b Backend, target string, was before) error {
		// A store that died meanwhile comes back with a good network.
		if err := runAgain(ctx, b, target, was); err != nil {
			return err
		}
		return b.Spoil(ctx, target, Line{})
	}
	return t
}
