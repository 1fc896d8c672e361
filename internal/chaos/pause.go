package chaos

import (
	"context"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// pauseFault freezes a store: its connections stay open and nothing answers.
func pauseFault() Type {
	return Type{
		Name:      Pause,
		Summary:   "freeze a store (SIGSTOP; in Docker the freezer cgroup), then let it go on",
		Inverse:   demo.ActionResume,
		FaultType: demo.TypeFrozen,
		Role:      demo.RoleData,
		Nodes:     1,
		Rule:      TargetRandom,
		effect:    "SIGSTOP to %s",
		undo:      "SIGCONT to %s, it goes on where it stood",
		contained: words{"freeze the container of %s (docker pause, the freezer cgroup)", "unfreeze the container of %s (docker unpause), it goes on where it stood"},
		inject:    func(ctx context.Context, b Backend, target string) error { return b.Pause(ctx, target) },
		lift: func(ctx context.Context, b Backend, target string, _ before) error {
			c, err := b.Describe(ctx, target)
			switch {
			case err != nil:
				return err
			case !c.Running: // it died while it was frozen, so it is restarted
				return b.Start(ctx, target)
			case c.Paused:
				return b.Resume(ctx, target)
			}
			return nil
		},
	}
}
