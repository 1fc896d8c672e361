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
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// embeddedShow is the cast of a talk on the embedded cluster: it fits each
// room's verbs to what the runner asks for.
type embeddedShow struct {
	o        *options
	stateDir string
	cluster  *embedded.Cluster
	chaos    *chaos.Controller
	ledger   *chaos.Ledger
	kv       *tikv.RawKV
	logs     *os.File // what the client library says
}

func newEmbeddedShow(o *options, stateDir string) *embeddedShow {
	return &embeddedShow{o: o, stateDir: stateDir}
}

func (e *embeddedShow) cast() runner.Config {
	return runner.Config{
		Cluster:  e,
		Health:   embeddedHealth{e},
		Chaos:    embeddedChaos{e},
		Workload: func() (runner.Workload, error) { return &embeddedLoad{show: e}, nil },
		Monitor: func(emit func(demo.Body)) runner.Monitor {
			return monitor.New(monitor.Config{Probe: tikv.Probe, Emit: emit})
		},
		Analyst: func() runner.Analyst { return e.analyst() },
	}
}

// Start starts the processes and connects the client.
func (e *embeddedShow) Start(ctx context.Context, p runner.Progress) (demo.ClusterReady, error) {
	from := time.Now()
	c, err := embedded.Start(ctx, embedded.Config{
		Stores:    e.o.stores,
		SplitKeys: load.SplitKeys(e.o.records, e.o.regions),
		StateDir:  e.stateDir,
		PD:        e.o.pdURLs,
		PDPort:    e.o.pdPort,
		Profile:   e.o.profile,
	}, func(text string, done, total int) { p(text, int64(done), int64(total)) })
	if err != nil {
		return demo.ClusterReady{}, err
	}
	e.cluster = c
	return demo.ClusterReady{
		Took:   demo.Millis(time.Since(from)),
		PD:     c.PD()[0],
		Stores: e.o.stores,
		Label:  e.label(),
	}, nil
}

func (e *embeddedShow) label() string {
	if len(e.o.pdURLs) > 0 {
		return fmt.Sprintf("embedded · %d stores, PD given", e.o.stores)
	}
	return fmt.Sprintf("embedded · 1 PD + %d stores", e.o.stores)
}

// Stop ends every process and removes the cluster's data.
func (e *embeddedShow) Stop(ctx context.Context) error {
	var errs []error
	if e.kv != nil {
		errs = append(errs, e.kv.Close())
	}
	if e.logs != nil {
		errs = append(errs, e.logs.Close())
	}
	if e.cluster != nil {
		errs = append(errs, e.cluster.Stop(ctx))
	}
	if e.ledger != nil {
		errs = append(errs, e.ledger.Close())
	}
	return errors.Join(errs...)
}

// connect gives the client of the cluster, one for all plays. The client
// library logs to standard output, in floods after a kill: its words go to a
// file before it is made.
func (e *embeddedShow) connect(ctx context.Context) (*tikv.RawKV, error) {
	if e.kv != nil {
		return e.kv, nil
	}
	logs, err := os.OpenFile(filepath.Join(e.stateDir, "client.log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	e.logs = logs
	tikv.SilenceLogs(logs)
	e.kv, err = tikv.OpenRaw(ctx, tikv.RawOptions{PD: e.cluster.PD(), NodeOf: e.cluster.NameOf})
	return e.kv, err
}

type embeddedHealth struct{ *embeddedShow }

// Run polls PD until ctx is done.
func (h embeddedHealth) Run(ctx context.Context, see func(time.Time, demo.Snapshot)) error {
	return tikv.NewHealthPoller(tikv.PollerConfig{
		PD:         h.cluster.PD(),
		Interval:   h.o.pollInterval,
		NameOf:     h.cluster.NameOf,
		OnSnapshot: func(s demo.Snapshot) { see(time.Now(), s) },
	}).Run(ctx)
}

// embeddedChaos breaks and mends the cluster's processes.
type embeddedChaos struct{ *embeddedShow }

// Plan opens the ledger of faults with the first plan: a talk that never gets
// there leaves no file.
func (c embeddedChaos) Plan(s demo.Snapshot) (demo.Plan, error) {
	if c.chaos == nil {
		ledger, err := chaos.OpenLedger(filepath.Join(c.stateDir, "faults"), fmt.Sprintf("%d", os.Getpid()))
		if err != nil {
			return demo.Plan{}, err
		}
		c.ledger = ledger
		c.chaos = chaos.New(chaos.Config{
			Backend:       chaos.NewProcesses(c.cluster, c.lookup),
			Ledger:        ledger,
			Where:         "embedded",
			DiesWithOwner: true,
		})
	}
	return c.chaos.Plan(s, chaos.Request{Fault: c.o.fault, Target: c.o.target, Seed: c.o.seed})
}

func (c embeddedChaos) lookup(name string) (chaos.Process, bool) {
	p, ok := c.cluster.Process(name)
	return chaos.Process{PID: p.PID, Running: p.Running, Exit: p.ExitState}, ok
}

func (c embeddedChaos) Inject(ctx context.Context, p demo.Plan) error { return c.chaos.Inject(ctx, p) }

func (c embeddedChaos) Lift(ctx context.Context, p demo.Plan) error { return c.chaos.Lift(ctx, p) }

// Heal is asked for only after a plan was carried out.
func (c embeddedChaos) Heal(ctx context.Context) error {
	_, err := c.chaos.Heal(ctx)
	return err
}

// analyst looks at the processes themselves when a ticket opens, as an operator
// would with ps and the log; it is not told what was done to them.
func (e *embeddedShow) analyst() runner.Analyst {
	return diagnose.NewAnalyst(diagnose.Config{
		Key: e.o.key,
		Log: func(_ context.Context, name string) ([]string, error) {
			p, ok := e.cluster.Process(name)
			if !ok {
				return nil, fmt.Errorf("%s is not a process of this cluster", name)
			}
			return lastLines(p.LogFile)
		},
		Process: func(ctx context.Context, name string) (diagnose.ProcessFact, error) {
			p, ok := e.cluster.Process(name)
			if !ok {
				return diagnose.ProcessFact{}, fmt.Errorf("%s is not a process of this cluster", name)
			}
			if !p.Running {
				return diagnose.ProcessFact{What: fmt.Sprintf("process %d", p.PID), Exit: p.ExitState}, nil
			}
			return diagnose.LookAtPID(ctx, p.PID)
		},
	}, e.o.newDiagnoser(e.stateDir))
}

// embeddedLoad is the workload over the client library.
type embeddedLoad struct {
	*load.Workload
	show *embeddedShow
}

// Prepare connects a client and loads the records.
func (w *embeddedLoad) Prepare(ctx context.Context, p runner.Progress) (int64, error) {
	o := w.show.o
	kv, err := w.show.connect(ctx)
	if err != nil {
		return 0, err
	}
	w.Workload = load.New(load.Config{Records: o.records, TargetOps: o.targetOps, Threads: o.threads, Seed: o.seed}, kv)
	err = w.Workload.Prepare(ctx, func(done, total int64) { p("loading records", done, total) })
	return int64(o.records), err
}

// Run plays the workload until ctx is done.
func (w *embeddedLoad) Run(ctx context.Context, o runner.LoadObserver) error {
	return w.Workload.Run(ctx, o.Load, func(e load.OpError) { o.ClientError(e.At, e.Node, e.Kind) })
}

// Verify reads every acknowledged write again.
func (w *embeddedLoad) Verify(ctx context.Context, p runner.Progress) (demo.LedgerVerified, error) {
	return w.Workload.Verify(ctx, func(done, total int64) { p("reading acknowledged writes again", done, total) })
}
