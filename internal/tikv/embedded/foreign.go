package embedded

import (
	"context"
	"fmt"

	"github.com/pingcap/kvproto/pkg/pdpb"

	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// Stores can be started with a real PD. It must not have a cluster yet, since the
// stores bring their own.

// foreignAdvice tells what to do about a PD that has a cluster.
const foreignAdvice = "start it with an empty data directory, or leave --pd out"

// takeOver checks that a real PD can be used, and makes it balance this few leaders:
// by default PD tolerates a difference of ten.
func (c *Cluster) takeOver(ctx context.Context, cl pdpb.PDClient, head *pdpb.RequestHeader) error {
	b, err := cl.IsBootstrapped(ctx, &pdpb.IsBootstrappedRequest{Header: head})
	if err != nil {
		return fmt.Errorf("PD at %s does not answer: %w", c.pd[0], err)
	}
	if b.GetBootstrapped() {
		return fmt.Errorf("PD at %s has a cluster already; %s", c.pd[0], foreignAdvice)
	}
	settings := pdapi.New(c.pd)
	defer settings.Close()
	if err := settings.Configure(ctx, map[string]any{"tolerant-size-ratio": 1}); err != nil {
		return fmt.Errorf("PD at %s does not take a setting: %w", c.pd[0], err)
	}
	return nil
}
