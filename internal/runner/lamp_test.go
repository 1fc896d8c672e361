package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lampPost is a subject that has nothing to do with stores of keys: three lamps
// on a post. Its load is looking at the light; its fault is to unscrew a lamp.
type lampPost struct {
	mu       sync.Mutex
	out      string // the lamp that is dark
	started  int
	stopped  int
	healed   int
	lines    []string // the record, kind by kind
	bodies   []demo.Body
	failures map[string]error // by verb, once
}

func (l *lampPost) fail(verb string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.failures[verb]
	delete(l.failures, verb)
	return err
}

func (l *lampPost) Start(_ context.Context, p Progress) (demo.ClusterReady, error) {
	if err := l.fail("start"); err != nil {
		return demo.ClusterReady{}, err
	}
	l.started++
	p("raising the post", 1, 1)
	return demo.ClusterReady{PD: "the switchboard", Stores: 3, Took: demo.Millis(time.Millisecond), Label: "lamp post"}, nil
}

func (l *lampPost) Stop(context.Context) error {
	l.stopped++
	return nil
}

func (l *lampPost) snapshot(at time.Time) demo.Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := demo.Snapshot{LastUpdated: at}
	for i := 1; i <= 3; i++ {
		n := demo.Node{ID: fmt.Sprint(i), Name: fmt.Sprintf("lamp-%d", i), Type: "lamp", Role: demo.RoleData, Health: demo.HealthUp, Leaders: 3, LastBeat: at}
		if n.Name == l.out {
			n.Health, n.Leaders, n.LastBeat = demo.HealthSuspect, 0, time.Time{}
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s
}

// lampHealth looks at the lamps as often as it can be heard.
type lampHealth struct{ *lampPost }

func (h lampHealth) Run(ctx context.Context, see func(time.Time, demo.Snapshot)) error {
	return every(ctx, func(at time.Time) { see(at, h.snapshot(at)) })
}

type lampLoad struct{ *lampPost }

func (lampLoad) Prepare(_ context.Context, p Progress) (int64, error) {
	p("switching on", 3, 3)
	return 3, nil
}

func (w lampLoad) Run(ctx context.Context, o LoadObserver) error {
	return every(ctx, func(at time.Time) {
		o.Load(at, demo.LoadSample{Ops: 100})
		if w.dark() != "" {
			o.ClientError(at, w.dark(), "dark")
		}
	})
}

func (lampLoad) Prove(_ context.Context, stores []string) (demo.DataProved, error) {
	return demo.DataProved{Stores: []demo.StoreProof{{Store: stores[0], Records: 2}}}, nil
}

func (lampLoad) Verify(context.Context, Progress) (demo.LedgerVerified, error) {
	return demo.LedgerVerified{Acked: 3, Checked: 3}, nil
}

func (l *lampPost) dark() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out
}

type lampChaos struct{ *lampPost }

func (lampChaos) Plan(demo.Snapshot, int) (demo.Plan, error) {
	return demo.Plan{Fault: "unscrew", FaultType: demo.TypeCrashed, Target: "lamp-2", Effect: "unscrew lamp-2", Undo: "screw it in"}, nil
}

func (c lampChaos) set(out string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = out
}

func (c lampChaos) Inject(_ context.Context, p demo.Plan) (time.Time, error) {
	before := time.Now()
	if err := c.fail("inject"); err != nil {
		return before, err
	}
	c.set(p.Target)
	return before, nil
}

func (c lampChaos) Lift(context.Context, demo.Plan) error {
	if err := c.fail("lift"); err != nil {
		return err
	}
	c.set("")
	return nil
}

func (c lampChaos) Heal(context.Context) error {
	c.healed++
	c.set("")
	return nil
}

// lampMonitor has eyes only: it hears of errors and opens a ticket.
type lampMonitor struct {
	emit   func(demo.Body)
	errors chan string
	looks  chan demo.Snapshot
}

func (m *lampMonitor) Run(ctx context.Context) error {
	dark := ""
	for {
		select {
		case name := <-m.errors:
			if dark == "" {
				dark = name
				m.emit(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: name})
				m.emit(demo.TicketOpened{ID: "T-1", Invariant: "lamp_out", Target: name})
			}
		case s := <-m.looks:
			if n, ok := s.Node(dark); ok && n.Health == demo.HealthUp {
				m.emit(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: dark, Cleared: true})
				dark = ""
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (m *lampMonitor) Load(time.Time, demo.LoadSample) {}

func (m *lampMonitor) Snapshot(_ time.Time, s demo.Snapshot) {
	select {
	case m.looks <- s:
	default:
	}
}

func (m *lampMonitor) ClientError(_ time.Time, node, _ string) {
	select {
	case m.errors <- node:
	default:
	}
}

type lampAnalyst struct {
	mu     sync.Mutex // a busy machine opens a second ticket while the first is frozen
	frozen string
}

func (a *lampAnalyst) Load(time.Time, demo.LoadSample)       {}
func (a *lampAnalyst) Snapshot(time.Time, demo.Snapshot)     {}
func (a *lampAnalyst) ClientError(time.Time, string, string) {}
func (a *lampAnalyst) Signal(time.Time, demo.SignalSeen)     {}
func (a *lampAnalyst) Freeze(_ context.Context, _ time.Time, t demo.TicketOpened) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.frozen = t.Target
}

func (a *lampAnalyst) target() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.frozen
}

func (a *lampAnalyst) Diagnose(_ context.Context, ticket string, say func(demo.Body)) (demo.DiagnosisFinished, error) {
	say(demo.DiagnosisStarted{Source: "RULES", Ticket: ticket})
	say(demo.DiagnosisDelta{Source: "RULES", Text: a.target() + " is dark"})
	return demo.DiagnosisFinished{Source: "RULES", Component: a.target(), FaultType: demo.TypeCrashed, Action: demo.Action{Name: demo.ActionRestart, Target: a.target()}}, nil
}

func (a *lampAnalyst) Outgoing(ticket string) demo.OutgoingSeen {
	return demo.OutgoingSeen{To: "the electrician", Text: ticket + ": " + a.target() + " is dark" + strings.Repeat("!", outgoingKept)}
}

func (l *lampPost) Write(_ time.Time, b demo.Body) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failures["record"] != nil {
		return l.failures["record"]
	}
	l.lines = append(l.lines, b.Kind())
	l.bodies = append(l.bodies, b)
	return nil
}

func (l *lampPost) Close() error { return nil }

// every calls f each millisecond until ctx ends.
func every(ctx context.Context, f func(time.Time)) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case at := <-tick.C:
			f(at)
		case <-ctx.Done():
			return nil
		}
	}
}

func (l *lampPost) config() Config {
	return Config{
		Cluster:  l,
		Health:   lampHealth{l},
		Chaos:    lampChaos{l},
		Actions:  lampActions{l},
		Scorer:   lampScorer{},
		Workload: func(func(time.Time, demo.Violation)) (Workload, error) { return lampLoad{l}, nil },
		Monitor: func(emit func(demo.Body)) Monitor {
			return &lampMonitor{emit: emit, errors: make(chan string, 1), looks: make(chan demo.Snapshot, 1)}
		},
		Analyst: func() Analyst { return &lampAnalyst{} },
		Journal: func() (Journal, error) { return l, nil },
		Started: demo.RunStarted{Version: "test"},
	}
}

func lampChapters() []demo.Chapter {
	cs := []demo.Chapter{
		{ID: "welcome"},
		{ID: "health", OnEnter: demo.OnEnterCluster, Gate: demo.GateHealthy, BlocksAdvance: true},
		{ID: "load", OnEnter: demo.OnEnterLoad, Gate: demo.GateSteady, AutoAdvance: true},
		demo.FaultChapter(demo.Chapter{ID: "fault"}),
		{ID: "detection", Gate: demo.GateTicket},
		{ID: "diagnosis", OnEnter: demo.OnEnterDiagnose, Gate: demo.GateAnswer},
		demo.RecoveryChapter(demo.Chapter{ID: "recovery"}),
		{ID: "complete", OnEnter: demo.OnEnterVerify, Gate: demo.GateVerified},
	}
	for i := range cs {
		cs[i].N, cs[i].Title = i+1, cs[i].ID
	}
	return cs
}

// show plays by itself, with every pause cut to nothing: effects are executed
// at the same time, as a screen does, until until says so or the play ends.
func show(t *testing.T, r *Runner, o demo.Options, until func(demo.State) bool) demo.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute) // a busy machine
	defer cancel()
	execute := func(effects []demo.Effect) {
		for _, e := range effects {
			if w, ok := e.Verb.(demo.Wait); ok && w.For >= 20*time.Second {
				continue // a time limit; this play never needs one
			} else if ok {
				e.Verb = demo.Wait{For: time.Millisecond}
			}
			if _, opens := e.Verb.(demo.OpenSeal); opens {
				r.Do(ctx, e) // a pause follows, in which a talk opens it
				continue
			}
			go r.Do(ctx, e) // Close waits for it
		}
	}
	s, effects := demo.Open(demo.New(lampChapters(), o), time.Now())
	execute(effects)
	for s.Finished == nil && !until(s) {
		select {
		case e := <-r.Watch():
			s, effects = demo.Take(s, e)
		case <-ctx.Done():
			require.FailNow(t, "the play stands still", "play %d, chapter %s, %+v, phase %v, decision %v %q, stages %+v, signals %+v, throughput %g",
				s.Play, s.Chapters[s.Reached].ID, s.Visits[s.Reached], s.Phase, s.Decision, s.DecidedFor, s.Stages, s.Signals, s.OpsRatio())
		}
		execute(effects)
	}
	return s
}

var auto = demo.Options{Auto: true, AutoApprove: true}

func never(demo.State) bool { return false }

func TestALampPostCanPlayTheWholeTalk(t *testing.T) {
	post := &lampPost{}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	s := show(t, r, auto, never)
	require.NoError(t, r.Close())

	require.Equal(t, demo.OutcomeComplete, s.Finished.Outcome)
	require.True(t, s.Answer.Correct)
	require.Equal(t, "lamp-2 is dark", s.Answer.Terms.Precondition)
	require.Equal(t, demo.ByAgent, s.MendedBy)
	require.True(t, strings.HasPrefix(s.Outgoing.Text, "T-1: lamp-2 is dark!!"))
	require.Contains(t, s.Outgoing.Text, "… and 19 bytes more")
	require.Less(t, len(s.Outgoing.Text), outgoingKept+100)
	require.Equal(t, demo.ByAuto, s.ApprovedBy())
	require.Equal(t, "lamp-2 is dark", s.Prose)
	require.Equal(t, "run.started", post.lines[0])
	require.Equal(t, "run.finished", post.lines[len(post.lines)-1])
	require.Equal(t, 1, post.stopped)
	require.Empty(t, post.dark())

	require.True(t, s.Opened.Matches)
	require.Equal(t, "unscrew process_crashed lamp-2", s.Opened.Text)
	require.EqualValues(t, 1, s.Opened.Card[0].Marks.Localization)
	require.Less(t, slices.Index(post.lines, "fault.sealed"), slices.Index(post.lines, "fault.injected"))
	require.Less(t, slices.Index(post.lines, "diagnosis.finished"), slices.Index(post.lines, "fault.opened"))

	var chapters []string
	for _, b := range post.bodies {
		switch b := b.(type) {
		case demo.ChapterEntered:
			chapters = append(chapters, "enter "+b.ID)
		case demo.ChapterDone:
			chapters = append(chapters, "leave "+b.ID)
		case demo.TicketOpened:
			require.Positive(t, b.SinceFault)
		}
	}
	var want []string
	for i, c := range lampChapters() {
		if i > 0 {
			want = append(want, "leave "+lampChapters()[i-1].ID)
		}
		want = append(want, "enter "+c.ID)
	}
	require.Equal(t, want, chapters, "the record keeps the order in which the play decided")
}

func TestWhatIsBrokenIsMendedWhenTheShowIsCutOff(t *testing.T) {
	post := &lampPost{}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	show(t, r, auto, func(s demo.State) bool { return s.FaultOpen() && s.FaultIn() })
	require.Equal(t, "lamp-2", post.dark())
	require.NoError(t, r.Close())
	require.Empty(t, post.dark())
	require.Equal(t, 1, post.healed)
	require.Equal(t, "run.finished", post.lines[len(post.lines)-1])
	require.Equal(t, demo.OutcomeQuit, post.bodies[len(post.bodies)-1].(demo.RunFinished).Outcome)
}

// wrongLoad is a workload whose third second reads what it must not.
type wrongLoad struct {
	lampLoad
	violated func(time.Time, demo.Violation)
}

func (w wrongLoad) Run(ctx context.Context, o LoadObserver) error {
	n := 0
	return every(ctx, func(at time.Time) {
		if n++; n == 3 {
			w.violated(at, demo.Violation{Name: demo.ViolationStale, Key: "user1", Lower: 2, Upper: 2, Read: 1, When: demo.SeenInRun})
			w.violated(at, demo.Violation{Name: demo.ViolationStale, Key: "user1", Lower: 2, Upper: 2, Read: 1, When: demo.SeenInRun})
		}
		o.Load(at, demo.LoadSample{Ops: 100})
	})
}

func TestAViolationIsInTheRecordAtOnceAndARunThatIsCutOffHasFailed(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	cfg.Workload = func(violated func(time.Time, demo.Violation)) (Workload, error) {
		return wrongLoad{lampLoad{post}, violated}, nil
	}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	end := show(t, r, auto, func(s demo.State) bool { return s.Violated == 2 })
	require.Equal(t, "user1", end.Violations[0].Key)
	require.Equal(t, 2, post.count("violation"), "it is in the record before the play hears of it")
	require.NoError(t, r.Close())
	last := post.bodies[len(post.bodies)-1].(demo.RunFinished)
	require.Equal(t, demo.OutcomeFailed, last.Outcome)
	require.EqualValues(t, 1, last.Lost)
}

func TestNothingIsHealedThatWasNeverBroken(t *testing.T) {
	post := &lampPost{}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	show(t, r, auto, func(s demo.State) bool { return s.LoadOn })
	require.NoError(t, r.Close())
	require.Zero(t, post.healed)
	require.NoError(t, r.Close(), "closing twice changes nothing")
	require.Equal(t, 1, post.stopped)
}

func TestAFailedEffectIsToldInOneEvent(t *testing.T) {
	post := &lampPost{failures: map[string]error{"start": errors.New("the post is rusty; oil it")}}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	s := show(t, r, demo.Options{}, func(s demo.State) bool {
		return true
	})
	require.Zero(t, s.Reached)
	require.Equal(t, demo.EffectFailed{Effect: "start the cluster", Err: "the post is rusty; oil it"}, answered(t, r, demo.StartCluster{}))
	require.IsType(t, demo.ClusterReady{}, answered(t, r, demo.StartCluster{}))
	require.IsType(t, demo.ClusterReady{}, answered(t, r, demo.StartCluster{}))
	require.Equal(t, 1, post.started, "a cluster that runs is not started again")
}

func TestARecordThatCannotBeWrittenIsToldAndTheShowGoesOn(t *testing.T) {
	post := &lampPost{failures: map[string]error{"record": errors.New("no space left on device")}}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	s := show(t, r, auto, never)
	require.Equal(t, demo.OutcomeComplete, s.Finished.Outcome)
	told := 0
	for _, l := range s.Log {
		if f, ok := l.Body.(demo.SourceFailed); ok {
			require.Equal(t, demo.SourceFailed{Source: "record", Err: "no space left on device"}, f)
			told++
		}
	}
	require.Equal(t, 1, told, "said while the show goes on, once")
	require.ErrorContains(t, r.Close(), "no space left")
}

func TestABoothPlaysAgainWithNothingInMemory(t *testing.T) {
	post := &lampPost{}
	r, err := New(t.Context(), post.config())
	require.NoError(t, err)
	loop := auto
	loop.Loop = true
	show(t, r, loop, func(demo.State) bool { return post.count(demo.RunStarted{}.Kind()) == 3 })
	require.NoError(t, r.Close())
	require.Equal(t, 1, post.started)
	require.Equal(t, 1+2, post.count(demo.RunFinished{}.Kind()), "two whole plays and the one that was cut off")
}

func (l *lampPost) count(kind string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, k := range l.lines {
		if k == kind {
			n++
		}
	}
	return n
}

func TestRoundsOfABoothNeedNoMoreGoroutinesAndEachHasItsOwnFirstLine(t *testing.T) {
	post := &lampPost{}
	cfg := post.config()
	cfg.Round = func(play int, s demo.RunStarted) demo.RunStarted {
		s.Fault, s.Seed = fmt.Sprint("fault-", play), int64(play)
		return s
	}
	r, err := New(t.Context(), cfg)
	require.NoError(t, err)
	loop := auto
	loop.Loop = true
	var at []int // goroutines in each round, once its workload runs
	show(t, r, loop, func(s demo.State) bool {
		if s.LoadOn && s.Play == len(at)+1 {
			at = append(at, runtime.NumGoroutine())
		}
		return len(at) == 6
	})
	require.NoError(t, r.Close())
	// A busy machine has effects under way at some such moments, and hardly at three in
	// a row. One goroutine that each round leaves would be three.
	require.LessOrEqual(t, slices.Min(at[3:])-slices.Min(at[:3]), 2, "%v", at)
	play := 0
	for _, b := range post.bodies {
		if first, ok := b.(demo.RunStarted); ok {
			play++
			require.Equal(t, fmt.Sprint("fault-", play), first.Fault)
			require.EqualValues(t, play, first.Seed)
		}
	}
	require.Equal(t, 6, play)
}
