package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	names map[string]string // by address
}

// Start looks at the cluster, which must be up.
func (e *externalGround) Start(ctx context.Context, p runner.Progress) (demo.ClusterReady, error) {
	p("asking "+e.o.pdURLs[0], 0, 0)
	s := tikv.NewHealthPoller(tikv.PollerConfig{PD: e.o.pdURLs}).Poll(ctx)
	if s.Error != "" {
		return demo.ClusterReady{}, precondition("PD does not answer at %s: %s; is the cluster up?", strings.Join(e.o.pdURLs, ", "), s.Error)
	}
	// A store is called by its place in the order of the ids, which PD keeps.
	e.names = map[string]string{}
	for _, n := range s.Nodes {
		if n.Role == demo.RoleData {
			e.names[n.Address] = fmt.Sprintf("tikv-%d", len(e.names)+1)
		}
	}
	if len(e.names) < 3 {
		return demo.ClusterReady{}, precondition("the cluster has %d stores; one of three may fail, one of fewer may not", len(e.names))
	}
	return demo.ClusterReady{Stores: len(e.names), Label: fmt.Sprintf("external · %d stores", len(e.names))}, nil
}

// Stop leaves the cluster as it is.
func (e *externalGround) Stop(context.Context) error { return nil }

// PD gives what --pd said.
func (e *externalGround) PD() []string { return e.o.pdURLs }

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
