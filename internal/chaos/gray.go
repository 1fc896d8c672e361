package chaos

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// grayFault is a gray failure: the store rejects its clients and still tells PD
// that all is well (TiKV's PUT /pause_grpc).
func grayFault() Type {
	return Type{
		Name:      Gray,
		Summary:   "a store turns its clients away while PD calls it Up, then serves again",
		Inverse:   demo.ActionResumeGRPC,
		FaultType: demo.TypeGray,
		Role:      demo.RoleData,
		Nodes:     1,
		Rule:      TargetRandom,
		effect:    "pause gRPC on %s: heartbeats go on, clients are turned away",
		undo:      "resume gRPC on %s",
		inject:    func(ctx context.Context, b Backend, target string) error { return b.PauseGRPC(ctx, target) },
		lift: func(ctx context.Context, b Backend, target string, was before) error {
			c, err := b.Describe(ctx, target)
			switch {
			case err != nil:
				return err
			case !c.Running: // a new process serves from the start
				return runAgain(ctx, b, target, was)
			}
			return b.ResumeGRPC(ctx, target)
		},
	}
}
