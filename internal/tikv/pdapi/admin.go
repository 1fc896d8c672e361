package pdapi

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// What follows changes a cluster. It is for bringing one up, never for the talk.

// postDeadline bounds one endpoint's answer: a split is answered when it is done.
const postDeadline = 10 * time.Second

// Regions gives every region of the cluster, in no order. It is for a cluster
// that is being brought up; of one that runs, RegionPage is asked for.
func (c *Client) Regions(ctx context.Context) ([]Region, error) {
	var r struct {
		Regions []Region `json:"regions"`
	}
	err := c.get(ctx, "/pd/api/v1/regions", &r)
	return r.Regions, err
}

// SplitRegions has the stores cut their regions at keys. PD tries for a
// few seconds and says nothing of what it could not do: look with Regions.
func (c *Client) SplitRegions(ctx context.Context, keys [][]byte) error {
	var at []string
	for _, k := range keys {
		at = append(at, hex.EncodeToString(k))
	}
	return c.post(ctx, "/pd/api/v1/regions/split", map[string]any{"split_keys": at, "retry_limit": 1})
}

// ScatterRegions spreads every region's peers and leaders over the stores.
func (c *Client) ScatterRegions(ctx context.Context) error {
	return c.post(ctx, "/pd/api/v1/regions/scatter", map[string]any{"start_key": "", "end_key": "", "retry_limit": 1})
}

// Configure changes settings of PD by their names.
func (c *Client) Configure(ctx context.Context, settings map[string]any) error {
	return c.post(ctx, "/pd/api/v1/config", settings)
}

// post sends body to one endpoint after the other until one has taken it. What
// is posted here may be posted twice.
func (c *Client) post(ctx context.Context, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var errs []error
	for _, u := range c.urls {
		err := c.postTo(ctx, u+path, b)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *Client) postTo(ctx context.Context, url string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, postDeadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("no answer within %s", postDeadline)
		}
		return plainError(err)
	}
	_, err = answer(resp)
	return err
}
