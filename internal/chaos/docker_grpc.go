package chaos

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/docker/go-connections/nat"

	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// statusPort is TiKV's own default; the port it is published on is asked of
// the daemon.
const statusPort = nat.Port(defaults.StatusPort + "/tcp")

// orderLimit bounds one request to a status port.
const orderLimit = 3 * time.Second

// PauseGRPC makes a store reject its clients (TiKV's PUT /pause_grpc).
func (d *Docker) PauseGRPC(ctx context.Context, name string) error {
	c, err := d.inspect(ctx, name)
	if err != nil {
		return err
	}
	d.note(c, "gRPC paused")
	return d.order(ctx, name, "pause_grpc")
}

// ResumeGRPC ends PauseGRPC.
func (d *Docker) ResumeGRPC(ctx context.Context, name string) error {
	if err := d.order(ctx, name, "resume_grpc"); err != nil {
		return err
	}
	c, err := d.inspect(ctx, name)
	if err == nil {
		d.note(c, "")
	}
	return err
}

// order sends a PUT to a store's status port through the published port.
func (d *Docker) order(ctx context.Context, name, what string) error {
	c, err := d.inspect(ctx, name)
	if err != nil {
		return err
	}
	published := c.NetworkSettings.Ports[statusPort]
	if len(published) == 0 {
		return fmt.Errorf("the status port of %s (%s) is not published; use the compose file of this program", name, statusPort)
	}
	ctx, cancel := context.WithTimeout(ctx, orderLimit)
	defer cancel()
	url := "http://" + net.JoinHostPort(published[0].HostIP, published[0].HostPort) + "/" + what
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, nil)
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s does not take %s: %w", name, what, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s refuses %s: %s", name, what, resp.Status)
	}
	return nil
}
