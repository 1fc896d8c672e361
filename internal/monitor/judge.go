package monitor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// closeAfter OK verdicts in a row, one a second, close a ticket.
	closeAfter = 3
	// silentLong and silentPolls: the control plane is called unreachable when it
	// failed to answer for so long and so often. A change of its leader takes up
	// to 9 s; shorter silences are on the screen anyway.
	silentLong  = 3 * time.Second
	silentPolls = 2
	// badSeconds in a row make throughput or errors a ticket.
	badSeconds = 3
	// dropShare of the baseline, and badShare of failed operations.
	dropShare = 0.70
	badShare  = 0.05
	// learnSeconds of load make the baseline.
	learnSeconds = 5
	// foldFor is how long after a store_down ticket the workload's trouble is put
	// down to it.
	foldFor = 15 * time.Second
	// freshFor is how long a second of load, or a snapshot, says how things are.
	freshFor = 5 * time.Second
)

// ticket is one open cause.
type ticket struct {
	demo.TicketOpened
	first, last time.Time
	count       int
	good        int // OK verdicts in a row
}

// judge is the pure core: no clock, no goroutine.
type judge struct {
	nodes  map[string]*node
	open   map[string]*ticket // by invariant and target
	opened int
	out    []demo.Body

	snapshotAt  time.Time
	silentSince time.Time
	silentLooks int
	silentWhy   string

	loadAt     time.Time
	learned    []int64
	baseline   float64
	slow, sick int // seconds in a row
	lastLoad   demo.LoadSample
	foldUntil  time.Time
	judgedAt   time.Time
}

func newJudge() *judge {
	return &judge{nodes: map[string]*node{}, open: map[string]*ticket{}}
}

func (j *judge) node(name string) *node {
	n := j.nodes[name]
	if n == nil {
		n = &node{name: name, active: map[string]time.Time{}}
		j.nodes[name] = n
	}
	return n
}

func (j *judge) say(b demo.Body) { j.out = append(j.out, b) }

// take gives what the latest observation led to.
func (j *judge) take() []demo.Body {
	out := j.out
	j.out = nil
	return out
}

// loaded takes one second of the workload.
func (j *judge) loaded(at time.Time, s demo.LoadSample) {
	j.loadAt, j.lastLoad = at, s
	if j.baseline == 0 {
		if s.Errors > 0 {
			j.learned = nil
			return
		}
		if j.learned = append(j.learned, s.Ops); len(j.learned) == learnSeconds {
			slices.Sort(j.learned)
			j.baseline = float64(j.learned[learnSeconds/2])
		}
		return
	}
	j.slow, j.sick = j.slow+1, j.sick+1
	if float64(s.Ops) >= dropShare*j.baseline {
		j.slow = 0
	}
	if float64(s.Errors) <= badShare*float64(s.Ops+s.Errors) {
		j.sick = 0
	}
}

// tick is a moment at which nothing was observed but time has passed. Tickets
// are counted and closed here, once a second.
func (j *judge) tick(at time.Time) {
	for _, n := range j.nodes {
		if !n.lastErr.IsZero() && at.Sub(n.lastErr) > errorsQuiet {
			j.lower(n, demo.SignalClientErrors, fmt.Sprintf("no error for %s", errorsQuiet))
		}
	}
	j.judgeAll(at)
	if at.Sub(j.judgedAt) < time.Second {
		return
	}
	j.judgedAt = at
	for _, key := range slices.Sorted(maps.Keys(j.open)) {
		j.count(at, key, j.open[key])
	}
}

func (j *judge) count(at time.Time, key string, t *ticket) {
	verdict, _, _ := j.verdict(at, t.Invariant, t.Target)
	switch verdict {
	case Violated:
		t.last, t.good = at, 0
		t.count++
	case OK:
		if t.good++; t.good >= closeAfter {
			delete(j.open, key)
			j.say(demo.TicketClosed{
				ID: t.ID, Invariant: t.Invariant, Target: t.Target, Severity: t.Severity,
				Message:   fmt.Sprintf("held for %d looks in a row", closeAfter),
				FirstSeen: t.first, LastSeen: t.last, Count: t.count,
			})
		}
	}
}

// judgeAll opens a ticket for whatever is violated and has none.
func (j *judge) judgeAll(at time.Time) {
	for _, name := range slices.Sorted(maps.Keys(j.nodes)) {
		j.judgeOne(at, StoreDown, name, demo.SeverityCritical)
	}
	j.judgeOne(at, PDUnreachable, "pd", demo.SeverityCritical)
	j.judgeOne(at, ThroughputDrop, "workload", demo.SeverityWarning)
	j.judgeOne(at, ErrorRate, "workload", demo.SeverityWarning)
}

func (j *judge) judgeOne(at time.Time, invariant, target string, sev demo.Severity) {
	key := invariant + " " + target
	verdict, why, signals := j.verdict(at, invariant, target)
	if invariant == StoreDown && (verdict == Violated || j.open[key] != nil) {
		j.foldUntil = at.Add(foldFor)
	}
	if verdict != Violated || j.open[key] != nil {
		return
	}
	j.opened++
	t := &ticket{first: at, last: at, count: 1, TicketOpened: demo.TicketOpened{
		ID: fmt.Sprintf("T-%d", j.opened), Invariant: invariant, Target: target, Severity: sev, Message: why, Signals: signals,
	}}
	j.open[key] = t
	j.say(t.TicketOpened)
}

// verdict looks at one invariant.
func (j *judge) verdict(at time.Time, invariant, target string) (Verdict, string, []string) {
	switch invariant {
	case StoreDown:
		return j.storeDown(target)
	case PDUnreachable:
		return j.pdUnreachable(at)
	}
	if j.baseline == 0 || at.Sub(j.loadAt) > freshFor || at.Before(j.foldUntil) {
		return Unknown, "", nil // no load, or a store that is down explains it
	}
	if invariant == ThroughputDrop {
		if j.slow >= badSeconds {
			return Violated, fmt.Sprintf("%d ops/s, %.0f before", j.lastLoad.Ops, j.baseline), nil
		}
	} else if j.sick >= badSeconds {
		return Violated, fmt.Sprintf("%d of %d operations fail", j.lastLoad.Errors, j.lastLoad.Ops+j.lastLoad.Errors), nil
	}
	return OK, "", nil
}

// storeDown asks for two signals that agree on a node. One of them must be of
// the node itself: leaders move for many reasons, and errors with them.
func (j *judge) storeDown(name string) (Verdict, string, []string) {
	n := j.node(name)
	var agree []string
	own := false
	for _, s := range demo.SignalNames() {
		if _, on := n.active[s]; on {
			agree = append(agree, s)
			own = own || s == demo.SignalStatusProbe || s == demo.SignalHeartbeatAge || s == demo.SignalPDDisconnected
		}
	}
	switch {
	case len(agree) >= 2 && own:
		// in the order in which they came
		slices.SortStableFunc(agree, func(a, b string) int { return n.active[a].Compare(n.active[b]) })
		return Violated, fmt.Sprintf("%s does not serve: %s agree", name, strings.Join(agree, " and ")), agree
	case len(agree) > 0:
		return Unknown, "", agree
	}
	return OK, "", nil
}

func (j *judge) pdUnreachable(at time.Time) (Verdict, string, []string) {
	switch {
	case !j.silentSince.IsZero() && j.silentLooks >= silentPolls && at.Sub(j.silentSince) >= silentLong:
		return Violated, fmt.Sprintf("no answer for %.0f s: %s", at.Sub(j.silentSince).Seconds(), j.silentWhy), nil
	case !j.silentSince.IsZero() || j.snapshotAt.IsZero():
		return Unknown, "", nil
	}
	return OK, "", nil
}
