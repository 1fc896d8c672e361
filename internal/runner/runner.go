package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Time limits of the effects, and of Close for repairing and for stopping.
const (
	startLimit  = 45 * time.Minute // images may have to be pulled, and each step of a start has its own limit
	loadLimit   = 2 * time.Minute
	liftLimit   = time.Minute
	proveLimit  = 20 * time.Second
	verifyLimit = 2 * time.Minute
	thinkLimit  = 30 * time.Second
	recordLimit = 10 * time.Second
	stopLimit   = 3 * time.Minute // longer than a Compose down may take
	stillLimit  = 3 * time.Second // an operation of the workload takes 500 ms at most
)

// FaultLimit bounds the injection of a fault. It is longer than every limit inside
// it. The longest of those is chaos.StopLimit: a store may take long to stop.
const FaultLimit = 90 * time.Second

// CloseLimit bounds the repair at the end, and the wait for what is under way then,
// which may be a repair too. It is longer than chaos.HealLimit: the repair says what
// is still broken, and the limit around it only that time is up.
const CloseLimit = 45 * time.Second

// Runner runs one talk.
type Runner struct {
	cfg     Config
	ctx     context.Context
	cancel  context.CancelFunc
	hurried context.Context // done: Close no longer waits
	hurry   context.CancelFunc
	events  *queue
	record  *recorder
	all     sync.WaitGroup // what Close waits for
	pump    sync.WaitGroup

	mu       sync.Mutex
	ready    *demo.ClusterReady // the cluster has been started
	coming   chan struct{}      // closed when the start that is under way has ended; nil before the first
	plan     *demo.Plan         // the fault that is open
	owed     bool               // something was or may have been broken, and is not repaired
	done     *demo.Plan         // the fault that was injected, open or not
	sealed   Sealed             // what was announced before it was done
	faultAt  time.Time
	latest   demo.Snapshot
	analyst  Analyst
	monitor  Monitor
	frozen   map[string]chan struct{} // by ticket: closed when its evidence is frozen
	workload Workload
	broken   map[string]bool // keys with a violation
	wrong    demo.Violation  // the first of them
	unheard  bool            // the play has ended, and had heard of none of them
	over     context.Context // done: the play has ended
	end      context.CancelFunc
	proving  sync.Mutex // held while keys are read through a store that came back
	loading  *task      // the workload that runs
	watching *task      // the monitor that runs
	polling  *task      // the poller that runs
	starting sync.Mutex
	closing  bool
	finished bool
	left     demo.RunFinished // the last line of a record that the play did not end
}

// task is a goroutine that can be stopped and waited for.
type task struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (t *task) stop() {
	if t != nil {
		t.cancel()
		<-t.done
	}
}

// New opens the record and waits for effects. The caller must Close it.
func New(ctx context.Context, cfg Config) (*Runner, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	j, err := cfg.Journal()
	if err != nil {
		return nil, err
	}
	// The runner outlives the front end's context: Close repairs what was broken
	// after everything else has ended.
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	hurried, hurry := context.WithCancel(context.WithoutCancel(ctx))
	r := &Runner{hurried: hurried, hurry: hurry, cfg: cfg, ctx: runCtx, cancel: cancel, events: newQueue(), left: demo.RunFinished{Outcome: demo.OutcomeQuit}}
	r.record = newRecorder(func(err error) {
		r.events.put(runCtx, demo.Event{At: cfg.Now(), Body: demo.SourceFailed{Source: "record", Err: err.Error()}})
	})
	r.begin(j, 1)
	r.pump.Go(func() { r.events.pump(runCtx) })
	if cfg.Texts != nil {
		r.spawn("reloading of chapters", func(ctx context.Context) error {
			return cfg.Texts.Run(ctx, func(b demo.Body) { r.emit(cfg.Now(), 0, b) })
		})
	}
	return r, nil
}

// begin sets up what a play needs, and then its record.
func (r *Runner) begin(j Journal, play int) {
	analyst := r.cfg.Analyst()
	r.mu.Lock()
	r.analyst = analyst
	r.frozen = map[string]chan struct{}{}
	r.broken, r.unheard = map[string]bool{}, false
	if r.end != nil {
		r.end()
	}
	r.over, r.end = context.WithCancel(r.ctx)
	r.plan, r.done, r.sealed, r.faultAt, r.finished = nil, nil, Sealed{}, time.Time{}, false
	r.mu.Unlock()
	started := r.cfg.Started
	started.Seed += int64(play - 1) // as the plan's: a new target in every round
	if r.cfg.Round != nil {
		started = r.cfg.Round(play, started)
	}
	if started.Run != "" && play > 1 {
		started.Run += fmt.Sprintf(".%d", play)
	}
	r.record.open(j, play, r.cfg.Now(), started)
	path := ""
	if p, ok := j.(interface{ Path() string }); ok {
		path = p.Path()
	}
	r.emit(r.cfg.Now(), 0, demo.RecordOpened{Path: path})
}

// Watch returns the events: what the sources see, and the answers to effects.
// Close closes it.
func (r *Runner) Watch() <-chan demo.Event { return r.events.out }

// emit sends what a source saw to the record and to the front end.
func (r *Runner) emit(at time.Time, step demo.Step, b demo.Body) {
	n, play := r.record.write(at, b)
	r.events.put(r.ctx, demo.Event{At: at, Step: step, Line: n, Play: play, Body: b})
	if _, verified := b.(demo.LedgerVerified); verified {
		r.showHead(at)
	}
}

// showHead puts the head of the record on the last screen.
func (r *Runner) showHead(at time.Time) {
	if seal, n, play, ok := r.record.head(at); ok {
		r.events.put(r.ctx, demo.Event{At: at, Line: n, Play: play, Body: seal})
	}
}

// Beside runs f beside the sources of the talk until it returns or the runner is closed.
// As with a source, the front end is told when it ends by itself with an error.
func (r *Runner) Beside(what string, f func(ctx context.Context) error) { r.spawn(what, f) }

// spawn runs f until it returns or its task is stopped. The front end is told
// when a source ends by itself with an error.
func (r *Runner) spawn(source string, f func(ctx context.Context) error) *task {
	ctx, cancel := context.WithCancel(r.ctx)
	t := &task{cancel: cancel, done: make(chan struct{})}
	r.all.Go(func() {
		defer close(t.done)
		defer r.caught(source)
		if err := f(ctx); err != nil && ctx.Err() == nil {
			r.emit(r.cfg.Now(), 0, demo.SourceFailed{Source: source, Err: err.Error()})
		}
	})
	return t
}

// Close repairs what is broken, stops every source and the cluster, waits for
// all of them, and closes the record. Each step has a fresh context with a limit,
// because the usual reason for Close is that the old context is done.
func (r *Runner) Close() error {
	r.mu.Lock()
	if r.closing {
		r.mu.Unlock()
		return nil
	}
	r.closing = true
	broken := r.owed
	r.mu.Unlock()

	var errs []error
	if broken {
		if err := r.heal(); err != nil {
			errs = append(errs, err)
		}
	}
	r.cancel()
	if err := r.last("waiting for what is under way", CloseLimit, func(context.Context) error { r.all.Wait(); return nil }); err != nil {
		errs = append(errs, err)
	}
	if err := r.last("stopping the cluster", stopLimit, r.cfg.Cluster.Stop); err != nil {
		errs = append(errs, err)
	}
	r.pump.Wait()
	return errors.Join(append(append(errs, r.closeRecord()...), r.lostUnheard())...)
}

// closeRecord writes what is still to be written. It has two limits, since what holds
// up the lines of the play need not hold up the last one.
func (r *Runner) closeRecord() []error {
	closed := make(chan error, 1)
	err := r.last("closing the record", recordLimit, func(ctx context.Context) error {
		short, cancel := context.WithTimeout(ctx, recordLimit/2)
		defer cancel()
		err := r.record.flush(short)
		r.finish(r.cfg.Now(), r.leftAs())
		closed <- r.record.close()
		return err
	})
	select {
	case failed := <-closed: // says what it is by itself
		return []error{err, failed}
	default:
		return []error{err}
	}
}

// leftAs is the last line of a run that did not reach its end.
func (r *Runner) leftAs() demo.RunFinished {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left
}

// Leave says how a talk that did not reach its end stands. Close writes it as the
// last line of the record.
func (r *Runner) Leave(b demo.RunFinished) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = b
}
