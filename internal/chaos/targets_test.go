package chaos

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestATargetIsChosenByTheRuleAndSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		s              demo.Snapshot
		rule           string
		target, reason string
	}{
		"max-leaders takes the store that leads most":          {cluster(2, 5, 2), TargetMaxLeaders, "tikv-2", "leads most: 5 of 9 regions"},
		"equal leaders are decided by name":                    {cluster(3, 3, 3), TargetMaxLeaders, "tikv-1", "leads most: 3 of 9 regions"},
		"follower takes the store that follows most":           {cluster(4, 1, 4), TargetFollower, "tikv-2", "follows most: leads 1 of its 9 regions"},
		"follower passes over a store that leads nothing":      {cluster(5, 0, 4), TargetFollower, "tikv-3", "follows most: leads 4 of its 9 regions"},
		"a named store is taken although it leads nothing":     {cluster(5, 0, 4), "tikv-2", "tikv-2", "named by the presenter"},
		"random takes the only store that leads":               {cluster(0, 9, 0), TargetRandom, "tikv-2", "random choice of 1 store, seed 7"},
		"random says among how many and with which seed":       {cluster(3, 3, 3), TargetRandom, "", "random choice of 3 stores, seed 7"},
		"a store that leads nothing is no candidate of random": {cluster(5, 0, 4), TargetRandom, "", "random choice of 2 stores, seed 7"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := New(Config{}).Plan(c.s, Request{Fault: Kill, Target: c.rule, Seed: 7})
			require.NoError(t, err)
			if c.target != "" {
				assert.Equal(t, c.target, p.Target)
			}
			assert.Equal(t, c.reason, p.Reason)
			assert.Equal(t, "SIGKILL to "+p.Target, p.Effect)
			assert.Equal(t, "restart "+p.Target+" with its data", p.Undo)
			assert.Equal(t, demo.TypeCrashed, p.FaultType)
			assert.Equal(t, int64(7), p.Seed)
		})
	}
}

func TestTheSameSeedGivesTheSameTargetInWhateverOrderTheStoresCome(t *testing.T) {
	hit := map[string]bool{}
	for seed := range int64(50) {
		var want string
		for range 10 {
			s := cluster(3, 3, 3)
			rand.Shuffle(len(s.Nodes), func(i, j int) { s.Nodes[i], s.Nodes[j] = s.Nodes[j], s.Nodes[i] })
			p, err := New(Config{}).Plan(s, Request{Fault: Kill, Target: TargetRandom, Seed: seed})
			require.NoError(t, err)
			if want == "" {
				want = p.Target
			}
			assert.Equal(t, want, p.Target)
		}
		hit[want] = true
	}
	assert.Len(t, hit, 3, "some seed leads to each store")
}

func TestAFaultThatMayNotBeIsRefusedWithAReason(t *testing.T) {
	down := func(s demo.Snapshot, i int, h demo.Health, state string) demo.Snapshot {
		s.Nodes[i].Health, s.Nodes[i].State = h, state
		return s
	}
	stale := cluster(3, 3, 3)
	stale.Error, stale.Stale = "PD: connection refused", demo.Millis(time.Minute)
	for name, c := range map[string]struct {
		s     demo.Snapshot
		r     Request
		is    error
		words string
	}{
		"an unknown fault lists the known ones":            {cluster(3, 3, 3), Request{Fault: "meteor", Target: TargetRandom}, ErrUnknownFault, `unknown fault "meteor"; choose one of kill, stop, pause`},
		"an unknown target lists the known ones":           {cluster(3, 3, 3), Request{Fault: Kill, Target: "tikv-9"}, ErrNoTarget, "choose one of random, max-leaders, follower, pd-leader, tikv-1, tikv-2, tikv-3"},
		"a PD is no store":                                 {cluster(3, 3, 3), Request{Fault: Kill, Target: "pd-1"}, ErrNoTarget, `"pd-1" is neither a store nor a rule`},
		"nothing is known yet":                             {demo.Snapshot{}, Request{Fault: Kill, Target: TargetRandom}, ErrNoTarget, "no store is known yet"},
		"no store runs":                                    {down(cluster(3), 1, demo.HealthDown, "Down"), Request{Fault: Kill, Target: TargetRandom}, ErrNoTarget, "no running target: none of 1 store is up"},
		"no store leads":                                   {cluster(0, 0, 0), Request{Fault: Kill, Target: TargetRandom}, ErrNoTarget, "none of 3 running stores leads a region"},
		"the named store is down":                          {down(cluster(3, 3, 3), 2, demo.HealthSuspect, "Disconnected"), Request{Fault: Kill, Target: "tikv-2"}, ErrNoTarget, "tikv-2 is already down (Disconnected)"},
		"another store is down":                            {down(cluster(3, 3, 3), 2, demo.HealthSuspect, "Disconnected"), Request{Fault: Kill, Target: "tikv-1"}, ErrRefused, "kill with 1 of 3 stores down would cost the quorum"},
		"two down of five are too many for three replicas": {down(cluster(3, 3, 3, 3, 3), 2, demo.HealthDown, "Down"), Request{Fault: Pause, Target: "tikv-1"}, ErrRefused, "would cost the quorum"},
		"a single store is the quorum":                     {cluster(9), Request{Fault: Kill, Target: "tikv-1"}, ErrRefused, "would cost the quorum"},
		"the picture is too old":                           {stale, Request{Fault: Kill, Target: TargetRandom}, ErrRefused, "last seen 1m0s ago"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Config{}).Plan(c.s, c.r)
			require.ErrorIs(t, err, c.is)
			assert.ErrorContains(t, err, c.words)
		})
	}
}

func TestFiveReplicasBearTwoStoresDown(t *testing.T) {
	s := cluster(3, 3, 3, 3, 3)
	s.Nodes[2].Health = demo.HealthDown
	_, err := New(Config{Replicas: 5}).Plan(s, Request{Fault: Kill, Target: "tikv-1"})
	require.NoError(t, err)
}

func TestWhatTheTalkBreaksIsInTheCatalogue(t *testing.T) {
	p, err := New(Config{}).Plan(cluster(3, 3, 3), TiKVNodeKill(7))
	require.NoError(t, err)
	assert.Equal(t, Kill, p.Fault)
	seen := map[string]bool{}
	for _, f := range Catalogue() {
		assert.False(t, seen[f.Name], f.Name)
		seen[f.Name] = true
		assert.NotEmpty(t, f.Summary)
		assert.Contains(t, []string{demo.ActionRestart, demo.ActionResume, demo.ActionReconnect, demo.ActionRestoreLine, demo.ActionResumeGRPC}, f.Inverse)
		assert.NotEmpty(t, f.FaultType)
		assert.Contains(t, f.Effect("tikv-2"), "tikv-2")
		assert.Contains(t, f.Undo("tikv-2"), "tikv-2")
		assert.NotNil(t, f.inject)
		assert.NotNil(t, f.lift)
	}
}

func TestAMemberOfPDIsChosenByItsRulesAndSparedAsTheStoresAre(t *testing.T) {
	three := cluster(3, 3, 3)
	three.Nodes = append(three.Nodes,
		demo.Node{ID: "8", Name: "pd-2", Role: demo.RoleControl, Health: demo.HealthUp},
		demo.Node{ID: "9", Name: "pd-3", Role: demo.RoleControl, Health: demo.HealthUp})
	c := New(Config{})

	p, err := c.Plan(three, Request{Fault: PDKill})
	require.NoError(t, err)
	assert.Equal(t, "pd-1", p.Target)
	assert.Equal(t, "leads PD, one of 3 members", p.Reason)
	p, err = c.Plan(three, Request{Fault: PDKill, Target: TargetFollower})
	require.NoError(t, err)
	assert.Equal(t, "pd-2", p.Target)

	three.Nodes[4].Health = demo.HealthDown
	_, err = c.Plan(three, Request{Fault: PDKill})
	require.ErrorIs(t, err, ErrRefused)
	require.ErrorContains(t, err, "pd-kill with 1 of 3 PD members down would cost the quorum")

	p, err = c.Plan(cluster(3, 3, 3), Request{Fault: PDKill})
	require.NoError(t, err, "the only member is its quorum, as whoever asks knows")
	assert.Equal(t, "pd-1", p.Target)
	_, err = c.Plan(three, Request{Fault: PDKill, Target: TargetMaxLeaders})
	require.ErrorIs(t, err, ErrNoTarget)
	_, err = c.Plan(three, Request{Fault: Kill, Target: TargetPDLeader})
	require.ErrorIs(t, err, ErrNoTarget)
}

func TestTheQuorumIsLostOnlyByTheFaultThatIsForIt(t *testing.T) {
	p, err := New(Config{}).Plan(cluster(3, 3, 3), Request{Fault: QuorumLoss, Seed: 7})
	require.NoError(t, err)
	assert.True(t, p.CostsQuorum)
	require.Len(t, p.Targets(), 2)
	assert.NotEqual(t, p.Target, p.Also[0])
	assert.Contains(t, p.Effect, p.Target+" and "+p.Also[0])
	_, err = New(Config{}).Plan(cluster(9, 0, 0), Request{Fault: QuorumLoss})
	require.ErrorContains(t, err, "quorum-loss needs 2 stores that lead, and there are 1")
}
