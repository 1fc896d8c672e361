package monitor

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// A second of load is current for freshFor, and a snapshot for staleAfter.
	freshFor   = 5 * time.Second
	staleAfter = 15 * time.Second
	// A tick that comes lateTick after the one before shows that this machine does
	// not keep up. The workload's figures are ignored for busyFor after it. The
	// machine is overloaded, and the presenter is told so, when the ticks of
	// lagWindow are late by lagMost in sum, each counted as tickEvery at most.
	// Seen on 2 cores: late by 30 ms in 2 s at rest, and by 150 to 800 ms in each
	// second with 20 busy loops, which took 99% of the throughput.
	lateTick  = 250 * time.Millisecond
	busyFor   = 5 * time.Second
	lagWindow = 2 * time.Second
	lagMost   = 150 * time.Millisecond
	// After breathFor without lag the machine keeps up again. With 5 s the message
	// came 20 times in 7 minutes on a machine that had other work.
	breathFor = 20 * time.Second
	// If the wall clock and the monotonic clock differ by clockJump, the machine slept
	// or its clock was set. A gap of standstill between ticks, which are due every
	// 100 ms, shows that the machine was suspended.
	clockJump  = time.Second
	standstill = 5 * time.Second
)

// detector is the pure core: no clock, no goroutine.
type detector struct {
	nodes   map[string]*node
	byRole  map[demo.Role][]*node // by name; nil when it is to be made again
	pending bool                  // a signal was raised since the last evaluation
	out     []demo.Body

	incidents
	control
	workload
	regions
	attention

	heardAt   time.Time // when anything was heard last, and the time of day then
	wallAt    time.Time
	tickAt    time.Time
	busyUntil time.Time
	lags      []lag // of the ticks within lagWindow
	laggedAt  time.Time
	overload  bool // and it was said
	countedAt time.Time
}

func newDetector() *detector {
	return &detector{nodes: map[string]*node{}, incidents: newIncidents(), regions: newRegions()}
}

func (d *detector) node(name string) *node {
	n := d.nodes[name]
	if n == nil {
		n = &node{name: name, active: map[string]time.Time{}}
		d.nodes[name], d.byRole = n, nil
	}
	return n
}

// of lists the nodes of a role by name. One that is known only by its errors
// holds data: nothing else serves clients.
func (d *detector) of(role demo.Role) []*node {
	if d.byRole == nil {
		d.byRole = map[demo.Role][]*node{}
		for _, name := range slices.Sorted(maps.Keys(d.nodes)) {
			is := demo.RoleData
			if d.nodes[name].view.Role == demo.RoleControl {
				is = demo.RoleControl
			}
			d.byRole[is] = append(d.byRole[is], d.nodes[name])
		}
	}
	return d.byRole[role]
}

func (d *detector) emit(b demo.Body) { d.out = append(d.out, b) }

// take gives what the latest observation led to.
func (d *detector) take() []demo.Body {
	out := d.out
	d.out = nil
	return out
}

// clocks takes the time of day beside at, which goes by a clock that stands
// still while the machine sleeps. Where one went further than the other, the
// machine slept or somebody set its clock; where nothing was heard for long, it
// stood still. What the control plane remembers of heartbeats is old then.
func (d *detector) clocks(at, wall time.Time) {
	if !d.heardAt.IsZero() {
		went, day := at.Sub(d.heardAt), wall.Sub(d.wallAt)
		if (day-went).Abs() >= clockJump || went >= standstill {
			d.newAt = at
		}
	}
	d.heardAt, d.wallAt = at, wall
}

// tick is a moment at which nothing was observed but time has passed. Tickets
// are counted and closed here, once a second.
func (d *detector) tick(at time.Time) {
	d.pulse(at)
	for _, n := range d.nodes {
		if !n.lastErr.IsZero() && at.Sub(n.lastErr) > errorsQuiet {
			d.lower(n, demo.SignalClientErrors, fmt.Sprintf("no error for %s", errorsQuiet))
		}
		if n.is(demo.SignalRestarted) && at.Sub(n.active[demo.SignalRestarted]) >= restartLasts {
			d.lower(n, demo.SignalRestarted, "it runs")
		}
	}
	d.checkProbes(at)
	d.evaluate(at)
	if at.Sub(d.countedAt) < time.Second {
		return
	}
	d.countedAt = at
	d.countTickets(at)
}

// lag is by how much a tick came late.
type lag struct {
	at time.Time
	by time.Duration
}

// pulse measures by its own ticks whether this machine keeps up.
func (d *detector) pulse(at time.Time) {
	if d.tickAt.IsZero() {
		d.tickAt = at
		return
	}
	gap := at.Sub(d.tickAt)
	d.tickAt = at
	d.lags = append(d.lags, lag{at, min(max(0, gap-tickEvery), tickEvery)})
	for at.Sub(d.lags[0].at) > lagWindow {
		d.lags = d.lags[1:]
	}
	var sum time.Duration
	for _, l := range d.lags {
		sum += l.by
	}
	if gap > lateTick {
		d.busyUntil = at.Add(busyFor)
	}
	if sum >= lagMost {
		d.laggedAt = at
	}
	switch {
	case sum >= lagMost && !d.overload:
		d.overload = true
		d.emit(demo.SignalSeen{Name: demo.SignalOverload, Detail: fmt.Sprintf("its clock ticks %d ms late in %.0f s", sum.Milliseconds(), lagWindow.Seconds())})
	case d.overload && at.Sub(d.laggedAt) >= breathFor:
		d.overload = false
		d.emit(demo.SignalSeen{Name: demo.SignalOverload, Cleared: true})
	}
}

// evaluatePending evaluates at once when a signal was raised; everything else has time until
// the next tick.
func (d *detector) evaluatePending(at time.Time) {
	if d.pending {
		d.evaluate(at)
	}
}

func (d *detector) busy(at time.Time) bool { return d.overload || at.Before(d.busyUntil) }

// evaluate opens a ticket for whatever is violated and has none: roots first, so
// that what they explain finds them.
func (d *detector) evaluate(at time.Time) {
	d.pending = false
	for _, n := range d.of(demo.RoleControl) {
		d.check(at, PDMemberDown, n.name)
	}
	d.check(at, NoPDLeader, d.pdName())
	d.check(at, PDUnreachable, d.pdName())
	for _, n := range d.of(demo.RoleData) {
		d.check(at, StoreDown, n.name)
		d.check(at, StoreSlow, n.name)
		d.check(at, StoreRestarted, n.name)
		d.check(at, LowDisk, n.name)
	}
	d.check(at, RegionWithoutLeader, targetRegions)
	d.check(at, UnderReplicated, targetRegions)
	d.check(at, ThroughputDrop, targetWorkload)
	d.check(at, ErrorRate, targetWorkload)
	d.check(at, HighLatency, targetWorkload)
}

func (d *detector) check(at time.Time, invariant, target string) {
	if f := d.verdict(at, invariant, target); f.verdict == Violated {
		d.violated(at, invariant, target, f)
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
func (d *detector) verdict(at time.Time, invariant, target string) finding {
	switch invariant {
	case StoreDown:
		return d.proven(at, invariant, d.node(target), d.storeDown(at, target))
	case StoreSlow:
		return d.proven(at, invariant, d.node(target), d.storeSlow(at, target))
	case StoreRestarted:
		return d.storeRestarted(target)
	case LowDisk:
		return d.lowDisk(at, target)
	case PDMemberDown:
		return d.pdMemberDown(at, target)
	case NoPDLeader:
		return d.noPDLeader(at)
	case PDUnreachable:
		return d.pdUnreachable(at)
	case RegionWithoutLeader:
		return d.regionWithoutLeader(at)
	case UnderReplicated:
		return d.underReplicated(at)
	}
	return d.loadVerdict(at, invariant)
}
