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
func (j *judge) storeDown(at time.Time, name string) finding {
	n := j.node(name)
	var agree []string
	for _, s := range demo.SignalNames() {
		if n.is(s) && (s != demo.SignalClientErrors || n.refused >= probeRefusals || j.standsOut(at, n)) {
			agree = append(agree, s)
		}
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
func (j *judge) storeSlow(at time.Time, name string) finding {
	n := j.node(name)
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
	slow, moved, fails := n.is(demo.SignalSlowProbe), n.is(demo.SignalLeaderMoved), n.is(demo.SignalClientErrors) && j.standsOut(at, n)
	missed := n.is(demo.SignalHeartbeatAge) || n.is(demo.SignalPDDisconnected)
	n.inOrder(agree)
	long, withMove := failsFor, failsWithMove
	if j.overload {
		long, withMove = overloadFailsFor, overloadFailsWithMove
	}
	switch {
	case slow && fails:
		return violation(demo.SeverityCritical, name+" answers late, and clients fail on it", agree...)
	case slow && j.dropped >= badSeconds:
		return violation(demo.SeverityWarning, fmt.Sprintf("%s answers late, and the cluster does less: %d ops/s, %.0f before", name, j.last.Ops, j.baseline), agree...)
	case slow && j.high >= badSeconds:
		return violation(demo.SeverityWarning, fmt.Sprintf("%s answers late, and so does the cluster: p99 %d ms", name, j.last.P99.Duration().Milliseconds()), agree...)
	case fails && (n.failing() >= long || moved && n.failing() >= withMove):
		return violation(demo.SeverityCritical, fmt.Sprintf("clients fail on %s and on no other store, while its status port answers", name), agree...)
	case missed && (fails || moved || n.is(demo.SignalHeartbeatAge) && n.is(demo.SignalPDDisconnected)):
		return violation(demo.SeverityCritical, name+" answers its status port and does not report to the control plane", agree...)
	}
	return unknown
}

// inOrder puts signals into the order in which they came.
func (n *node) inOrder(signals []string) {
	slices.SortStableFunc(signals, func(a, b string) int { return n.active[a].Compare(n.active[b]) })
}

// lowDisk compares a node's free space with the control plane's own bound.
func (j *judge) lowDisk(at time.Time, name string) finding {
	n := j.node(name)
	switch {
	case j.stale(at) || n.view.LowSpace == 0:
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
