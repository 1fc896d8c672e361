package compose

import (
	"context"
	"net"
	"slices"

	"github.com/tikv-demo/tikv-demo/internal/tikv/defaults"
)

// Cluster is a running cluster.
type Cluster struct {
	cfg      Config
	tool     *tool
	found    bool
	services []Service
}

// Attach returns the running cluster as it is. It waits for nothing and changes
// nothing.
func Attach(ctx context.Context, cfg Config) (*Cluster, error) {
	t, err := newTool(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	services, err := t.services(ctx)
	if err != nil {
		return nil, err
	}
	if len(services) == 0 {
		return nil, precondition("no cluster is up in the project %s; `tikv-demo cluster up --cluster docker` brings one up", cfg.Project)
	}
	c := &Cluster{cfg: cfg, tool: t, found: true, services: services}
	return c, c.check()
}

// check says why these services cannot carry a talk.
func (c *Cluster) check() error {
	if len(c.ofKind("pd")) == 0 || len(c.ofKind("tikv")) == 0 {
		return precondition("the project %s publishes no port %s of a PD or no port %s of a store; a Compose file must publish both, and %s", c.cfg.Project, defaults.PDPort, defaults.StorePort, defaults.StatusPort)
	}
	return nil
}

// Found says whether the cluster was running before Up.
func (c *Cluster) Found() bool { return c.found }

// Project returns its name in Compose.
func (c *Cluster) Project() string { return c.cfg.Project }

// PD returns the URLs of PD's members, as reached from this machine.
func (c *Cluster) PD() []string {
	var urls []string
	for _, s := range c.ofKind("pd") {
		urls = append(urls, "http://"+s.Ports[defaults.PDPort])
	}
	return urls
}

// Stores returns the names of the stores.
func (c *Cluster) Stores() []string { return names(c.ofKind("tikv")) }

// Members returns the names of PD's members.
func (c *Cluster) Members() []string { return names(c.ofKind("pd")) }

// Resolve maps an address that PD or a store reports (host:port) to one that is
// reached from this machine. An address outside the cluster comes back unchanged.
func (c *Cluster) Resolve(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	for _, s := range c.services {
		if s.called(host) && s.Ports[port] != "" {
			return s.Ports[port]
		}
	}
	return address
}

// NameOf returns the node with an address, as the cluster reports it or as it is
// reached from here; "" for an unknown one.
func (c *Cluster) NameOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	for _, s := range c.services {
		if s.called(host) {
			return s.Name
		}
		for _, at := range s.Ports {
			if at == address {
				return s.Name
			}
		}
	}
	return ""
}

func (c *Cluster) ofKind(kind string) []Service {
	return slices.DeleteFunc(slices.Clone(c.services), func(s Service) bool { return s.Kind != kind })
}

func (s Service) called(host string) bool { return s.Name == host || slices.Contains(s.aliases, host) }

func names(services []Service) []string {
	var out []string
	for _, s := range services {
		out = append(out, s.Name)
	}
	return out
}
