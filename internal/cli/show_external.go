package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/runner"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
)

// externalGround is a cluster that the program has no hold of: a tiup
// playground, or one elsewhere. Nodes are broken and mended by hand.
type externalGround struct {
	o     *options
	pd    []string          // what --pd said, those that answer first
	names map[string]string // by address
}

// Start looks at the cluster, which must be up.
func (e *externalGround) Start(ctx context.Context, p runner.Progress) (demo.ClusterReady, error) {
	p("asking "+strings.Join(e.o.pdURLs, ", "), 0, 0)
	s, names, err := lookExternal(ctx, e.o.pdURLs)
	if err != nil {
		return demo.ClusterReady{}, err
	}
	e.names = names
	e.pd = answeringFirst(ctx, e.o.pdURLs)
	if err := errors.Join(reachable(ctx, s), e.o.checkTargetIn(s)); err != nil {
		return demo.ClusterReady{}, err
	}
	if len(e.names) < 3 {
		return demo.ClusterReady{}, precondition("the cluster has %d stores; one of three may fail, one of fewer may not", len(e.names))
	}
	if short := tooFewRegions(s); short != "" {
		return demo.ClusterReady{}, precondition("%s; `tikv-demo cluster split --pd %s` splits them, after it has asked", short, e.pd[0])
	}
	return demo.ClusterReady{Stores: len(e.names), Label: fmt.Sprintf("external · %d stores", len(e.names))}, nil
}

// lookExternal looks at the cluster once, and gives its nodes by the names that
// the talk will call them by. A dry run must not know others.
func lookExternal(ctx context.Context, urls []string) (demo.Snapshot, map[string]string, error) {
	look := func(nameOf func(string) string) demo.Snapshot {
		return tikv.NewHealthPoller(tikv.PollerConfig{PD: urls, NameOf: nameOf}).Poll(ctx)
	}
	s := look(nil)
	names := stageNames(s)
	if s.Error == "" {
		s = look(func(address string) string { return names[address] })
	}
	if s.Error != "" {
		return s, nil, precondition("PD does not answer at %s: %s; is the cluster up?", strings.Join(urls, ", "), s.Error)
	}
	return s, names, nil
}

// answeringFirst gives the URLs of PD with those that answer first.
func answeringFirst(ctx context.Context, urls []string) []string {
	pd := tikv.NewPD(urls)
	defer pd.Close()
	return pd.Answering(ctx)
}

// everyStoreLeads says whether each store leads a region now.
func everyStoreLeads(s demo.Snapshot) bool {
	return !slices.ContainsFunc(s.Nodes, func(n demo.Node) bool { return n.Role == demo.RoleData && n.Leaders == 0 })
}

// tooFewRegions says that some stores can lead nothing, however long the talk
// waits for it; "" when each can.
func tooFewRegions(s demo.Snapshot) string {
	leading, stores, regions := 0, 0, 0
	for _, n := range s.Nodes {
		if n.Role != demo.RoleData {
			continue
		}
		stores++
		regions += n.Leaders
		if n.Leaders > 0 {
			leading++
		}
	}
	if regions >= stores {
		return ""
	}
	return fmt.Sprintf("only %d of %d stores lead a region, for the cluster has %d, and a store that leads none serves nobody", leading, stores, regions)
}

// stageNames names the stores by their addresses: by their hosts' names, where
// each has its own, or else by their places in the order of the ids, which PD
// keeps. An address is no name for a hall.
func stageNames(s demo.Snapshot) map[string]string {
	numbered, byHost := map[string]string{}, map[string]string{}
	hosts := map[string]bool{}
	for _, n := range s.Nodes {
		if n.Role != demo.RoleData {
			continue
		}
		numbered[n.Address] = fmt.Sprintf("tikv-%d", len(numbered)+1)
		host, _, err := net.SplitHostPort(n.Address)
		if err == nil && net.ParseIP(host) == nil {
			byHost[n.Address], _, _ = strings.Cut(host, ".")
			hosts[byHost[n.Address]] = true
		}
	}
	if len(hosts) == len(numbered) {
		return byHost
	}
	return numbered
}

// reachLimit bounds one connection to a store.
const reachLimit = 3 * time.Second

// reachable finds a store at whose address, as PD tells it, nobody answers from
// here. Clients have no other.
func reachable(ctx context.Context, s demo.Snapshot) error {
	for _, n := range s.Nodes {
		if n.Role != demo.RoleData || n.Health != demo.HealthUp {
			continue
		}
		c, err := (&net.Dialer{Timeout: reachLimit}).DialContext(ctx, "tcp", n.Address)
		if err != nil {
			return precondition("PD says that a store is at %s, which cannot be reached from here (%w); run this where the cluster's addresses mean something, or give its names in /etc/hosts", n.Address, err)
		}
		_ = c.Close() // nothing was written
	}
	return nil
}

// Stop leaves the cluster as it is.
func (e *externalGround) Stop(context.Context) error { return nil }

// PD gives what --pd said.
func (e *externalGround) PD() []string { return e.pd }

// NameOf gives the stage name of a store.
func (e *externalGround) NameOf(address string) string { return e.names[address] }

// Resolve has nothing to do: an external cluster is reached as it says.
func (e *externalGround) Resolve(address string) string { return address }

// Chaos is the presenter's hand.
func (e *externalGround) Chaos() (runner.Chaos, error) {
	return chaos.NewByHand(e.o.request(), tikv.Probe), nil
}

var errOutOfReach = errors.New("the cluster is not this program's: its processes and logs are out of reach")

// Log is out of reach.
func (e *externalGround) Log(context.Context, string) ([]string, error) { return nil, errOutOfReach }

// Process is out of reach.
func (e *externalGround) Process(context.Context, string) (diagnose.ProcessFact, error) {
	return diagnose.ProcessFact{}, errOutOfReach
}
