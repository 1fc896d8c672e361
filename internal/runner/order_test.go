package runner

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestANewerLookDoesNotOvertakeWhatLiesBetween(t *testing.T) {
	q := newQueue()
	look := func(s int) demo.Event {
		return demo.Event{At: time.Unix(int64(s), 0), Body: demo.HealthSeen{}}
	}
	for _, e := range []demo.Event{look(1), {At: time.Unix(2, 0), Body: demo.FaultInjected{}}, look(3)} {
		require.True(t, q.tryPut(e))
	}
	var order []int64
	for e, ok := q.take(); ok; e, ok = q.take() {
		order = append(order, e.At.Unix())
	}
	require.Equal(t, []int64{1, 2, 3}, order)
}

// A reader that is always behind, by more than the time between two looks, hears of the
// cluster all the same: a talk stood still in its recovery, because each look was
// replaced before its turn came.
func TestAReaderThatIsBehindHearsOfEveryKindOfLook(t *testing.T) {
	q := newQueue()
	looks := map[string]int{}
	for n := range 1000 {
		for _, b := range []demo.Body{demo.HealthSeen{}, demo.RegionsSeen{}, demo.LoadSeen{}, demo.SignalSeen{}} {
			require.True(t, q.tryPut(demo.Event{At: time.Unix(int64(n), 0), Body: b}))
		}
		e, ok := q.take() // one, where four came
		require.True(t, ok)
		if replaces(e) {
			looks[e.Body.Kind()]++
		}
	}
	require.Greater(t, looks["health"], 2, "each waits only for what came before it")
	require.Greater(t, looks["regions"], 2)
	waiting := map[string]int{}
	for e, ok := q.take(); ok; e, ok = q.take() {
		waiting[e.Body.Kind()]++
	}
	require.LessOrEqual(t, waiting["health"], 2, "looks do not fill the queue")
	require.LessOrEqual(t, waiting["regions"], 2)
}

// slowChaos unscrews the lamp at once, and says so when a ticket is there.
type slowChaos struct {
	lampChaos
}

func (c slowChaos) Inject(ctx context.Context, p demo.Plan) (time.Time, error) {
	before := time.Now()
	c.set(p.Target)
	for c.count("ticket.opened") == 0 {
		select {
		case <-ctx.Done():
			return before, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return before, nil
}

func TestAFaultIsAnnouncedBeforeWhatItCausesHoweverLongItTakes(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	cfg.Chaos = slowChaos{lampChaos: lampChaos{post}}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	s := show(t, r, auto, never)
	require.NoError(t, r.Close())
	at := func(kind string) int { return slices.Index(post.lines, kind) }
	require.Less(t, at("fault.injected"), at("ticket.opened"))
	require.Less(t, at("ticket.opened"), at("fault.confirmed"))
	before, _ := s.Before.Node("lamp-2")
	require.Equal(t, 3, before.Leaders, "the lamp as it was when the fault was asked for")
	require.NotZero(t, demo.ScoreOf(s).TTD)
}

// handChaos waits for somebody to unscrew the lamp.
type handChaos struct {
	lampChaos
	done chan time.Time
}

func (c handChaos) Plan(s demo.Snapshot, round int) (demo.Plan, error) {
	p, err := c.lampChaos.Plan(s, round)
	p.ByHand = true
	return p, err
}

func (c handChaos) Inject(_ context.Context, p demo.Plan) (time.Time, error) {
	at := <-c.done
	c.set(p.Target)
	return at, nil
}

func TestWhatIsDoneByHandIsDatedWhenItWasDone(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	hand := handChaos{lampChaos{post}, make(chan time.Time)}
	cfg.Chaos = hand
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	plan, err := hand.Plan(demo.Snapshot{}, 0)
	require.NoError(t, err)
	go r.Do(t.Context(), demo.Effect{Step: 7, Verb: demo.InjectFault{Plan: plan}})

	r.monitored(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-2"})
	at := time.Now().Add(-4 * time.Second)
	hand.done <- at
	for e := range r.Watch() {
		switch b := e.Body.(type) {
		case demo.SignalSeen:
			require.Zero(t, b.SinceFault, "nobody knows yet when it was done")
		case demo.FaultInjected:
			require.Equal(t, at, e.At)
			require.Equal(t, demo.ByPresenter, b.By)
		case demo.FaultConfirmed:
			require.GreaterOrEqual(t, b.SinceFault.Duration(), 4*time.Second)
			return
		}
	}
}

// halfChaos unscrews the lamp and fails all the same.
type halfChaos struct{ lampChaos }

func (c halfChaos) Inject(_ context.Context, p demo.Plan) (time.Time, error) {
	c.set(p.Target)
	return time.Now(), errors.New("it slipped")
}

func TestWhatWasHalfBrokenInAnEarlierPlayIsMendedAtTheEnd(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	cfg.Chaos = halfChaos{lampChaos{post}}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	plan := answered(t, r, demo.PlanFault{}).(demo.FaultPlanned).Plan
	require.IsType(t, demo.EffectFailed{}, answered(t, r, demo.InjectFault{Plan: plan}))
	r.reset(2)
	require.NoError(t, r.Close())
	require.Equal(t, 1, post.healed)
	require.Empty(t, post.dark())
}

func TestASecondRecordThatCannotBeOpenedKeepsNothingOfTheFirstPlay(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	opened := 0
	cfg.Journal = func() (Journal, error) {
		if opened++; opened > 1 {
			return nil, errors.New("no space left on device")
		}
		return post, nil
	}
	analysts := 0
	cfg.Analyst = func() Analyst { analysts++; return &lampAnalyst{} }
	cfg.Started.Seed = 7
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	plan := answered(t, r, demo.PlanFault{}).(demo.FaultPlanned).Plan
	require.IsType(t, demo.FaultConfirmed{}, answered(t, r, demo.InjectFault{Plan: plan}))
	require.IsType(t, demo.FaultLifted{}, answered(t, r, demo.LiftFault{Plan: plan}))
	require.NotZero(t, r.sinceFault(time.Now()))

	r.reset(2)
	require.Zero(t, r.sinceFault(time.Now()), "the old fault's time")
	require.Equal(t, 2, analysts)
	require.Nil(t, r.done)
	require.False(t, r.finished)
	for e := range r.Watch() {
		if b, ok := e.Body.(demo.SourceFailed); ok {
			require.Equal(t, demo.SourceFailed{Source: "record", Err: "no space left on device"}, b)
			require.Equal(t, 2, e.Play)
			return
		}
	}
}

func TestEveryRoundHasAnotherSeedInItsRecordAndItsPlan(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	cfg.Started.Seed = 7
	rounds := &seededChaos{lampChaos: lampChaos{post}}
	cfg.Chaos = rounds
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	loop := auto
	loop.Loop = true
	show(t, r, loop, func(demo.State) bool { return post.count(demo.RunStarted{}.Kind()) == 3 })
	require.NoError(t, r.Close())
	var seeds []int64
	for _, b := range post.bodies {
		if b, ok := b.(demo.RunStarted); ok {
			seeds = append(seeds, b.Seed)
		}
	}
	require.Equal(t, []int64{7, 8, 9}, seeds)
	require.Equal(t, []int{0, 1}, rounds.rounds[:2])
}

type seededChaos struct {
	lampChaos
	rounds []int
}

func (c *seededChaos) Plan(s demo.Snapshot, round int) (demo.Plan, error) {
	c.rounds = append(c.rounds, round)
	return c.lampChaos.Plan(s, round)
}

func TestWhoDoesNotWaitForTheRepairLeavesItToHeal(t *testing.T) {
	post := &lampPost{}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	plan := answered(t, r, demo.PlanFault{}).(demo.FaultPlanned).Plan
	require.IsType(t, demo.FaultConfirmed{}, answered(t, r, demo.InjectFault{Plan: plan}))
	r.command(demo.Finish{At: time.Now(), Outcome: demo.RunFinished{Outcome: demo.OutcomeQuit, LeftBroken: []string{"lamp-2"}}})
	require.NoError(t, r.Close())
	require.Zero(t, post.healed)
	require.Equal(t, "lamp-2", post.dark())
}

// The effects of a play are executed at the same time, so that its first one may
// come before the Reset that ends the play before it.
func TestTheClusterOfTheNextPlayIsStartedAfterTheEndOfThisOne(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	monitors, made := 0, cfg.Monitor
	cfg.Monitor = func(emit func(demo.Body)) Monitor { monitors++; return made(emit) }
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	answered(t, r, demo.StartCluster{})

	begun := make(chan struct{})
	go func() {
		close(begun)
		r.Do(t.Context(), demo.Effect{Play: 2, Step: 100, Verb: demo.StartCluster{}})
	}()
	<-begun
	for range 100 {
		runtime.Gosched() // the effect would be done by now, if it did not wait
	}
	r.Do(t.Context(), demo.Effect{Line: 1, Verb: demo.Reset{Play: 2}})
	for e := range r.Watch() {
		if e.Step == 100 {
			require.Equal(t, 2, e.Play)
			break
		}
	}
	require.Equal(t, 2, monitors)
	r.mu.Lock()
	defer r.mu.Unlock()
	require.NotNil(t, r.watching, "the second play has a monitor")
}

// slowPost takes its time to start.
type slowPost struct {
	*lampPost
	begun, goOn chan struct{}
}

func (s slowPost) Start(ctx context.Context, p Progress) (demo.ClusterReady, error) {
	close(s.begun)
	<-s.goOn
	return s.lampPost.Start(ctx, p)
}

// earlyLoad says whether the cluster was there.
type earlyLoad struct {
	lampLoad
	t *testing.T
}

func (e earlyLoad) Prepare(ctx context.Context, p Progress) (int64, error) {
	if e.started == 0 {
		e.t.Error("a load before its cluster")
	}
	return e.lampLoad.Prepare(ctx, p)
}

// Who forces the gate of the cluster's chapter asks for the load while the cluster
// starts: the program panicked.
func TestTheLoadWaitsForTheClusterThatStarts(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	slow := slowPost{post, make(chan struct{}), make(chan struct{})}
	cfg.Cluster = slow
	cfg.Workload = func(func(time.Time, demo.Violation)) (Workload, error) { return earlyLoad{lampLoad{post}, t}, nil }
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	require.Equal(t, demo.EffectFailed{Effect: demo.NameOf(demo.StartLoad{}), Err: "the cluster is not up, so there is nothing to load; go back and try its start again"},
		answered(t, r, demo.StartLoad{}), "none starts")

	go r.Do(t.Context(), demo.Effect{Step: 50, Verb: demo.StartCluster{}})
	<-slow.begun
	go r.Do(t.Context(), demo.Effect{Step: 51, Verb: demo.StartLoad{}})
	for range 100 {
		runtime.Gosched() // the load would begin by now, if it did not wait
	}
	close(slow.goOn)
	for e := range r.Watch() {
		if _, onTheWay := e.Body.(demo.Progressed); e.Step == 51 && !onTheWay {
			require.IsType(t, demo.LoadStarted{}, e.Body)
			return
		}
	}
}
