package chaos

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// pdKillFault kills the leader of PD: routing information is unavailable for a
// while, and the data stays available.
func pdKillFault() Type {
	return Type{
		Name:      PDKill,
		Summary:   "SIGKILL the PD leader, then restart it",
		Inverse:   demo.ActionRestart,
		FaultType: demo.TypeCrashed,
		Role:      demo.RoleControl,
		Nodes:     1,
		Rule:      TargetPDLeader,
		effect:    "SIGKILL to %s, which leads PD",
		undo:      "restart %s with its data",
		inject:    func(ctx context.Context, b Backend, target string) error { return b.Kill(ctx, target) },
		lift:      endAndRunAgain,
	}
}
