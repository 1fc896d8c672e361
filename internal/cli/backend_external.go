package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/runner"
	"github.com/tikv-demo/tikv-demo/internal/safe"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// externalBackend is a cluster that the program has no hold of: a tiup
// playground, or one elsewhere. Nodes are broken and repaired by hand.
type externalBackend struct {
	o     *options
	found atomic.Pointer[external] // nil until PD has answered
}

// external is what PD says of the cluster.
type external struct {
	pd    []string          // what --pd said, those that answer first
	names map[string]string // by address
}

// Start looks at the cluster, which must be up.
func (e *externalBackend) Start(ctx context.Context, p runner.Progress) (demo.ClusterReady, error) {
	p("asking "+strings.Join(e.o.pdURLs, ", "), 0, 0)
	s, names, err := lookExternal(ctx, e.o.pdURLs)
	if err != nil {
		return demo.ClusterReady{}, err
	}
	found := &external{answeringFirst(ctx, e.o.pdURLs), names}
	e.found.Store(found)
	if len(names) == 0 {
		return demo.ClusterReady{}, precondition("PD answers at %s and has no stores yet; start them, or give the PD of another cluster with --pd", strings.Join(e.o.pdURLs, ", "))
	}
	p(fmt.Sprintf("PD answers and has %d stores; connecting to each", len(names)), 0, 0)
	if err := e.reachable(ctx); err != nil {
		return demo.ClusterReady{}, err
	}
	if len(names) < 3 {
		return demo.ClusterReady{}, precondition("the cluster has %d stores; one of three may fail, one of fewer may not", len(names))
	}
	if short := tooFewRegions(s); short != "" {
		return demo.ClusterReady{}, precondition("%s; `tikv-demo cluster split --pd %s` splits them, after it has asked", short, found.pd[0])
	}
	return demo.ClusterReady{Stores: len(names), Label: fmt.Sprintf("external · %d stores", len(names))}, nil
}

// lookExternal looks at the cluster once, and gives its nodes by the names that
// the talk will call them by. A dry run must not know others.
func lookExternal(ctx context.Context, urls []string) (demo.Snapshot, map[string]string, error) {
	look := func(nameOf func(string) string) (s demo.Snapshot) {
		poller := tikv.NewHealthPoller(tikv.PollerConfig{PD: urls, NameOf: nameOf})
		for range pdapi.Patience {
			began := time.Now()
			s = poller.Poll(ctx)
			refused := time.Since(began) < pdapi.Deadline // nobody listens, and asking again changes nothing
			if s.Error == "" || refused || ctx.Err() != nil {
				break
			}
		}
		return s
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

// answeringFirst gives the URLs of PD with those that answer first; none for none.
func answeringFirst(ctx context.Context, urls []string) []string {
	if len(urls) == 0 {
		return nil
	}
	pd := pdapi.New(urls)
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
// keeps. An address means nothing to an audience.
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

// reachLimit bounds the look whether the stores can be reached.
const reachLimit = 3 * time.Second

// reachable finds the addresses, as PD gives them, at which nobody answers from
// here: of PD's leader and stores for clients, and of status ports for the monitor. They are
// named together, with the flags that give each another place.
func (e *externalBackend) reachable(ctx context.Context) error {
	pd := pdapi.New(e.o.pdURLs)
	defer pd.Close()
	stores, err := pd.Stores(ctx)
	if err != nil {
		return precondition("PD does not name its stores: %w", err)
	}
	leader, err := pd.Leader(ctx)
	if err != nil {
		return precondition("PD does not say which member leads: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, reachLimit)
	defer cancel()
	var addresses []string
	if len(leader.ClientURLs) > 0 {
		addresses = append(addresses, pdapi.HostPort(leader.ClientURLs[0]))
	}
	for _, s := range stores {
		if s.Store.StateName == "Up" {
			addresses = append(addresses, s.Store.Address)
			if s.Store.StatusAddress != "" {
				addresses = append(addresses, s.Store.StatusAddress)
			}
		}
	}
	errs := make([]error, len(addresses))
	var all safe.Group
	for i, a := range addresses {
		all.Go(func() {
			var c net.Conn
			if c, errs[i] = (&net.Dialer{}).DialContext(ctx, "tcp", e.Resolve(a)); errs[i] == nil {
				_ = c.Close() // nothing was written
			}
		})
	}
	all.Wait()
	var flags []string
	var why error
	for i, err := range errs {
		if err != nil {
			flags = append(flags, "--map "+addresses[i]+"=HOST:PORT")
			why = cmp.Or(why, err)
		}
	}
	if why == nil {
		return nil
	}
	return precondition("PD gives addresses that cannot be reached from here (%w); run this where they mean something, or say where each is reached: %s", why, strings.Join(flags, " "))
}

// Stop leaves the cluster as it is.
func (e *externalBackend) Stop(context.Context) error { return nil }

// PD gives what --pd said.
func (e *externalBackend) PD() []string {
	if found := e.found.Load(); found != nil {
		return found.pd
	}
	return e.o.pdURLs
}

// NameOf gives the stage name of a store.
func (e *externalBackend) NameOf(address string) string {
	if found := e.found.Load(); found != nil {
		return found.names[address]
	}
	return ""
}

// Resolve gives what --map said.
func (e *externalBackend) Resolve(address string) string { return e.o.mapped.at(address) }

// Chaos is the presenter's hand.
func (e *externalBackend) Chaos() (runner.Chaos, error) {
	return chaos.NewByHand(e.o.request(0), tikv.Probe), nil
}

var errOutOfReach = errors.New("the cluster is not this program's: its processes and logs are out of reach")

// Log is out of reach.
func (e *externalBackend) Log(context.Context, string) ([]string, error) { return nil, errOutOfReach }

// Process is out of reach.
func (e *externalBackend) Process(context.Context, string) (diagnose.ProcessFact, error) {
	return diagnose.ProcessFact{}, errOutOfReach
}
