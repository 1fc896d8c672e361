package monitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
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
	inbox chan func(*judge)

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
	return &Monitor{cfg: cfg, inbox: make(chan func(*judge), inboxSize), probing: map[string]int{}}
}

// Snapshot takes one look at the cluster's health. It never blocks.
func (m *Monitor) Snapshot(at time.Time, s demo.Snapshot) {
	m.put(func(j *judge) {
		m.nodes = m.nodes[:0]
		for _, n := range s.Nodes {
			if n.StatusAddress != "" {
				m.nodes = append(m.nodes, n)
			}
		}
		j.looked(at, s)
	})
}

// Load takes one second of the workload. It never blocks.
func (m *Monitor) Load(at time.Time, s demo.LoadSample) {
	m.put(func(j *judge) { j.loaded(at, s) })
}

// ClientError takes one operation of the workload that failed. It never blocks.
func (m *Monitor) ClientError(at time.Time, node, kind string) {
	m.put(func(j *judge) { j.clientError(at, node, kind) })
}

func (m *Monitor) put(f func(*judge)) {
	select {
	case m.inbox <- f:
	default:
	}
}

// Run watches until ctx is done, and waits for its probes.
func (m *Monitor) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var probes sync.WaitGroup
	defer probes.Wait()
	defer cancel()
	answers := make(chan func(*judge))
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	probe := time.NewTicker(m.cfg.ProbeEvery)
	defer probe.Stop()
	j := newJudge()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-probe.C:
			m.probe(ctx, j, &probes, answers)
		case f := <-m.inbox:
			m.hear(j, f)
		case f := <-answers:
			m.hear(j, f)
		case <-tick.C:
			m.hear(j, func(j *judge) { j.tick(m.cfg.Now()) })
		}
		for _, b := range j.take() {
			m.cfg.Emit(b)
		}
	}
}

// hear has the core look at the clocks before anything else: what is heard first
// after the machine slept may be a snapshot.
func (m *Monitor) hear(j *judge, f func(*judge)) {
	at := m.cfg.Now()
	j.clocks(at, at.Round(0)) // without Go's monotonic clock it is the time of day
	f(j)
	j.stir(m.cfg.Now())
}

// probe asks every node one more question, but for those that owe too many
// answers.
func (m *Monitor) probe(ctx context.Context, j *judge, wg *sync.WaitGroup, answers chan<- func(*judge)) {
	from := m.cfg.Now()
	for _, n := range m.nodes {
		if m.probing[n.Name] >= questionsAtOnce {
			continue
		}
		m.probing[n.Name]++
		j.asked(from, n.Name)
		wg.Go(func() {
			pctx, cancel := context.WithTimeout(ctx, m.cfg.ProbeTimeout)
			defer cancel()
			err := m.cfg.Probe(pctx, n)
			timeout := err != nil && errors.Is(pctx.Err(), context.DeadlineExceeded)
			at := m.cfg.Now()
			select {
			case answers <- func(j *judge) {
				m.probing[n.Name]--
				j.probed(at, n.Name, at.Sub(from), err, timeout)
			}:
			case <-ctx.Done():
			}
		})
	}
}
