package chaos

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// killFault ends a node without any warning: SIGKILL, and a restart with the
// data that it had.
func killFault() Type {
	return Type{
		Name:      Kill,
		Summary:   "SIGKILL a store, then restart it with its data",
		Inverse:   demo.ActionRestart,
		FaultType: demo.TypeCrashed,
		Downs:     1,
		effect:    "SIGKILL to %s",
		undo:      "restart %s with its data",
		inject:    func(ctx context.Context, b Backend, target string) error { return b.Kill(ctx, target) },
		lift: func(ctx context.Context, b Backend, target string) error {
			c, err := b.Describe(ctx, target)
			if err != nil || c.Running {
				return err
			}
			return b.Start(ctx, target)
		},
	}
}
