package monitor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// closeAfter OK verdicts in a row, one a second, close a ticket.
	closeAfter = 3
	// foldFor is how long after a node's ticket the trouble of regions and of the
	// workload is put down to it: a store that is back catches up first.
	foldFor = 15 * time.Second
	// unprovenFor is how long a node that was never seen to serve must be in
	// trouble: one that starts looks like one that is dead.
	unprovenFor = 30 * time.Second
)

// ticket is one open incident.
type ticket struct {
	demo.TicketOpened
	first, last time.Time
	count       int
	good        int      // OK verdicts in a row
	also        []string // further invariants of the same target
	folded      []string // what else it explains, for its end
}

// incidents are the open tickets, and what they are about.
type incidents struct {
	open   []*ticket // oldest first
	opened int
	// until when the latest root explains what follows, though it is over
	foldUntil time.Time
	since     map[string]time.Time // of the trouble of nodes that are not proven
}

func newIncidents() incidents { return incidents{since: map[string]time.Time{}} }

// ranks order what explains what. A root explains every consequence; a symptom
// of the control plane as a whole is explained by the member that is gone.
var (
	roots        = []string{StoreDown, StoreSlow, StoreRestarted, PDMemberDown}
	wholePD      = []string{NoPDLeader, PDUnreachable}
	consequences = []string{RegionWithoutLeader, UnderReplicated, ThroughputDrop, ErrorRate, HighLatency}
)

// explains says whether a violation belongs to the incident of t.
func (t *ticket) explains(invariant, target string) bool {
	switch {
	case t.Target == target && t.Invariant == StoreRestarted:
		return invariant != StoreDown // it has ended once more
	case t.Target == target:
		return t.Invariant != LowDisk || invariant == LowDisk
	case slices.Contains(consequences, invariant):
		return slices.Contains(roots, t.Invariant) || slices.Contains(wholePD, t.Invariant) || t.Invariant == RegionWithoutLeader
	case slices.Contains(wholePD, invariant):
		return t.Invariant == PDMemberDown
	case invariant == LowDisk:
		return t.Invariant == LowDisk // nodes may share a disk, and grow alike
	}
	return false
}

// violated folds a violation into the incident that it belongs to, or opens a
// ticket. A root takes the tickets of its consequences over.
func (d *detector) violated(at time.Time, invariant, target string, f finding) {
	for _, t := range slices.Clone(d.open) {
		switch {
		case d.anew(t, invariant, target):
			d.close(t, fmt.Sprintf("followed by T-%d: %s on %s", d.opened+1, invariant, target))
		case t.explains(invariant, target):
			t.fold(invariant, target)
			return
		}
	}
	if slices.Contains(consequences, invariant) && at.Before(d.foldUntil) {
		return // of an incident that has just ended
	}
	d.opened++
	t := &ticket{first: at, last: at, count: 1, TicketOpened: demo.TicketOpened{
		ID: fmt.Sprintf("T-%d", d.opened), Invariant: invariant, Target: target, Severity: f.severity, Message: f.why, Signals: f.signals,
	}}
	if slices.Contains(roots, invariant) {
		t.Message += d.together()
	}
	d.open = append(d.open, t)
	d.emit(t.TicketOpened)
	for _, old := range slices.Clone(d.open) {
		if old != t && t.overtakes(old) {
			t.fold(old.Invariant, old.Target)
			d.close(old, fmt.Sprintf("explained by %s: %s on %s", t.ID, t.Invariant, t.Target))
		}
	}
}

// anew says whether a store goes down by something that its open ticket does not cover:
// all was well at the latest look, or it was slow, and now nobody listens. On a busy
// machine a store had a ticket by itself, and its kill a moment later had none.
func (d *detector) anew(t *ticket, invariant, target string) bool {
	if invariant != StoreDown || t.Target != target {
		return false
	}
	ended := d.node(target).refused >= probeRefusals && t.Invariant == StoreSlow && !slices.Contains(t.also, StoreDown)
	return t.good > 0 || ended
}

// overtakes says whether t is the root of an incident that opened by another
// sign.
func (t *ticket) overtakes(old *ticket) bool {
	later := slices.Contains(consequences, old.Invariant) || slices.Contains(wholePD, old.Invariant) || old.Invariant == StoreRestarted
	return slices.Contains(roots, t.Invariant) && later && t.explains(old.Invariant, old.Target)
}

// together names the other roots of the same incident: nodes that fail at once
// have a ticket each, for each has to be repaired.
func (d *detector) together() string {
	var with []string
	for _, t := range d.open {
		if slices.Contains(roots, t.Invariant) {
			with = append(with, t.ID)
		}
	}
	if len(with) == 0 {
		return ""
	}
	return "; one incident with " + strings.Join(with, " and ")
}

func (t *ticket) fold(invariant, target string) {
	into := &t.folded
	if target == t.Target {
		into = &t.also
	}
	if invariant != t.Invariant && !slices.Contains(*into, invariant) {
		*into = append(*into, invariant)
	}
}

// countTickets looks at every open ticket, once a second.
func (d *detector) countTickets(at time.Time) {
	for _, t := range slices.Clone(d.open) {
		if slices.Contains(roots, t.Invariant) || slices.Contains(wholePD, t.Invariant) {
			d.foldUntil = at.Add(foldFor)
		}
		switch d.stands(at, t) {
		case Violated:
			t.last, t.good = at, 0
			t.count++
		case OK:
			if t.good++; t.good >= closeAfter {
				d.close(t, t.ending())
			}
		}
	}
}

// stands is the verdict on all that an incident says of its target.
func (d *detector) stands(at time.Time, t *ticket) Verdict {
	all := OK
	for _, invariant := range append([]string{t.Invariant}, t.also...) {
		switch d.verdict(at, invariant, t.Target).verdict {
		case Violated:
			return Violated
		case Unknown:
			all = Unknown
		}
	}
	return all
}

func (t *ticket) ending() string {
	words := fmt.Sprintf("held for %d looks in a row", closeAfter)
	if parts := append(slices.Clone(t.also), t.folded...); len(parts) > 0 {
		words += "; part of it: " + strings.Join(parts, ", ")
	}
	return words
}

func (d *detector) close(t *ticket, why string) {
	d.open = slices.DeleteFunc(d.open, func(x *ticket) bool { return x == t })
	if n, known := d.nodes[t.Target]; known {
		n.closed = t.last
	}
	d.emit(demo.TicketClosed{
		ID: t.ID, Invariant: t.Invariant, Target: t.Target, Severity: t.Severity,
		Message: why, FirstSeen: t.first, LastSeen: t.last, Count: t.count,
	})
}

// hasTicket says whether a ticket about the target is open.
func (d *detector) hasTicket(target string) bool {
	return slices.ContainsFunc(d.open, func(t *ticket) bool { return t.Target == target })
}

// proven holds a node's trouble back while it was never seen to serve.
func (d *detector) proven(at time.Time, invariant string, n *node, f finding) finding {
	key := invariant + " " + n.name
	if f.verdict != Violated || n.served {
		delete(d.since, key)
		return f
	}
	if _, ok := d.since[key]; !ok {
		d.since[key] = at
	}
	if at.Sub(d.since[key]) < unprovenFor {
		return unknown
	}
	return f
}

// troubled lists the data nodes that something of their own speaks against.
func (d *detector) troubled() []string {
	var out []string
	for _, n := range d.of(demo.RoleData) {
		if n.is(demo.SignalStatusProbe) || n.is(demo.SignalSlowProbe) || n.is(demo.SignalHeartbeatAge) || n.is(demo.SignalPDDisconnected) {
			out = append(out, n.name)
		}
	}
	return out
}

// suspected says whether a node's own ticket may be about to open: the workload
// waits for it, so that the audience sees the root first.
func (d *detector) suspected(at time.Time) bool {
	for _, n := range d.nodes {
		if n.is(demo.SignalClientErrors) && d.standsOut(at, n) || n.view.Role == demo.RoleData && d.lagging(at, n) {
			return true
		}
	}
	return len(d.troubled()) > 0
}
