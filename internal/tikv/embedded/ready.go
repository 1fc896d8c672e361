package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// readyPoll is how often PD is asked whether every store leads.
const readyPoll = 20 * time.Millisecond

// awaitLeaders returns when PD calls every store Up and says that it leads.
func (c *Cluster) awaitLeaders(ctx context.Context) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Second}
	defer client.CloseIdleConnections()
	var last string
	for {
		ok, said := c.leading(ctx, client)
		if ok {
			return nil
		}
		last = said
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not every store leads (%s): %w; logs are in %s", last, ctx.Err(), c.logs)
		}
	}
}

func (c *Cluster) leading(ctx context.Context, client *http.Client) (ok bool, said string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.pd[0]+"/pd/api/v1/stores", nil)
	if err != nil {
		return false, err.Error()
	}
	resp, err := client.Do(req)
	if err != nil {
		return false, err.Error()
	}
	defer resp.Body.Close()
	var r struct {
		Stores []struct {
			Store struct {
				StateName string `json:"state_name"`
			} `json:"store"`
			Status struct {
				LeaderCount int `json:"leader_count"`
			} `json:"status"`
		} `json:"stores"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		return false, resp.Status
	}
	leading, leaders := 0, 0
	for _, s := range r.Stores {
		leaders += s.Status.LeaderCount
		if s.Store.StateName == "Up" && s.Status.LeaderCount > 0 {
			leading++
		}
	}
	regions := len(c.cfg.SplitKeys) + 1
	return leading == c.cfg.Stores && leaders == regions, fmt.Sprintf("%d of %d stores, %d of %d regions", leading, c.cfg.Stores, leaders, regions)
}
