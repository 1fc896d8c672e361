package diagnose

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/safe"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

const (
	maxItems     = 32                     // pieces of evidence; the most telling come first
	maxItem      = 240                    // cells of one
	maxSuspects  = 5                      // nodes whose processes are looked at
	maxLogLines  = 5                      // of one node, as evidence
	keepLogLines = 40                     // of one node, for whoever asks
	askLimit     = 800 * time.Millisecond // for the answers of all status ports together
	// lookLimit is for all looks at processes and logs together. A Docker daemon on
	// a busy machine, which has just taken a container off its network, did not say
	// within 800 ms how it is: a store that was cut off was taken for a dead one.
	lookLimit   = 3 * time.Second
	onsetReach  = 30 * time.Second // symptoms older than this are another story
	quietBefore = time.Second      // before the first symptom things may have begun already
	baseline    = 12 * time.Second // of workload that counts as before
	calm        = 5 * time.Second  // of workload that is now, where there is no symptom
	fewErrors   = 3                // failed operations on a node that make it suspect
	clock       = "15:04:05.000"
)

// Freeze gives the evidence as it stands when a ticket opens. It looks at the
// processes of the suspects, within a limit of a few seconds, and at nothing that
// happens later.
func (w *Witness) Freeze(ctx context.Context, at time.Time, t demo.TicketOpened) Bundle {
	t.SinceFault = 0 // comes from chaos
	t.Target = text.Line(t.Target, maxWord)
	f := w.copyHistory(at)
	f.Bundle = Bundle{Ticket: t, At: at, Nodes: f.now.Nodes, Before: f.before.Nodes, Processes: map[string]ProcessFact{}, Logs: map[string][]string{}}
	for _, l := range f.loads {
		f.Loads = append(f.Loads, demo.LoadPoint{At: l.at, LoadSample: l.s})
	}
	suspects, looks := w.lookAround(ctx, f)
	for i, name := range suspects {
		f.addProcess(name, looks[i])
		f.addRestart(name)
	}
	for i, name := range suspects {
		f.addProbe(name, looks[i].asks)
		f.addService(name, looks[i])
		f.addClient(name)
		f.addControl(name)
	}
	f.addQuorum()
	f.addEnded()
	f.addLeaders()
	f.addControlPlane(suspects)
	f.addWorkload()
	if n := f.errors[""]; n.count > 0 {
		f.addClient("")
	}
	f.addCluster(f.before, ClusterWas)
	f.addCluster(f.now, ClusterIs)
	for i, name := range suspects {
		f.addLog(name, looks[i].log)
	}
	return f.Bundle
}

// frozen is a copy of the history with a bundle that is being made of it.
type frozen struct {
	Bundle
	key     string    // never part of it
	onset   time.Time // when the first symptom was seen
	before  demo.Snapshot
	now     demo.Snapshot
	loads   []seenLoad
	signals map[signalKey]seenSignal // those that last
	cleared map[signalKey]seenSignal // those that ended
	errors  map[string]nodeErrors

	restarts map[string]seenStart // of the latest moments
}

type nodeErrors struct {
	count  int
	byKind map[string]int
}

func (w *Witness) copyHistory(at time.Time) *frozen {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := &frozen{key: w.cfg.Key, onset: at, signals: map[signalKey]seenSignal{}, cleared: map[signalKey]seenSignal{}, errors: map[string]nodeErrors{}, restarts: map[string]seenStart{}}
	for k, s := range w.signals {
		switch {
		case at.Sub(s.last) > onsetReach && s.cleared:
		case s.cleared:
			f.cleared[k] = *s
		default:
			f.signals[k] = *s
			if s.first.Before(f.onset) && at.Sub(s.first) <= onsetReach {
				f.onset = s.first
			}
		}
	}
	for k, n := range w.errs {
		if k.second < f.onset.Add(-quietBefore).Unix() || k.second > at.Unix() {
			continue
		}
		e := f.errors[k.node]
		if e.byKind == nil {
			e.byKind = map[string]int{}
		}
		e.count += n
		e.byKind[k.kind] += n
		f.errors[k.node] = e
	}
	for name, s := range w.starts {
		if !s.was.IsZero() && !s.seen.After(at) && at.Sub(s.seen) <= onsetReach {
			f.restarts[name] = s
		}
	}
	for _, s := range w.snapshots {
		if !s.at.After(f.onset.Add(-quietBefore)) && s.s.Error == "" {
			f.before = s.s
		}
		if !s.at.After(at) {
			f.now = s.s
		}
	}
	for _, l := range w.loads {
		if !l.at.After(at) && at.Sub(l.at) < onsetReach+baseline {
			f.loads = append(f.loads, l)
		}
	}
	return f
}

// suspects lists the nodes that something speaks against, the ticket's target
// first, then by how much does.
func (f *frozen) suspects() []string {
	score := map[string]int{}
	for k := range f.signals {
		if k.name == demo.SignalStatusProbe { // the most direct of them
			score[k.target]++
		}
		score[k.target] += 2
	}
	for name := range f.restarts {
		score[name] += 2
	}
	for node, e := range f.errors {
		if e.count >= fewErrors {
			score[node] += 2
		}
	}
	for _, n := range f.now.Nodes {
		if n.Health != demo.HealthUp {
			score[n.Name]++
		}
		if n.Role == demo.RoleControl && f.now.Error != "" {
			score[n.Name]++
		}
	}
	score[f.Ticket.Target] += 100
	var names []string
	for name := range score {
		if _, ok := f.node(name); ok {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b)) })
	return names[:min(len(names), maxSuspects)]
}

// lookAround looks at the suspects and at every other store: one of which nobody
// has noticed anything yet may be gone all the same. It gives the suspects and
// those that are found in trouble.
func (w *Witness) lookAround(ctx context.Context, f *frozen) ([]string, []look) {
	names := f.suspects()
	suspected := len(names)
	for _, n := range f.now.Nodes {
		if n.Role == demo.RoleData && !slices.Contains(names, n.Name) {
			names = append(names, n.Name)
		}
	}
	var nodes []demo.Node
	for _, name := range names {
		n, _ := f.node(name)
		nodes = append(nodes, n)
	}
	looks := w.look(ctx, nodes)
	crowded(looks)
	kept := looks[:suspected:suspected]
	for i := suspected; i < len(looks) && len(kept) < maxSuspects; i++ {
		if looks[i].troubled() {
			names[len(kept)] = names[i]
			kept = append(kept, looks[i])
		}
	}
	return names[:len(kept)], kept
}

type look struct {
	fact       ProcessFact
	err        error
	log        []string
	asks       []ask
	served     *ask // of the port for clients; nil when it was not asked
	turnedAway bool
}

// ask is one question to a status port.
type ask struct {
	took time.Duration
	err  error
}

// asks is how often a status port is asked at once: where packets are lost, one
// question alone says little.
const asks = 4

// look looks at all suspects at once.
func (w *Witness) look(ctx context.Context, suspects []demo.Node) []look {
	asking, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	ctx, cancelLooks := context.WithTimeout(ctx, lookLimit)
	defer cancelLooks()
	looks := make([]look, len(suspects))
	var all safe.Group
	for i, n := range suspects {
		l := &looks[i]
		l.err = errNoLook
		all.Go(func() {
			if w.cfg.Process != nil {
				l.fact, l.err = w.cfg.Process(ctx, n.Name)
			}
			if w.cfg.Log != nil {
				l.log, _ = w.cfg.Log(ctx, n.Name) // an extra: without it there are fewer items
			}
		})
		if w.cfg.Serve != nil && n.Role == demo.RoleData && n.Address != "" {
			l.served = &ask{}
			all.Go(func() {
				from := time.Now()
				err := w.cfg.Serve(asking, n)
				*l.served, l.turnedAway = ask{time.Since(from), err}, err != nil && w.cfg.TurnedAway != nil && w.cfg.TurnedAway(err)
			})
		}
		if w.cfg.Ask == nil || n.StatusAddress == "" {
			continue
		}
		l.asks = make([]ask, asks)
		for k := range l.asks {
			all.Go(func() {
				from := time.Now()
				err := w.cfg.Ask(asking, n)
				l.asks[k] = ask{time.Since(from), err}
			})
		}
	}
	all.Wait()
	return looks
}

var errNoLook = errors.New("no look at processes")

// add numbers one piece of evidence. Past the limit it is dropped.
func (f *frozen) add(at time.Time, source string, fact Fact, words string) {
	if len(f.Items) >= maxItems {
		return
	}
	fact.N = len(f.Items) + 1
	f.Items = append(f.Items, demo.Evidence{N: fact.N, At: at, Source: source, Text: line(words, f.key, maxItem)})
	f.Facts = append(f.Facts, fact)
}
