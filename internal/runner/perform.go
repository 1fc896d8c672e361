package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Do performs one effect and returns when it is done. Its answers come by
// Watch, behind what the effect said on its way: were the last one handed back
// here, it could overtake them. It may be called from several goroutines, and
// ends early when ctx or the runner does.
func (r *Runner) Do(ctx context.Context, e demo.Effect) {
	r.mu.Lock()
	if r.closing {
		r.mu.Unlock()
		return
	}
	r.all.Add(1)
	r.mu.Unlock()
	defer r.all.Done()
	defer r.caught(fmt.Sprintf("the effect %T", e.Verb))

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()

	if e.Step == 0 {
		r.record.inOrder(ctx, e.Line, func() { r.command(e.Verb) })
		return
	}
	body, err := r.perform(ctx, e)
	if ctx.Err() != nil && err != nil {
		return // nobody waits for it any more
	}
	if err != nil {
		body = demo.EffectFailed{Effect: demo.NameOf(e.Verb), Err: err.Error()}
	}
	r.emit(r.cfg.Now(), e.Step, body)
}

// command performs what has no answer.
func (r *Runner) command(v demo.Verb) {
	switch v := v.(type) {
	case demo.Record:
		r.record.write(v.At, v.Body)
	case demo.Reset:
		r.reset(v.Play)
	case demo.Finish:
		r.finish(v.At, v.Outcome)
	}
}

// perform does what answers.
func (r *Runner) perform(ctx context.Context, e demo.Effect) (demo.Body, error) {
	progress := func(text string, done, total int64) {
		r.emit(r.cfg.Now(), e.Step, demo.Progressed{Text: text, Done: done, Total: total})
	}
	var body demo.Body
	var err error
	switch v := e.Verb.(type) {
	case demo.Wait:
		body, err = wait(ctx, v.For)
	case demo.StartCluster:
		body, err = limited(ctx, startLimit, func(ctx context.Context) (demo.Body, error) { return r.startCluster(ctx, progress) })
	case demo.StartLoad:
		body, err = limited(ctx, loadLimit, func(ctx context.Context) (demo.Body, error) { return r.startLoad(ctx, progress) })
	case demo.PlanFault:
		body, err = r.planFault()
	case demo.InjectFault:
		body, err = limited(ctx, FaultLimit, func(ctx context.Context) (demo.Body, error) { return r.inject(ctx, v.Plan) })
	case demo.LiftFault:
		body, err = limited(ctx, liftLimit, func(ctx context.Context) (demo.Body, error) { return r.lift(ctx, v.Plan, v.By) })
	case demo.Act:
		body, err = limited(ctx, liftLimit, func(ctx context.Context) (demo.Body, error) { return r.act(ctx, v) })
	case demo.Diagnose:
		body, err = limited(ctx, thinkLimit, func(ctx context.Context) (demo.Body, error) { return r.diagnose(ctx, e.Step, v.Ticket) })
	case demo.OpenSeal:
		body = r.open(v)
	case demo.Prove:
		body, err = limited(ctx, proveLimit, func(ctx context.Context) (demo.Body, error) { return r.prove(ctx, v.Stores) })
	case demo.Verify:
		body, err = limited(ctx, verifyLimit, func(ctx context.Context) (demo.Body, error) { return r.verify(ctx, progress) })
	default:
		err = fmt.Errorf("the runner does not know how to perform %T", v)
	}
	return body, err
}

// limited performs f within a time limit and says so when it was that.
func limited(ctx context.Context, limit time.Duration, f func(context.Context) (demo.Body, error)) (demo.Body, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b, err := f(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("not done within %s: %w", limit, err)
	}
	return b, err
}

func wait(ctx context.Context, d time.Duration) (demo.Body, error) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return demo.Waited{}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// startCluster starts the cluster once; a talk that begins again finds it
// running. The monitor starts with it, fresh for each play.
func (r *Runner) startCluster(ctx context.Context, p Progress) (demo.Body, error) {
	r.starting.Lock()
	defer r.starting.Unlock()
	r.mu.Lock()
	ready := r.ready
	r.mu.Unlock()
	if ready == nil {
		if r.cfg.HealthFirst {
			r.poll()
		}
		b, err := r.cfg.Cluster.Start(ctx, p)
		if err != nil {
			return nil, err
		}
		ready = &b
	}
	r.mu.Lock()
	r.ready = ready
	if r.watching == nil {
		r.monitor = r.cfg.Monitor(r.monitored)
		r.watching = r.spawn("monitor", r.monitor.Run)
	}
	r.mu.Unlock()
	r.poll()
	return *ready, nil
}

// poll starts the poller of the cluster's health, once.
func (r *Runner) poll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.polling == nil {
		r.polling = r.spawn("health poller", func(ctx context.Context) error { return r.cfg.Health.Run(ctx, r.sawHealth) })
	}
}

func (r *Runner) startLoad(ctx context.Context, p Progress) (demo.Body, error) {
	w, err := r.cfg.Workload(r.violated)
	if err != nil {
		return nil, err
	}
	n, err := w.Prepare(ctx, p)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.workload = w
	r.loading = r.spawn("workload", func(ctx context.Context) error { return w.Run(ctx, r) })
	return demo.LoadStarted{Records: n}, nil
}

func (r *Runner) planFault() (demo.Body, error) {
	r.mu.Lock()
	s, round := r.latest, r.play-1
	r.mu.Unlock()
	plan, err := r.cfg.Chaos.Plan(s, round)
	if err != nil {
		return nil, err
	}
	r.seal(plan)
	return demo.FaultPlanned{Plan: plan}, nil
}

// inject performs the plan. The fault's time is from before it is done, so that
// no time to detect is flattered, and it is announced then: what it causes comes
// later in the record too. What the presenter does by hand happens at a moment
// that is only known afterwards.
func (r *Runner) inject(ctx context.Context, plan demo.Plan) (demo.Body, error) {
	at := r.cfg.Now()
	r.mu.Lock()
	r.plan, r.owed = &plan, !plan.Nothing()
	r.mu.Unlock()
	if !plan.ByHand {
		r.begun(at, plan, demo.ByDemo)
	}
	before, err := r.cfg.Chaos.Inject(ctx, plan)
	if err != nil {
		return nil, err
	}
	if plan.ByHand {
		r.begun(before, plan, demo.ByPresenter)
	}
	r.mu.Lock()
	r.done = &plan
	r.mu.Unlock()
	return demo.FaultConfirmed{Fault: plan.Fault, Target: plan.Target, SinceFault: r.sinceFault(r.cfg.Now())}, nil
}

// begun announces a fault.
func (r *Runner) begun(at time.Time, plan demo.Plan, by string) {
	r.mu.Lock()
	r.faultAt = at
	r.mu.Unlock()
	r.emit(at, 0, demo.FaultInjected{Plan: plan, By: by})
}

// diagnose waits for the frozen evidence and asks for the cause. Whether the
// answer is the truth is decided here, where the truth is known.
func (r *Runner) diagnose(ctx context.Context, step demo.Step, t demo.TicketOpened) (demo.Body, error) {
	if t.ID == "" {
		r.freeze(r.cfg.Now(), t)
	}
	r.mu.Lock()
	ready, analyst, plan := r.frozen[t.ID], r.analyst, r.plan
	r.mu.Unlock()
	if ready == nil {
		return nil, fmt.Errorf("no evidence was frozen for %s", t.ID)
	}
	select {
	case <-ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	from := r.cfg.Now()
	r.emit(from, 0, capped(analyst.Outgoing(t.ID)))
	answer, err := analyst.Diagnose(ctx, t.ID, func(b demo.Body) { r.emit(r.cfg.Now(), step, b) })
	if err != nil {
		return nil, err
	}
	answer.Took = demo.Millis(r.cfg.Now().Sub(from))
	answer.Terms = r.cfg.Actions.Terms(answer.Action, answer.FaultType)
	answer.Correct = plan != nil && answer.Component == plan.Target && answer.FaultType == plan.FaultType
	return answer, nil
}

// outgoingKept is what is shown of what is sent; the whole of it is a fraction.
const outgoingKept = 128 << 10

// capped cuts what is shown, and says so where it is cut.
func capped(o demo.OutgoingSeen) demo.OutgoingSeen {
	if len(o.Text) > outgoingKept {
		o.Text = strings.ToValidUTF8(o.Text[:outgoingKept], "") + fmt.Sprintf("\n… and %d bytes more", len(o.Text)-outgoingKept)
	}
	return o
}

func (r *Runner) prove(ctx context.Context, stores []string) (demo.Body, error) {
	r.mu.Lock()
	w := r.workload
	r.mu.Unlock()
	if w == nil {
		return nil, errors.New("there is no workload, so nothing can be read through the stores that came back")
	}
	r.proving.Lock()
	defer r.proving.Unlock()
	b, err := w.Prove(ctx, stores)
	if err != nil {
		return nil, err
	}
	return b, nil
}

func (r *Runner) verify(ctx context.Context, p Progress) (demo.Body, error) {
	r.mu.Lock()
	w, loading := r.workload, r.loading
	r.loading = nil
	r.mu.Unlock()
	if w == nil {
		return nil, errors.New("there was no workload, so there is nothing to verify")
	}
	r.proving.Lock() // what is being read through a store is read to the end
	defer r.proving.Unlock()
	loading.stop()
	v, err := w.Verify(ctx, p)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// reset ends a play: the cluster and its poller stay, everything else goes. A
// record that cannot be opened is no reason to keep the old play's state.
func (r *Runner) reset(play int) {
	r.starting.Lock() // the new play's monitor is not started before the old one's has ended
	defer r.starting.Unlock()
	r.mu.Lock()
	loading, watching := r.loading, r.watching
	r.loading, r.watching, r.workload = nil, nil, nil
	r.mu.Unlock()
	loading.stop()
	r.proving.Lock() // what it still finds is the old play's
	defer r.proving.Unlock()
	watching.stop()
	j, err := r.cfg.Journal()
	if err != nil {
		j = noJournal{}
	}
	r.record.replace(j)
	r.mu.Lock()
	r.finished, r.play = false, play
	r.mu.Unlock()
	r.begin(j)
	if err != nil {
		r.emit(r.cfg.Now(), 0, demo.SourceFailed{Source: "record", Err: err.Error()})
	}
}

// noJournal takes the place of a record that could not be opened.
type noJournal struct{}

func (noJournal) Write(time.Time, demo.Body) error { return nil }
func (noJournal) Close() error                     { return nil }
