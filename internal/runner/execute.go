package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Do executes one effect and returns when it is done. Its answers come by
// Watch, behind its progress events: an answer that was returned here could
// overtake them. Do may be called from several goroutines, and ends early when
// ctx or the runner does. Effects of a new play wait for its Reset: a cluster that
// was "started" before it kept the old monitor, which Reset then stopped.
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
	if r.record.await(ctx, e.Play) != nil {
		return
	}
	if endsWithPlay(e.Verb) {
		ctx, cancel = r.untilOver(ctx)
		defer cancel()
	}
	body, err := r.execute(ctx, e)
	if ctx.Err() != nil && err != nil {
		return // nobody waits for it
	}
	if err != nil {
		body = demo.EffectFailed{Effect: demo.NameOf(e.Verb), Err: err.Error()}
	}
	r.emit(r.cfg.Now(), e.Step, body)
}

// command executes an effect that has no answer.
func (r *Runner) command(v demo.Verb) {
	switch v := v.(type) {
	case demo.Record:
		r.record.write(v.At, v.Body)
	case demo.Reset:
		r.reset(v.Play)
	case demo.Finish:
		r.decided(v.At, v.Outcome)
	}
}

// execute runs an effect that has an answer.
func (r *Runner) execute(ctx context.Context, e demo.Effect) (demo.Body, error) {
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
		err = fmt.Errorf("unknown effect %T", v)
	}
	return body, err
}

// limited runs f within a time limit. The error says if the limit was the cause.
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

// startCluster starts the cluster once; a talk that starts again finds it
// running. Each round gets a new monitor.
func (r *Runner) startCluster(ctx context.Context, p Progress) (demo.Body, error) {
	r.starting.Lock()
	defer r.starting.Unlock()
	r.mu.Lock()
	ready := r.ready
	r.mu.Unlock()
	if ready == nil {
		coming := make(chan struct{})
		defer close(coming) // behind the answer, which stands then
		r.mu.Lock()
		r.coming = coming
		r.mu.Unlock()
		if r.cfg.HealthFirst {
			r.poll()
		}
		b, err := r.cfg.Cluster.Start(ctx, p)
		if err != nil {
			return nil, err
		}
		ready = &b
		if r.cfg.Regions != nil { // not before: only now is it known what the nodes are called
			r.spawn("region poller", func(ctx context.Context) error { return r.cfg.Regions.Run(ctx, r.sawRegions()) })
		}
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

// clusterIsUp waits for a start that is under way. Who forces the gate of the cluster's
// chapter asks for what needs a cluster before there is one.
func (r *Runner) clusterIsUp(ctx context.Context) error {
	r.mu.Lock()
	coming := r.coming
	r.mu.Unlock()
	if coming != nil {
		select {
		case <-coming:
		case <-ctx.Done():
			return fmt.Errorf("the cluster is not up yet: %w", ctx.Err())
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ready == nil {
		return errors.New("the cluster is not up, so there is nothing to load; go back and try its start again")
	}
	return nil
}

func (r *Runner) startLoad(ctx context.Context, p Progress) (demo.Body, error) {
	if err := r.clusterIsUp(ctx); err != nil {
		return nil, err
	}
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
	if ctx.Err() != nil { // the play has ended meanwhile
		return nil, ctx.Err()
	}
	r.workload = w
	r.loading = r.spawn("workload", func(ctx context.Context) error { return w.Run(ctx, r) })
	return demo.LoadStarted{Records: n}, nil
}

func (r *Runner) planFault() (demo.Body, error) {
	r.mu.Lock()
	s := r.latest
	r.mu.Unlock()
	plan, err := r.cfg.Chaos.Plan(s, r.record.inPlay()-1)
	if err != nil {
		return nil, err
	}
	r.seal(plan)
	return demo.FaultPlanned{Plan: plan}, nil
}

// inject carries out the plan. The fault's time is taken before the
// injection, so that the time to detect is never flattered. It is announced then
// too, so that its effects come later in the record. The time of a fault that the
// presenter injects by hand is known only afterwards.
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

// diagnose waits for the frozen evidence and asks for the cause. The answer is
// compared with the truth here, because only the runner knows it.
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
	answer.Correct = plan != nil && r.cfg.Scorer.Right(*plan, answer)
	return answer, nil
}

// outgoingKept is how much of what is sent is shown. What is really sent is a
// fraction of this.
const outgoingKept = 128 << 10

// capped cuts what is shown, and marks the cut.
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
	if err == nil && errors.Is(ctx.Err(), context.Canceled) {
		err = ctx.Err() // half a proof is none
	}
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
	r.proving.Lock() // reads through a store are finished first
	defer r.proving.Unlock()
	loading.stop()
	v, err := w.Verify(ctx, p)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// reset ends a round: the cluster and its poller stay, everything else goes. A
// record that cannot be opened does not keep the old round's state alive.
func (r *Runner) reset(play int) {
	r.starting.Lock() // the new monitor starts after the old one has ended
	defer r.starting.Unlock()
	r.mu.Lock()
	loading, watching := r.loading, r.watching
	r.loading, r.watching, r.workload = nil, nil, nil
	r.mu.Unlock()
	loading.stop()
	r.proving.Lock() // what it still finds belongs to the old round
	defer r.proving.Unlock()
	watching.stop()
	j, err := r.cfg.Journal()
	if err != nil {
		j = noJournal{}
	}
	lost, wrong := r.lostUnheard(), r.firstWrong()
	r.begin(j, play)
	if lost != nil { // the play that has ended hears no more of it, and a loop is to stop there
		r.violated(r.cfg.Now(), wrong)
	}
	if err != nil {
		r.emit(r.cfg.Now(), 0, demo.SourceFailed{Source: "record", Err: err.Error()})
	}
}

// noJournal takes the place of a record that could not be opened.
type noJournal struct{}

func (noJournal) Write(time.Time, demo.Body) error { return nil }
func (noJournal) Close() error                     { return nil }
