package monitor

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// freshFor is how long a second of load says how things are, and staleAfter
	// how long a snapshot does.
	freshFor   = 5 * time.Second
	staleAfter = 15 * time.Second
	// A tick that comes lateTick after the one before it says that this machine
	// does not keep up; for busyFor after it the workload's figures are put down
	// to that. It is overloaded, and the presenter is told so, when the ticks of
	// lagWindow are late by lagMost together, none counting for more than tickEvery.
	// Seen on 2 cores: late by 30 ms in 2 s at rest, and by 150 to 800 ms in each
	// second with 20 busy loops, which took 99% of the throughput.
	lateTick  = 250 * time.Millisecond
	busyFor   = 5 * time.Second
	lagWindow = 2 * time.Second
	lagMost   = 150 * time.Millisecond
	// breathFor without that, and it keeps up again: with other work beside it, this
	// was said 20 times in 7 minutes when 5 s were enough.
	breathFor = 20 * time.Second
	// clockJump apart, and the clocks say that the machine slept or was set right;
	// ticks come every 100 ms, so that one after standstill says that it stood still.
	clockJump  = time.Second
	standstill = 5 * time.Second
)

// judge is the pure core: no clock, no goroutine.
type judge struct {
	nodes   map[string]*node
	byRole  map[demo.Role][]*node // by name; nil when it is to be made again
	stirred bool                  // a signal was raised since the last judgement
	out     []demo.Body

	incidents
	control
	workload
	regions

	heardAt   time.Time // when anything was heard last, and the time of day then
	wallAt    time.Time
	tickAt    time.Time
	busyUntil time.Time
	lags      []lag // of the ticks within lagWindow
	laggedAt  time.Time
	overload  bool // and it was said
	judgedAt  time.Time
}

func newJudge() *judge {
	return &judge{nodes: map[string]*node{}, incidents: newIncidents(), regions: newRegions()}
}

func (j *judge) node(name string) *node {
	n := j.nodes[name]
	if n == nil {
		n = &node{name: name, active: map[string]time.Time{}}
		j.nodes[name], j.byRole = n, nil
	}
	return n
}

// of lists the nodes of a role by name. One that is known only by its errors
// holds data: nothing else serves clients.
func (j *judge) of(role demo.Role) []*node {
	if j.byRole == nil {
		j.byRole = map[demo.Role][]*node{}
		for _, name := range slices.Sorted(maps.Keys(j.nodes)) {
			is := demo.RoleData
			if j.nodes[name].view.Role == demo.RoleControl {
				is = demo.RoleControl
			}
			j.byRole[is] = append(j.byRole[is], j.nodes[name])
		}
	}
	return j.byRole[role]
}

func (j *judge) say(b demo.Body) { j.out = append(j.out, b) }

// take gives what the latest observation led to.
func (j *judge) take() []demo.Body {
	out := j.out
	j.out = nil
	return out
}

// clocks takes the time of day beside at, which goes by a clock that stands
// still while the machine sleeps. Where one went further than the other, the
// machine slept or somebody set its clock; where nothing was heard for long, it
// stood still. What the control plane remembers of heartbeats is old then.
func (j *judge) clocks(at, wall time.Time) {
	if !j.heardAt.IsZero() {
		went, day := at.Sub(j.heardAt), wall.Sub(j.wallAt)
		if (day-went).Abs() >= clockJump || went >= standstill {
			j.newAt = at
		}
	}
	j.heardAt, j.wallAt = at, wall
}

// tick is a moment at which nothing was observed but time has passed. Tickets
// are counted and closed here, once a second.
func (j *judge) tick(at time.Time) {
	j.pulse(at)
	for _, n := range j.nodes {
		if !n.lastErr.IsZero() && at.Sub(n.lastErr) > errorsQuiet {
			j.lower(n, demo.SignalClientErrors, fmt.Sprintf("no error for %s", errorsQuiet))
		}
	}
	j.judgeProbes(at)
	j.judgeAll(at)
	if at.Sub(j.judgedAt) < time.Second {
		return
	}
	j.judgedAt = at
	j.countTickets(at)
}

// lag is by how much a tick came late.
type lag struct {
	at time.Time
	by time.Duration
}

// pulse measures by its own ticks whether this machine keeps up.
func (j *judge) pulse(at time.Time) {
	if j.tickAt.IsZero() {
		j.tickAt = at
		return
	}
	gap := at.Sub(j.tickAt)
	j.tickAt = at
	j.lags = append(j.lags, lag{at, min(max(0, gap-tickEvery), tickEvery)})
	for at.Sub(j.lags[0].at) > lagWindow {
		j.lags = j.lags[1:]
	}
	var sum time.Duration
	for _, l := range j.lags {
		sum += l.by
	}
	if gap > lateTick {
		j.busyUntil = at.Add(busyFor)
	}
	if sum >= lagMost {
		j.laggedAt = at
	}
	switch {
	case sum >= lagMost && !j.overload:
		j.overload = true
		j.say(demo.SignalSeen{Name: demo.SignalOverload, Detail: fmt.Sprintf("its clock ticks %d ms late in %.0f s", sum.Milliseconds(), lagWindow.Seconds())})
	case j.overload && at.Sub(j.laggedAt) >= breathFor:
		j.overload = false
		j.say(demo.SignalSeen{Name: demo.SignalOverload, Cleared: true})
	}
}

// stir judges at once when a signal was raised; everything else has time until
// the next tick.
func (j *judge) stir(at time.Time) {
	if j.stirred {
		j.judgeAll(at)
	}
}

func (j *judge) busy(at time.Time) bool { return j.overload || at.Before(j.busyUntil) }

// judgeAll opens a ticket for whatever is violated and has none: roots first, so
// that what they explain finds them.
func (j *judge) judgeAll(at time.Time) {
	j.stirred = false
	for _, n := range j.of(demo.RoleControl) {
		j.judgeOne(at, PDMemberDown, n.name)
	}
	j.judgeOne(at, NoPDLeader, j.pdName())
	j.judgeOne(at, PDUnreachable, j.pdName())
	for _, n := range j.of(demo.RoleData) {
		j.judgeOne(at, StoreDown, n.name)
		j.judgeOne(at, StoreSlow, n.name)
		j.judgeOne(at, LowDisk, n.name)
	}
	j.judgeOne(at, RegionWithoutLeader, targetRegions)
	j.judgeOne(at, UnderReplicated, targetRegions)
	j.judgeOne(at, ThroughputDrop, targetWorkload)
	j.judgeOne(at, ErrorRate, targetWorkload)
	j.judgeOne(at, HighLatency, targetWorkload)
}

func (j *judge) judgeOne(at time.Time, invariant, target string) {
	if f := j.verdict(at, invariant, target); f.verdict == Violated {
		j.violated(at, invariant, target, f)
	}
}

// finding is an invariant at one moment.
type finding struct {
	verdict  Verdict
	why      string
	signals  []string // those that agree
	severity demo.Severity
}

var (
	unknown = finding{verdict: Unknown}
	holds   = finding{verdict: OK}
)

func violation(sev demo.Severity, why string, signals ...string) finding {
	return finding{Violated, why, signals, sev}
}

// verdict looks at one invariant.
func (j *judge) verdict(at time.Time, invariant, target string) finding {
	switch invariant {
	case StoreDown:
		return j.proven(at, invariant, j.node(target), j.storeDown(at, target))
	case StoreSlow:
		return j.proven(at, invariant, j.node(target), j.storeSlow(at, target))
	case LowDisk:
		return j.lowDisk(at, target)
	case PDMemberDown:
		return j.pdMemberDown(at, target)
	case NoPDLeader:
		return j.noPDLeader(at)
	case PDUnreachable:
		return j.pdUnreachable(at)
	case RegionWithoutLeader:
		return j.regionWithoutLeader(at)
	case UnderReplicated:
		return j.underReplicated(at)
	}
	return j.judgeLoad(at, invariant)
}
