package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/chaos"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/load"
	"github.com/tikv-demo/tikv-demo/internal/monitor"
	"github.com/tikv-demo/tikv-demo/internal/runner"
	"github.com/tikv-demo/tikv-demo/internal/tikv"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// backend is the cluster of a talk, of one kind.
type backend interface {
	runner.Cluster
	// PD gives the URLs at which PD's members are reached from here.
	PD() []string
	// NameOf gives the node that has an address; "" for a stranger's.
	NameOf(address string) string
	// Resolve gives where an address that PD gives is reached from here.
	Resolve(address string) string
	// Chaos gives what breaks and repairs the nodes.
	Chaos() (runner.Chaos, error)
	// Log gives the last lines of a node's log.
	Log(ctx context.Context, name string) ([]string, error)
	// Process says how a node's process is, as an operator would look it up.
	Process(ctx context.Context, name string) (diagnose.ProcessFact, error)
}

// session wires one talk: it adapts each package to the interfaces that the runner
// asks for.
type session struct {
	o        *options
	stateDir string
	backend  backend
	chaos    runner.Chaos
	outside  *outside // in the place of the catalogue, nil in a talk
	failed   error    // of Start, with its exit status
	kv       *tikv.RawKV
	logs     *os.File // what the client library says
}

func newSession(o *options, stateDir string) (*session, error) {
	s := &session{o: o, stateDir: stateDir}
	var err error
	switch o.cluster {
	case clusterDocker:
		s.backend, err = newDockerBackend(o, stateDir)
	case clusterExternal:
		s.backend = &externalBackend{o: o}
	default:
		s.backend = &embeddedBackend{o: o, stateDir: stateDir}
	}
	return s, err
}

func (s *session) runnerConfig() runner.Config {
	return runner.Config{
		Cluster:     s,
		HealthFirst: s.o.cluster == clusterExternal,
		Health:      sessionHealth{s},
		Regions:     sessionRegions{s},
		Chaos:       sessionChaos{s},
		Actions:     actions{containers: s.o.cluster == clusterDocker, look: s.backend.Process},
		Scorer:      scorer{s.o.prices},
		Workload: func(violated func(time.Time, demo.Violation)) (runner.Workload, error) {
			return &sessionLoad{session: s, violated: violated}, nil
		},
		Monitor: func(emit func(demo.Body)) runner.Monitor {
			return monitor.New(monitor.Config{Probe: tikv.Probe, Emit: emit})
		},
		Analyst: func() runner.Analyst { return s.analyst() },
	}
}

// Start brings the cluster up or attaches to it.
func (s *session) Start(ctx context.Context, p runner.Progress) (demo.ClusterReady, error) {
	from := time.Now()
	ready, err := s.backend.Start(ctx, p)
	if err == nil {
		err = s.checkTarget(ctx)
	}
	if err != nil {
		s.failed = explained(err, s.stateDir)
		return demo.ClusterReady{}, s.failed
	}
	s.failed = nil
	tikv.MapAddresses(s.backend.Resolve)
	ready.Took, ready.PD = demo.Millis(time.Since(from)), s.backend.PD()[0]
	ready.Versions = s.versions(ctx)
	return ready, nil
}

// versions gives what the record says of the programs that the talk runs on. What
// does not answer soon is left out: the talk does not wait for it.
func (s *session) versions(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	pd := pdapi.New(s.backend.PD())
	defer pd.Close()
	all := pd.Versions(ctx)
	if d, ok := s.backend.(*dockerBackend); ok {
		if v, err := d.docker.Version(ctx); err == nil {
			all["docker"] = v.Engine
		}
	}
	return all
}

// checkTarget finds a target that no node has as soon as the nodes are known, and
// not in the chapter of the fault.
func (s *session) checkTarget(ctx context.Context) error {
	now := tikv.NewHealthPoller(tikv.PollerConfig{PD: s.backend.PD(), NameOf: s.backend.NameOf, Resolve: s.backend.Resolve}).Poll(ctx)
	if now.Error != "" {
		return nil // the gate of the chapter says so
	}
	return s.o.checkTargetIn(now)
}

// Stop ends what Start began, and the client before it.
func (s *session) Stop(ctx context.Context) error {
	var errs []error
	if s.outside != nil { // a process that is frozen from outside cannot be ended
		errs = append(errs, s.outside.release(ctx))
	}
	if s.kv != nil {
		errs = append(errs, s.kv.Close())
	}
	if s.logs != nil {
		errs = append(errs, s.logs.Close())
	}
	return errors.Join(append(errs, s.backend.Stop(ctx))...)
}

// connect gives the client of the cluster, one for all plays. The client
// library logs to standard output, in floods after a kill: its words go to a
// file before it is made.
func (s *session) connect(ctx context.Context) (*tikv.RawKV, error) {
	if s.kv != nil {
		return s.kv, nil
	}
	logs, err := os.OpenFile(filepath.Join(s.stateDir, "client.log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	s.logs = logs
	tikv.SilenceLogs(logs)
	s.kv, err = tikv.OpenRaw(ctx, tikv.RawOptions{PD: s.backend.PD(), NodeOf: s.backend.NameOf})
	return s.kv, err
}

type sessionHealth struct{ *session }

// Run polls PD until ctx is done.
func (h sessionHealth) Run(ctx context.Context, see func(time.Time, demo.Snapshot)) error {
	return tikv.NewHealthPoller(tikv.PollerConfig{
		PD:         h.backend.PD(),
		Interval:   h.o.pollInterval,
		NameOf:     h.backend.NameOf,
		Resolve:    h.backend.Resolve,
		OnSnapshot: func(s demo.Snapshot) { see(time.Now(), s) },
	}).Run(ctx)
}

type sessionRegions struct{ *session }

// Run polls PD until ctx is done.
func (r sessionRegions) Run(ctx context.Context, see func(time.Time, demo.RegionMap)) error {
	return tikv.NewRegionPoller(tikv.RegionPollerConfig{
		PD:       r.backend.PD(),
		Interval: r.o.pollInterval,
		NameOf:   r.backend.NameOf,
		OnMap:    func(m demo.RegionMap) { see(time.Now(), m) },
	}).Run(ctx)
}

// sessionChaos breaks and repairs the backend's nodes. What does it is made with the
// first plan: a talk that never gets there leaves no file.
type sessionChaos struct{ *session }

// Plan chooses the fault's target.
func (c sessionChaos) Plan(s demo.Snapshot, round int) (demo.Plan, error) {
	if c.chaos == nil && c.outside != nil {
		c.chaos = c.outside
	}
	if c.chaos == nil {
		made, err := c.backend.Chaos()
		if err != nil {
			return demo.Plan{}, err // and the next attempt makes it
		}
		c.chaos = made
	}
	return c.chaos.Plan(s, round)
}

// Inject breaks the target; a plan was made before.
func (c sessionChaos) Inject(ctx context.Context, p demo.Plan) (time.Time, error) {
	return c.chaos.Inject(ctx, p)
}

// Lift repairs it.
func (c sessionChaos) Lift(ctx context.Context, p demo.Plan) error { return c.chaos.Lift(ctx, p) }

// Heal is asked for only after a plan was carried out.
func (c sessionChaos) Heal(ctx context.Context) error { return c.chaos.Heal(ctx) }

// controlled is chaos where the program has hold of the nodes.
type controlled struct {
	*chaos.Controller
	request func(round int) chaos.Request
}

// newControlled opens the ledger of faults of this run.
func newControlled(o *options, stateDir string, cfg chaos.Config) (*controlled, error) {
	ledger, err := chaos.OpenLedger(faultsDir(stateDir), fmt.Sprint(os.Getpid()))
	if err != nil {
		return nil, err
	}
	cfg.Ledger = ledger
	return &controlled{chaos.New(cfg), o.request}, nil
}

// faultsDir is where the ledgers of open faults are.
func faultsDir(stateDir string) string { return filepath.Join(stateDir, "faults") }

// Plan chooses the target of the talk's fault, with a seed of its own in every
// round.
func (c *controlled) Plan(s demo.Snapshot, round int) (demo.Plan, error) {
	return c.Controller.Plan(s, c.request(round))
}

// Inject breaks the target.
func (c *controlled) Inject(ctx context.Context, p demo.Plan) (time.Time, error) {
	before := time.Now()
	return before, c.Controller.Inject(ctx, p)
}

// Heal repairs whatever is open.
func (c *controlled) Heal(ctx context.Context) error {
	_, err := c.Controller.Heal(ctx)
	return err
}

// analyst looks at the processes themselves when a ticket opens, as an operator
// would with ps and the log; it is not told what was done to them.
func (s *session) analyst() runner.Analyst {
	return diagnose.NewAnalyst(diagnose.Config{
		Key:     s.o.key,
		Log:     s.backend.Log,
		Process: s.backend.Process,
		Ask:     tikv.Probe,
		Serve:   tikv.ProbeService,

		TurnedAway: func(err error) bool { return errors.Is(err, tikv.ErrTurnedAway) },
	}, s.o.newDiagnoser(s.stateDir))
}

// sessionLoad is the workload over the client library.
type sessionLoad struct {
	*load.Workload
	session  *session
	violated func(time.Time, demo.Violation)
}

// Prepare connects a client and loads the records.
func (w *sessionLoad) Prepare(ctx context.Context, p runner.Progress) (int64, error) {
	o := w.session.o
	kv, err := w.session.connect(ctx)
	if err != nil {
		return 0, err
	}
	w.Workload = load.New(load.Config{
		Records: o.records, TargetOps: o.targetOps, InFlight: o.threads, Seed: o.seed, Violated: w.violated,
	}, kv)
	err = whileAllRun(ctx, w.session.ended, func(ctx context.Context) error {
		return w.Workload.Prepare(ctx, func(done, total int64) { p("loading records", done, total) })
	})
	if err != nil {
		err = explained(err, w.session.stateDir)
		w.session.failed = err
	}
	return int64(o.records), err
}

// ended says which node of a cluster of our own processes has ended; nil where
// all run, or where nobody here can know.
func (s *session) ended() error {
	if e, ok := s.backend.(*embeddedBackend); ok {
		return e.cluster.Ended()
	}
	return nil
}

// Run plays the workload until ctx is done.
func (w *sessionLoad) Run(ctx context.Context, o runner.LoadObserver) error {
	return w.Workload.Run(ctx, o.Load, func(e load.OpError) { o.ClientError(e.At, e.Node, e.Kind) })
}

// Prove reads keys through stores that lead again.
func (w *sessionLoad) Prove(ctx context.Context, stores []string) (demo.DataProved, error) {
	return demo.DataProved{Stores: w.Workload.Prove(ctx, stores)}, nil
}

// Verify reads every key again.
func (w *sessionLoad) Verify(ctx context.Context, p runner.Progress) (demo.LedgerVerified, error) {
	return w.Workload.Verify(ctx, func(done, total int64) { p("reading every key again", done, total) })
}
