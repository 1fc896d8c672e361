package runner

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// How long an effect may take before it has failed, and how long Close may take
// to mend and to stop.
const (
	startLimit  = 45 * time.Minute // images may have to be pulled, and each step of a start has a limit of its own
	loadLimit   = 2 * time.Minute
	liftLimit   = time.Minute
	proveLimit  = 20 * time.Second
	verifyLimit = 2 * time.Minute
	thinkLimit  = 30 * time.Second
	closeLimit  = 30 * time.Second
	stopLimit   = 3 * time.Minute // longer than a Compose down may take
)

// FaultLimit bounds the doing of a fault. It is longer than the limits inside it,
// of which chaos.StopLimit is the longest: a store may take its time to end.
const FaultLimit = 90 * time.Second

// Runner performs one talk.
type Runner struct {
	cfg     Config
	ctx     context.Context
	cancel  context.CancelFunc
	hurried context.Context // done: Close waits for nothing any more
	hurry   context.CancelFunc
	events  *queue
	record  *recorder
	all     sync.WaitGroup // everything that Close waits for
	pump    sync.WaitGroup

	mu       sync.Mutex
	ready    *demo.ClusterReady // the cluster has been started
	play     int                // number of the play, 1 for the first
	plan     *demo.Plan         // the fault that is open
	owed     bool               // something was broken, or may have been, and is not mended
	done     *demo.Plan         // the fault that was done, open or not
	sealed   Sealed             // what was said before to be going to be done
	faultAt  time.Time
	latest   demo.Snapshot
	analyst  Analyst
	monitor  Monitor
	frozen   map[string]chan struct{} // by ticket: closed when its evidence is frozen
	workload Workload
	broken   map[string]bool // keys with a violation
	proving  sync.Mutex      // held while keys are read through a store that came back
	loading  *task           // the workload that runs
	watching *task           // the monitor that runs
	polling  *task           // the poller that runs
	starting sync.Mutex
	closing  bool
	finished bool
	left     demo.RunFinished // the last line of a record that the play did not end
}

// task is a goroutine with an end and somebody who waits for it.
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
	// The stagehands outlive the front end's context: what was broken is mended
	// in Close, after everybody else has gone.
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	hurried, hurry := context.WithCancel(context.WithoutCancel(ctx))
	r := &Runner{hurried: hurried, hurry: hurry, play: 1, cfg: cfg, ctx: runCtx, cancel: cancel, events: newQueue(), left: demo.RunFinished{Outcome: demo.OutcomeQuit}}
	r.record = newRecorder(j, func(err error) {
		r.events.put(runCtx, demo.Event{At: cfg.Now(), Body: demo.SourceFailed{Source: "record", Err: err.Error()}})
	})
	r.begin(j)
	r.pump.Go(func() { r.events.pump(runCtx) })
	return r, nil
}

// begin sets up what one play needs.
func (r *Runner) begin(j Journal) {
	analyst := r.cfg.Analyst()
	r.mu.Lock()
	r.analyst = analyst
	r.frozen = map[string]chan struct{}{}
	r.broken = map[string]bool{}
	r.plan, r.done, r.sealed, r.faultAt = nil, nil, Sealed{}, time.Time{}
	started := r.cfg.Started
	started.Seed += int64(r.play - 1) // as the plan's: another target in every round
	r.mu.Unlock()
	r.record.write(r.cfg.Now(), started)
	path := ""
	if p, ok := j.(interface{ Path() string }); ok {
		path = p.Path()
	}
	r.emit(r.cfg.Now(), 0, demo.RecordOpened{Path: path})
}

// Watch gives the events: what the sources see, and the answers to effects. It
// is closed by Close.
func (r *Runner) Watch() <-chan demo.Event { return r.events.out }

// emit sends what a source saw to the record and to the front end.
func (r *Runner) emit(at time.Time, step demo.Step, b demo.Body) {
	r.record.write(at, b)
	r.mu.Lock()
	play := r.play
	r.mu.Unlock()
	r.events.put(r.ctx, demo.Event{At: at, Step: step, Play: play, Body: b})
}

// spawn runs f until it returns or its task is stopped. A source that ends by
// itself with an error is told to the front end.
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

// Close mends what is broken, stops every source and the cluster, waits for
// all of it, and closes the record. It works on a fresh context with a limit,
// because the usual reason for Close is that the old one is gone.
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
	if err := r.last("waiting for what is under way", closeLimit, func(context.Context) error { r.all.Wait(); return nil }); err != nil {
		errs = append(errs, err)
	}
	if err := r.last("stopping the cluster", stopLimit, r.cfg.Cluster.Stop); err != nil {
		errs = append(errs, err)
	}
	r.pump.Wait()
	r.record.flush()
	r.finish(r.cfg.Now(), r.cutOff())
	if err := r.record.close(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// cutOff is the end of a run that nobody has ended. What was seen of the data
// counts all the same.
func (r *Runner) cutOff() demo.RunFinished {
	r.mu.Lock()
	defer r.mu.Unlock()
	end := r.left
	if lost := int64(len(r.broken)); lost > 0 {
		end.Outcome, end.Lost = demo.OutcomeFailed, max(end.Lost, lost)
	}
	return end
}

// Leave says how a play that did not come to its end stands, for the last line of
// the record, which Close writes.
func (r *Runner) Leave(b demo.RunFinished) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = b
}

// finish writes the last line of the record, once.
func (r *Runner) finish(at time.Time, b demo.RunFinished) {
	r.mu.Lock()
	first := !r.finished
	r.finished = true
	if len(b.LeftBroken) > 0 { // somebody did not wait: heal, or the next start, mends it
		r.owed = false
	}
	r.mu.Unlock()
	if first {
		r.record.write(at, b)
		r.record.seal()
	}
}
