package monitor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// A node whose own signs are good, and on which alone clients fail, is called
	// slow when they have failed for failsFor without a pause: a busy machine holds
	// a process up for two seconds, not for four. Its leaders leaving it makes less
	// enough: in the stage profile a store that refuses its clients has lost its
	// leaders, and with them its errors, after 3.5 s.
	failsFor      = 4 * time.Second
	failsWithMove = time.Second
	// On a machine that is overloaded it takes longer: with 20 busy loops on 2 cores
	// one store's clients alone failed for four seconds.
	overloadFailsFor      = 12 * time.Second
	overloadFailsWithMove = 2 * time.Second
	// lowLooks in a row with too little free space.
	lowLooks = 3
)

// storeDown asks for two signals that agree on a node. One of them must be of
// the node itself: leaders move for many reasons, and errors with them. Errors
// of a node that is silent count where they stand out: on a machine that is out
// of breath all nodes fall silent and fail in turn. A node whose port serves is
// not down, whatever others say of it.
func (d *detector) storeDown(at time.Time, name string) finding {
	n := d.node(name)
	var agree []string
	for _, s := range demo.SignalNames() {
		if n.is(s) && (s != demo.SignalClientErrors || n.refused >= probeRefusals || d.standsOut(at, n)) {
			agree = append(agree, s)
		}
	}
	if len(agree) == 1 && n.refused >= probeRefusals && d.suffers(n) {
		return violation(demo.SeverityCritical, name+" does not serve: its status port refuses connections, and operations of clients fail", agree...)
	}
	own := n.gone(at) || n.is(demo.SignalStatusProbe) && n.is(demo.SignalLeaderMoved) || n.is(demo.SignalHeartbeatAge) || n.is(demo.SignalPDDisconnected)
	switch {
	case len(agree) >= 2 && own && !n.answering(at):
		n.inOrder(agree)
		return violation(demo.SeverityCritical, fmt.Sprintf("%s does not serve: %s agree", name, strings.Join(agree, " and ")), agree...)
	case len(n.active) > 0:
		return unknown
	}
	return holds
}

// storeSlow is for a node that answers: its port and the control plane say that
// it is well. Three pairs of signs make a ticket. It answers later than the
// others, and clients feel it, by errors on it or by the workload's throughput or latency. Or
// clients fail on it and on no other, for some time or while its leaders leave
// it. Or it serves its port and does not report to the control plane, and
// somebody feels that.
func (d *detector) storeSlow(at time.Time, name string) finding {
	n := d.node(name)
	var agree []string
	for _, s := range append(demo.SignalNames(), demo.SignalSlowProbe) {
		if n.is(s) {
			agree = append(agree, s)
		}
	}
	if len(agree) == 0 {
		return holds
	}
	if !n.answering(at) || at.Sub(n.backAt) < settle { // it is not back for long: others know it only as it was
		return unknown
	}
	slow, moved := n.is(demo.SignalSlowProbe), n.is(demo.SignalLeaderMoved)
	fails := n.is(demo.SignalClientErrors) && d.standsOut(at, n) && !d.another(at, n)
	missed := n.is(demo.SignalHeartbeatAge) || n.is(demo.SignalPDDisconnected)
	n.inOrder(agree)
	long, withMove := failsFor, failsWithMove
	if d.overload {
		long, withMove = overloadFailsFor, overloadFailsWithMove
	}
	switch {
	case slow && fails:
		return violation(demo.SeverityCritical, name+" answers late, and clients fail on it", agree...)
	case slow && d.dropped >= badSeconds:
		return violation(demo.SeverityWarning, fmt.Sprintf("%s answers late, and the cluster does less: %d ops/s, %.0f before", name, d.last.Ops, d.baseline), agree...)
	case slow && d.high >= badSeconds:
		return violation(demo.SeverityWarning, fmt.Sprintf("%s answers late, and so does the cluster: p99 %d ms", name, d.last.P99.Duration().Milliseconds()), agree...)
	case fails && (n.failing() >= long || moved && n.failing() >= withMove):
		return violation(demo.SeverityCritical, fmt.Sprintf("clients fail on %s and on no other store, while its status port answers", name), agree...)
	case missed && (fails || moved || n.is(demo.SignalHeartbeatAge) && n.is(demo.SignalPDDisconnected)):
		return violation(demo.SeverityCritical, name+" answers its status port and does not report to the control plane", agree...)
	}
	return unknown
}

// restartLasts is how long a restart is shown as a signal. The ticket is closed
// soon after: a store that is back needs nothing.
const restartLasts = 5 * time.Second

// startTime compares the start time that a store reports with the one before. A
// store that was killed and started again within 0.3 s raised no other signal: no
// two probes in a row were refused, and clients only retried.
//
// A restart of a store that has a ticket, or had one a moment ago, is its repair.
func (d *detector) startTime(at time.Time, x demo.Node) {
	n := d.node(x.Name)
	was := n.view.StartedAt
	if x.Role != demo.RoleData || was.IsZero() || !x.StartedAt.After(was) || !n.served || d.hasTicket(n.name) || at.Sub(n.closed) < foldFor {
		return
	}
	d.raise(n, at, demo.SignalRestarted, fmt.Sprintf("it started at %s, before that at %s", x.StartedAt.Format(time.TimeOnly), was.Format(time.TimeOnly)))
}

// storeRestarted needs no second signal: a start time is a fact.
func (d *detector) storeRestarted(name string) finding {
	if !d.node(name).is(demo.SignalRestarted) {
		return holds
	}
	return violation(demo.SeverityWarning, name+" was started again: its process ended, and a new one runs", demo.SignalRestarted)
}

// suffers says whether clients fail on any other node. The client gives a dead
// store up at once and asks the others, which lead nothing of it yet: its failures
// are counted on them.
func (d *detector) suffers(n *node) bool {
	for _, o := range d.of(demo.RoleData) {
		if o != n && o.is(demo.SignalClientErrors) {
			return true
		}
	}
	return false
}

// another says whether the own port of another store speaks against that one. Until
// its regions have new leaders, failures on this store do not show that it is at
// fault: a healthy store was named because the client had turned to it.
func (d *detector) another(at time.Time, n *node) bool {
	for _, o := range d.of(demo.RoleData) {
		if o != n && o.is(demo.SignalStatusProbe) && at.Sub(o.active[demo.SignalStatusProbe]) < electionTakes {
			return true
		}
	}
	return false
}

// inOrder puts signals into the order in which they came.
func (n *node) inOrder(signals []string) {
	slices.SortStableFunc(signals, func(a, b string) int { return n.active[a].Compare(n.active[b]) })
}

// lowDisk compares a node's free space with the control plane's own bound.
func (d *detector) lowDisk(at time.Time, name string) finding {
	n := d.node(name)
	switch {
	case d.stale(at) || n.view.LowSpace == 0:
		return unknown
	case n.lowLooks >= lowLooks:
		const gib = 1 << 30
		return violation(demo.SeverityWarning, fmt.Sprintf("%s has %.1f GiB free of %.1f, %.1f are the least",
			name, float64(n.view.Available)/gib, float64(n.view.Capacity)/gib, float64(n.view.LowSpace)/gib))
	case n.lowLooks > 0:
		return unknown
	}
	return holds
}
