package runner

import (
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Every source reports to the runner. The runner passes observations on to the
// monitor and the analyst, and as events to the record and the front end.

// sawHealth takes one snapshot of the cluster's health.
func (r *Runner) sawHealth(at time.Time, s demo.Snapshot) {
	r.mu.Lock()
	r.latest = s
	m, a := r.monitor, r.analyst
	r.mu.Unlock()
	if m != nil { // nil until the cluster is started
		m.Snapshot(at, s)
	}
	a.Snapshot(at, s)
	r.emit(at, 0, demo.HealthSeen{Snapshot: s})
}

// sawRegions gives what takes the looks at the regions. The record gets those
// that found something new; the screen also wants to know how old a look is.
func (r *Runner) sawRegions() func(time.Time, demo.RegionMap) {
	var written demo.RegionMap
	inPlay := 0
	return func(at time.Time, m demo.RegionMap) {
		play := r.record.inPlay()
		b := demo.RegionsSeen{RegionMap: m}
		if play != inPlay || !m.Same(written) {
			inPlay, written = play, m
			r.record.write(at, b)
		}
		r.events.put(r.ctx, demo.Event{At: at, Play: play, Body: b})
	}
}

// Load takes one second of the workload.
func (r *Runner) Load(at time.Time, s demo.LoadSample) {
	m, a := r.observers()
	m.Load(at, s)
	a.Load(at, s)
	r.emit(at, 0, demo.LoadSeen{LoadSample: s})
}

// ClientError takes one failed operation. It is counted in the sample of its
// second too; only the monitor and the analyst need it sooner.
func (r *Runner) ClientError(at time.Time, node, kind string) {
	m, a := r.observers()
	m.ClientError(at, node, kind)
	a.ClientError(at, node, kind)
}

func (r *Runner) observers() (Monitor, Analyst) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.monitor, r.analyst
}

// monitored takes what the monitor reports and adds the time since the fault,
// which the monitor does not know.
func (r *Runner) monitored(b demo.Body) {
	at := r.cfg.Now()
	since := r.sinceFault(at)
	switch v := b.(type) {
	case demo.SignalSeen:
		v.SinceFault = since
		r.mu.Lock()
		a := r.analyst
		r.mu.Unlock()
		a.Signal(at, v)
		b = v
	case demo.TicketOpened:
		v.SinceFault = since
		r.freeze(at, v)
		b = v
	case demo.TicketClosed:
		v.SinceFault = since
		b = v
	}
	r.emit(at, 0, b)
}

func (r *Runner) sinceFault(at time.Time) demo.Millis {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faultAt.IsZero() {
		return 0
	}
	return demo.Millis(at.Sub(r.faultAt))
}

// freeze keeps the evidence as it is when the ticket opens.
func (r *Runner) freeze(at time.Time, t demo.TicketOpened) {
	done := make(chan struct{})
	r.mu.Lock()
	r.frozen[t.ID] = done
	a := r.analyst
	r.mu.Unlock()
	r.all.Go(func() {
		defer close(done)
		defer r.caught("freezing the evidence")
		a.Freeze(r.ctx, at, t)
	})
}

// violated takes a read that returned a value which the store must not return. It
// is in the record before anything else is done about it.
func (r *Runner) violated(at time.Time, v demo.Violation) {
	r.mu.Lock()
	if len(r.broken) == 0 {
		r.wrong = v
	}
	r.broken[v.Key] = true
	r.mu.Unlock()
	r.emit(at, 0, v)
}
