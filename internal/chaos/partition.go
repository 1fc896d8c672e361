package chaos

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// partitionFault partitions a store: it runs, but can neither reach others nor be
// reached.
func partitionFault() Type {
	return Type{
		Name:      Partition,
		Summary:   "take a store off the network, then connect it again",
		Inverse:   demo.ActionReconnect,
		FaultType: demo.TypePartitioned,
		Role:      demo.RoleData,
		Nodes:     1,
		Rule:      TargetRandom,
		effect:    "cut %s off the network",
		undo:      "connect %s again, under the names and the address that it had",
		ties:      true,
		inject:    func(ctx context.Context, b Backend, target string) error { return b.Cut(ctx, target) },
		lift: func(ctx context.Context, b Backend, target string, was before) error {
			if err := b.Reconnect(ctx, target, was.Ties); err != nil {
				return err
			}
			return runAgain(ctx, b, target, was) // for one that died while it was partitioned
		},
	}
}
