package runner

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// lampCircuits are the circuits that the lamps are on: dark lamps lead none.
type lampCircuits struct{ *lampPost }

func (c lampCircuits) Run(ctx context.Context, see func(time.Time, demo.RegionMap)) error {
	return every(ctx, func(at time.Time) {
		leader := "lamp-2"
		if c.dark() == leader {
			leader = "lamp-1"
		}
		see(at, demo.RegionMap{Total: 1, LastUpdated: at, Shown: []demo.Region{{ID: 1, Leader: leader, Peers: []string{"lamp-1", "lamp-2"}}}})
	})
}

// patientChaos breaks nothing before somebody has looked at the regions.
type patientChaos struct{ lampChaos }

func (c patientChaos) Inject(ctx context.Context, p demo.Plan) (time.Time, error) {
	for c.count(demo.RegionsSeen{}.Kind()) == 0 {
		runtime.Gosched()
	}
	return c.lampChaos.Inject(ctx, p)
}

func TestALeaderThatMovesIsInTheStateAndOnceInTheRecord(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	cfg.Regions, cfg.Chaos = lampCircuits{post}, patientChaos{lampChaos{post}}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	s := show(t, r, auto, func(s demo.State) bool { return s.FaultIn() && s.Regions.Shown[0].Leader == "lamp-1" })
	require.Equal(t, "lamp-2", s.Regions.Shown[0].MovedFrom)
	require.NotZero(t, s.Regions.Shown[0].MovedAt)
	require.Equal(t, 2, post.count(demo.RegionsSeen{}.Kind()), "looks that find the same are not in the record")
	require.NoError(t, r.Close())
}

// hungCircuits is a source of regions that never hears anything.
type hungCircuits struct{}

func (hungCircuits) Run(ctx context.Context, _ func(time.Time, demo.RegionMap)) error {
	<-ctx.Done()
	return nil
}

func TestRegionsThatCannotBeHadHoldNothingUp(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	cfg.Regions = hungCircuits{}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	s := show(t, r, auto, never)
	require.Equal(t, demo.OutcomeComplete, s.Finished.Outcome)
	require.NotEmpty(t, s.Snapshot.Nodes)
	require.Zero(t, s.Regions)
	require.NoError(t, r.Close())
}

// On a cluster that runs already, its health is looked at before anybody knows
// what the nodes are called on stage. A node that changes its name would look
// like a leader that moves.
func TestRegionsAreNotLookedAtBeforeTheClusterIsReady(t *testing.T) {
	post := &lampPost{failures: map[string]error{"start": errors.New("no power")}}
	cfg := post.config()
	cfg.HealthFirst, cfg.Regions = true, lampCircuits{post}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	require.IsType(t, demo.EffectFailed{}, answered(t, r, demo.StartCluster{}))
	require.Eventually(t, func() bool { return post.count(demo.HealthSeen{}.Kind()) > 10 }, 10*time.Second, time.Millisecond)
	require.Zero(t, post.count(demo.RegionsSeen{}.Kind()))
	require.IsType(t, demo.ClusterReady{}, answered(t, r, demo.StartCluster{}))
	require.Eventually(t, func() bool { return post.count(demo.RegionsSeen{}.Kind()) == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, r.Close())
}
