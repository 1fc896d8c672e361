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

// NetFault is a fault of a store's network. The zero value is none.
type NetFault = store.NetFault

// faultLimit bounds one request to a store's status port.
const faultLimit = 2 * time.Second

// SetNetFault sets a fault of a store's network; the zero NetFault clears it.
func (c *Cluster) SetNetFault(ctx context.Context, name string, is NetFault) error {
	body, err := json.Marshal(is)
	if err != nil {
		return err
	}
	return c.order(ctx, name, "/line", body)
}

// PauseGRPC makes a store refuse its clients while it goes on reporting to PD, or
// ends that.
func (c *Cluster) PauseGRPC(ctx context.Context, name string, paused bool) error {
	if paused {
		return c.order(ctx, name, "/pause_grpc", nil)
	}
	return c.order(ctx, name, "/resume_grpc", nil)
}

// order sends a PUT request to a store's status port.
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
