package diagnose

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// How much a Witness remembers, by number and by age.
const (
	keepSnapshots = 64
	keepLoads     = 120
	keepSignals   = 256  // targets times names; more targets than that are not shown either
	keepErrorKeys = 4096 // nodes times kinds times seconds
	keepFor       = 2 * time.Minute
	maxWord       = 80  // cells of a name, a kind or a state
	maxDetail     = 160 // cells of an observer's own words
)

// ProcessFact is what a look at a node's process or container shows. It has no
// place for an environment or a command line: secrets live there.
type ProcessFact struct {
	Running   bool
	Stopped   bool          // it exists and does not run: SIGSTOP, docker pause
	Frozen    bool          // its control group is frozen
	Stuck     bool          // it waits in the kernel and executed nothing while it was looked at
	Stutters  float64       // share of the looks at which it was stopped, where it was at some and not at others
	Executes  int           // how often it got a processor while it was looked at; 0 where that is not known
	Ran       time.Duration // while it was looked at
	Waited    time.Duration // for a processor, while it was looked at
	Throttled bool          // its control group used its quota of the processor up meanwhile
	Crowded   bool          // others waited as long: that is the machine's
	OOMKilled bool          // the kernel ended it for want of memory
	CutOff    bool          // its container is on no network
	What      string        // "process 4711", a container's id
	Exit      string        // how it ended: "signal: killed", "exit status 137"
	Since     time.Time     // of the state; zero when nobody knows
}

// Config is what a Witness may look at when a ticket opens. All may be empty.
type Config struct {
	// Key is taken out of whatever was observed. Other keys are known by their
	// shapes; this one is known.
	Key string
	// Process looks at the process or container of a node.
	Process func(ctx context.Context, name string) (ProcessFact, error)
	// Ask asks a node's status port whether it serves; nil when it does.
	Ask func(ctx context.Context, n demo.Node) error
	// Serve asks a node's port for clients; nil when it takes them, and an error
	// for which TurnedAway holds when it refuses them.
	Serve      func(ctx context.Context, n demo.Node) error
	TurnedAway func(error) bool
	// Log gives the last lines of a node's log, oldest first.
	Log func(ctx context.Context, name string) ([]string, error)
}

// Witness keeps a bounded, rolling history of what was observed. All methods
// may be called from any goroutine; none but Freeze waits for anything.
type Witness struct {
	cfg Config

	mu        sync.Mutex
	snapshots []seenSnapshot
	loads     []seenLoad
	signals   map[signalKey]*seenSignal
	errs      map[errorKey]int
	starts    map[string]seenStart // by node
}

// seenStart is when a node says that it started.
type seenStart struct {
	is, was time.Time // was is zero while it was not started again
	seen    time.Time // when is was seen first
}

type seenSnapshot struct {
	at time.Time
	s  demo.Snapshot
}

type seenLoad struct {
	at time.Time
	s  demo.LoadSample
}

type signalKey struct{ name, target string }

// seenSignal is a symptom that lasts, or (cleared) has ended.
type seenSignal struct {
	first, last time.Time
	count       int
	detail      string
	cleared     bool
}

type errorKey struct {
	second     int64
	node, kind string
}

// NewWitness makes a Witness that has seen nothing.
func NewWitness(cfg Config) *Witness {
	return &Witness{cfg: cfg, signals: map[signalKey]*seenSignal{}, errs: map[errorKey]int{}, starts: map[string]seenStart{}}
}

// Snapshot takes one look at the cluster's health.
func (w *Witness) Snapshot(at time.Time, s demo.Snapshot) {
	s.Error = line(s.Error, w.cfg.Key, maxDetail)
	s.Nodes = slices.Clone(s.Nodes)
	for i := range s.Nodes {
		n := &s.Nodes[i]
		n.Name, n.State = text.Line(n.Name, maxWord), text.Line(n.State, maxWord)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.snapshots = last(append(w.snapshots, seenSnapshot{at, s}), keepSnapshots)
	for _, n := range s.Nodes {
		w.started(at, n)
	}
}

// started notes when a node says that it started.
func (w *Witness) started(at time.Time, n demo.Node) {
	s, known := w.starts[n.Name]
	switch {
	case n.StartedAt.IsZero() || !known && len(w.starts) >= keepSignals:
	case !known:
		w.starts[n.Name] = seenStart{is: n.StartedAt, seen: at}
	case n.StartedAt.After(s.is):
		w.starts[n.Name] = seenStart{is: n.StartedAt, was: s.is, seen: at}
	}
}

// Load takes one second of the workload.
func (w *Witness) Load(at time.Time, s demo.LoadSample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loads = last(append(w.loads, seenLoad{at, s}), keepLoads)
}

// Signal takes one symptom, or its end. The time since the fault, which the
// runner adds for the record, is not looked at: it comes from chaos.
func (w *Witness) Signal(at time.Time, s demo.SignalSeen) {
	key := signalKey{s.Name, text.Line(s.Target, maxWord)}
	w.mu.Lock()
	defer w.mu.Unlock()
	seen, ok := w.signals[key]
	if !ok || seen.cleared != s.Cleared {
		if !ok && len(w.signals) >= keepSignals {
			return
		}
		seen = &seenSignal{first: at, cleared: s.Cleared}
		w.signals[key] = seen
	}
	seen.last, seen.count = at, seen.count+1
	if s.Detail != "" {
		seen.detail = line(s.Detail, w.cfg.Key, maxDetail)
	}
}

// ClientError takes one operation of the workload that failed. node is "" when
// it is not known.
func (w *Witness) ClientError(at time.Time, node, kind string) {
	key := errorKey{at.Unix(), text.Line(node, maxWord), text.Line(kind, maxWord)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.errs[key]; !ok && len(w.errs) >= keepErrorKeys {
		w.forgetErrors(at)
		if len(w.errs) >= keepErrorKeys {
			return
		}
	}
	w.errs[key]++
}

// forgetErrors drops the seconds that are too old.
func (w *Witness) forgetErrors(now time.Time) {
	for k := range w.errs {
		if k.second < now.Add(-keepFor).Unix() {
			delete(w.errs, k)
		}
	}
}

func last[T any](s []T, n int) []T {
	if len(s) > n {
		return slices.Clone(s[len(s)-n:])
	}
	return s
}
