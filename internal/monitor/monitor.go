package monitor

import (
	"context"
	"errors"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

const (
	defaultProbeEvery = 150 * time.Millisecond
	// defaultProbeTimeout leaves room for a line that is 300 ms slow each way, and
	// for a machine that is busy.
	defaultProbeTimeout = time.Second
	// questionsAtOnce to one node: one is asked while others wait, so that a node
	// that answers late is told from one that does not.
	questionsAtOnce = 8
	tickEvery       = 100 * time.Millisecond
	// observations that wait for the monitor. Beyond that the newest is dropped:
	// a flood of client errors says nothing that the first hundred did not.
	inboxSize = 1024
)

// Monitor runs the core: it asks status ports, hears observations, and emits.
type Monitor struct {
	cfg   Config
	inbox chan func(*detector)

	probing map[string]int // questions under way, by node; owned by Run
	nodes   []demo.Node    // to be probed; owned by Run
}

// New makes a monitor that has seen nothing.
func New(cfg Config) *Monitor {
	if cfg.ProbeEvery == 0 {
		cfg.ProbeEvery = defaultProbeEvery
	}
	if cfg.ProbeTimeout == 0 {
		cfg.ProbeTimeout = defaultProbeTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Monitor{cfg: cfg, inbox: make(chan func(*detector), inboxSize), probing: map[string]int{}}
}

// Snapshot takes one look at the cluster's health. It never blocks.
func (m *Monitor) Snapshot(at time.Time, s demo.Snapshot) {
	m.put(func(d *detector) {
		m.nodes = m.nodes[:0]
		for _, n := range s.Nodes {
			if n.StatusAddress != "" {
				m.nodes = append(m.nodes, n)
			}
		}
		d.looked(at, s)
	})
}

// Load takes one second of the workload. It never blocks.
func (m *Monitor) Load(at time.Time, s demo.LoadSample) {
	m.put(func(d *detector) { d.loaded(at, s) })
}

// ClientError takes one operation of the workload that failed. It never blocks.
func (m *Monitor) ClientError(at time.Time, node, kind string) {
	m.put(func(d *detector) { d.clientError(at, node, kind) })
}

func (m *Monitor) put(f func(*detector)) {
	select {
	case m.inbox <- f:
	default:
	}
}

// Run watches until ctx is done, and waits for its probes.
func (m *Monitor) Run(ctx context.Context) error {
	probes, ctx := safe.Within(ctx)
	defer probes.Wait()
	defer probes.Stop()
	answers := make(chan func(*detector))
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	probe := time.NewTicker(m.cfg.ProbeEvery)
	defer probe.Stop()
	d := newDetector()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-probe.C:
			m.probe(ctx, d, probes, answers)
		case f := <-m.inbox:
			m.hear(d, f)
		case f := <-answers:
			m.hear(d, f)
		case <-tick.C:
			m.hear(d, func(d *detector) { d.tick(m.cfg.Now()) })
		}
		for _, b := range d.take() {
			m.cfg.Emit(b)
		}
	}
}

// hear has the core look at the clocks before anything else: what is heard first
// after the machine slept may be a snapshot.
func (m *Monitor) hear(d *detector, f func(*detector)) {
	at := m.cfg.Now()
	d.clocks(at, at.Round(0)) // without Go's monotonic clock it is the time of day
	f(d)
	d.evaluatePending(m.cfg.Now())
}

// probe asks the nodes whose turn it is one more question, but for those that owe
// too many answers.
func (m *Monitor) probe(ctx context.Context, d *detector, wg *safe.Group, answers chan<- func(*detector)) {
	from := m.cfg.Now()
	for _, n := range d.toAsk(from, m.nodes) {
		if m.probing[n.Name] >= questionsAtOnce {
			continue
		}
		m.probing[n.Name]++
		d.asked(from, n.Name)
		wg.Go(func() {
			pctx, cancel := context.WithTimeout(ctx, m.cfg.ProbeTimeout)
			defer cancel()
			err := m.cfg.Probe(pctx, n)
			timeout := err != nil && errors.Is(pctx.Err(), context.DeadlineExceeded)
			at := m.cfg.Now()
			select {
			case answers <- func(d *detector) {
				m.probing[n.Name]--
				d.probed(at, n.Name, at.Sub(from), err, timeout)
			}:
			case <-ctx.Done():
			}
		})
	}
}
