package embedded

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/pingcap/kvproto/pkg/pdpb"
)

// Stores can be started against a real PD. It must be one that knows no cluster
// yet: the stores bring their own.

// foreignAdvice is for a PD that has a cluster.
const foreignAdvice = "start it with an empty data directory, or leave --pd out"

// takeOver looks whether a PD that is not ours can be used, and tells it to
// balance so few leaders at all: by default PD leaves differences up to ten.
func (c *Cluster) takeOver(ctx context.Context, cl pdpb.PDClient, head *pdpb.RequestHeader) error {
	b, err := cl.IsBootstrapped(ctx, &pdpb.IsBootstrappedRequest{Header: head})
	if err != nil {
		return fmt.Errorf("PD at %s does not answer: %w", c.pd[0], err)
	}
	if b.GetBootstrapped() {
		return fmt.Errorf("PD at %s has a cluster already; %s", c.pd[0], foreignAdvice)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.pd[0]+"/pd/api/v1/config", strings.NewReader(`{"tolerant-size-ratio":1}`))
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("PD at %s does not take settings: %w", c.pd[0], err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("PD at %s refuses a setting: %s", c.pd[0], resp.Status)
	}
	return nil
}
