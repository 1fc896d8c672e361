package chaos

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// quorumLossFault kills two stores at once: regions with two replicas there can be
// neither read nor written until one is back, and no acknowledged write may be
// lost.
func quorumLossFault() Type {
	return Type{
		Name:        QuorumLoss,
		Summary:     "SIGKILL two stores at once, then restart both",
		Inverse:     demo.ActionRestart,
		FaultType:   demo.TypeQuorumLost,
		Role:        demo.RoleData,
		Nodes:       2,
		Rule:        TargetRandom,
		CostsQuorum: true,
		effect:      "SIGKILL to %s: regions lose their quorum",
		undo:        "restart %s with the data of before",
		inject:      func(ctx context.Context, b Backend, target string) error { return b.Kill(ctx, target) },
		lift:        endAndRunAgain,
	}
}
