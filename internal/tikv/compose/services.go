package compose

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/dockerhost"
	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// Service is one container of the cluster as Docker sees it now.
type Service struct {
	Name  string            // of the service and of the node
	Kind  string            // pd, tikv, or empty
	State string            // running, paused, exited, created, restarting or dead
	Says  string            // details: healthy, unhealthy, starting, or how it ended
	Image string            // by name
	Ports map[string]string // port in the container: address on this machine
	ID    string            // of the container

	aliases []string  // other names on its network
	started time.Time // by the daemon's clock, which is PD's too
}

// Running says whether the service's processes run and are not frozen.
func (s Service) Running() bool { return s.State == "running" }

// inspected is what is read of a container.
type inspected struct {
	ID    string
	Name  string
	State struct {
		Status    string
		ExitCode  int
		Error     string
		StartedAt time.Time
		Health    *struct{ Status string }
	}
	Config struct {
		Hostname, Image string
		Labels          map[string]string
	}
	HostConfig struct {
		PortBindings map[string][]struct{ HostIP, HostPort string }
	}
}

// services returns the project's containers by the names of their services. Ports
// are as configured, so that those of a dead container are known too.
func (t *tool) services(ctx context.Context) ([]Service, error) {
	for try := 1; ; try++ {
		services, err := t.inspect(ctx)
		// A container may be removed between the two calls: ask again.
		if err == nil || try == inspectTries || !strings.Contains(strings.ToLower(err.Error()), "no such") {
			return services, err
		}
	}
}

const inspectTries = 5

func (t *tool) inspect(ctx context.Context) ([]Service, error) {
	b, err := t.docker(ctx, "ps", "-aq", "--no-trunc", "--filter", "label="+dockerhost.LabelProject+"="+t.project, "--filter", "label="+dockerhost.LabelService)
	if err != nil {
		return nil, err
	}
	ids := strings.Fields(string(b))
	if len(ids) == 0 {
		return nil, nil
	}
	if b, err = t.docker(ctx, append([]string{"inspect", "--type", "container"}, ids...)...); err != nil {
		return nil, err
	}
	var list []inspected
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("docker inspect: %w", err)
	}
	var services []Service
	for _, c := range list {
		services = append(services, c.service())
	}
	slices.SortFunc(services, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	return services, nil
}

func (c inspected) service() Service {
	s := Service{
		Name:    c.Config.Labels[dockerhost.LabelService],
		State:   c.State.Status,
		Image:   c.Config.Image,
		Ports:   map[string]string{},
		ID:      c.ID,
		started: c.State.StartedAt,
		aliases: []string{c.Config.Hostname, strings.TrimPrefix(c.Name, "/")},
	}
	switch {
	case s.State == "exited":
		s.Says = cmp.Or(c.State.Error, fmt.Sprintf("with %d", c.State.ExitCode))
	case s.State == "running" && c.State.Health != nil:
		s.Says = c.State.Health.Status
	}
	for inside, bindings := range c.HostConfig.PortBindings {
		port, protocol, _ := strings.Cut(inside, "/")
		if protocol != "tcp" || len(bindings) == 0 || bindings[0].HostPort == "" {
			continue
		}
		host := bindings[0].HostIP
		if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		s.Ports[port] = net.JoinHostPort(host, bindings[0].HostPort)
	}
	switch {
	case s.Ports[defaults.PDPort] != "":
		s.Kind = "pd"
	case s.Ports[defaults.StorePort] != "":
		s.Kind = "tikv"
	}
	return s
}

// Status returns the cluster's services as they are now; none when it is not up.
func Status(ctx context.Context, cfg Config) ([]Service, error) {
	t, err := newTool(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	return t.services(ctx)
}
