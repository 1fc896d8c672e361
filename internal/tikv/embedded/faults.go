package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/store"
)

// Line is what is wrong with a store's network; the zero value is a good one.
type Line = store.Line

// faultLimit bounds one order to a store's status port.
const faultLimit = 2 * time.Second

// SetLine spoils a store's network, or with the zero Line mends it.
func (c *Cluster) SetLine(ctx context.Context, name string, is Line) error {
	body, err := json.Marshal(is)
	if err != nil {
		return err
	}
	return c.order(ctx, name, "/line", body)
}

// PauseGRPC makes a store turn its clients away while it goes on reporting to
// PD, or ends that.
func (c *Cluster) PauseGRPC(ctx context.Context, name string, paused bool) error {
	if paused {
		return c.order(ctx, name, "/pause_grpc", nil)
	}
	return c.order(ctx, name, "/resume_grpc", nil)
}

// order puts something to the status port of a store.
func (c *Cluster) order(ctx context.Context, name, path string, body []byte) error {
	p, ok := c.Process(name)
	if !ok || p.StatusAddress == "" {
		return fmt.Errorf("%s is not a store of this cluster", name)
	}
	if !p.Running {
		return fmt.Errorf("%s does not run", name)
	}
	ctx, cancel := context.WithTimeout(ctx, faultLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+p.StatusAddress+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s does not take orders: %w", name, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("%s refuses %s: %s", name, path, strings.TrimSpace(string(said)))
	}
	return nil
}
