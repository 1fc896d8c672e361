package chaos

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// killFault ends a store without warning: SIGKILL, and a restart with its data.
func killFault() Type {
	return Type{
		Name:      Kill,
		Summary:   "SIGKILL a store, then restart it with its data",
		Inverse:   demo.ActionRestart,
		FaultType: demo.TypeCrashed,
		Role:      demo.RoleData,
		Nodes:     1,
		Rule:      TargetRandom,
		effect:    "SIGKILL to %s",
		undo:      "restart %s with its data",
		inject:    func(ctx context.Context, b Backend, target string) error { return b.Kill(ctx, target) },
		lift:      endAndRunAgain,
	}
}
