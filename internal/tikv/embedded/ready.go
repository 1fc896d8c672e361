package embedded

import (
	"context"
	"fmt"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// readyPoll is how often PD is asked whether every store leads.
const readyPoll = 20 * time.Millisecond

// awaitLeaders returns when PD reports every store as Up and leading.
func (c *Cluster) awaitLeaders(ctx context.Context) error {
	pd := pdapi.New(c.pd)
	defer pd.Close()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	said := "PD was not asked"
	for {
		ok, now := c.leading(ctx, pd)
		if ok {
			return nil
		}
		if ctx.Err() == nil { // the last question is cut short by ctx itself
			said = now
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not every store leads (%s): %w; logs are in %s", said, ctx.Err(), c.logs)
		}
	}
}

func (c *Cluster) leading(ctx context.Context, pd *pdapi.Client) (ok bool, said string) {
	stores, err := pd.Stores(ctx)
	if err != nil {
		return false, err.Error()
	}
	leading, leaders := 0, 0
	for _, s := range stores {
		leaders += s.Status.LeaderCount
		if s.Store.StateName == "Up" && s.Status.LeaderCount > 0 {
			leading++
		}
	}
	regions := len(c.cfg.SplitKeys) + 1
	return leading == c.cfg.Stores && leaders == regions, fmt.Sprintf("%d of %d stores, %d of %d regions", leading, c.cfg.Stores, leaders, regions)
}
