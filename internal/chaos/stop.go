package chaos

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// stopFault stops a store gracefully, as a rolling restart does: it may move its
// leaders first, and its log says so.
func stopFault() Type {
	return Type{
		Name:      Stop,
		Summary:   "SIGTERM to a store, then restart it with its data",
		Inverse:   demo.ActionRestart,
		FaultType: demo.TypeStopped,
		Role:      demo.RoleData,
		Nodes:     1,
		Rule:      TargetRandom,
		effect:    "SIGTERM to %s",
		undo:      "restart %s with its data",
		inject:    func(ctx context.Context, b Backend, target string) error { return b.Stop(ctx, target) },
		lift:      endAndRunAgain,
	}
}
