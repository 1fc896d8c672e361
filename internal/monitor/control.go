package monitor

import (
	"fmt"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// A change of the control plane's leader is no fault. A real PD of three was
	// silent for 13 s after its leader was killed, the other two answering for
	// themselves all the time; with one that has no leader it goes on.
	changeTakes = 20 * time.Second
	// silentLong is enough where there is no other member to change to.
	silentLong = 6 * time.Second
	silentMany = 3
	// A member that only the leader calls unhealthy, in missedLooks of its looks
	// and for missedFor.
	missedLooks = 3
	missedFor   = 5 * time.Second
	// Where a member's port is silent and refuses nobody, and no other member speaks
	// against it, its silence must hold longer than a store's: beside ten other processes
	// on 2 cores a PD got no processor for 2.3 s, with nothing wrong.
	memberHolds         = 3 * time.Second
	overloadMemberHolds = 6 * time.Second
	// For settle after a change of PD's leader, heartbeat ages come from its storage
	// and are ignored. Stores report every 10 s by default, each at its own time, and
	// look disconnected until then.
	settle = 15 * time.Second
	// A leader that is back within brief remembers the heartbeats that it had; those
	// of the silence may be missing, and no more.
	brief = 5 * time.Second
)

// control is what the control plane as a whole has shown.
type control struct {
	lookedAt    time.Time     // the latest good look; zero before the first
	newAt       time.Time     // since when what it remembers of heartbeats is old
	excused     time.Duration // what a brief silence may add to the age of a heartbeat
	excusedAt   time.Time
	leader      string    // its latest leader
	noneSince   time.Time // since when no member leads, though it answers
	silentSince time.Time // of the first look without an answer
	silentLooks int
	silentWhy   string
}

// silent takes a look that got no answer.
func (d *detector) silent(at time.Time, why string) {
	d.odd(at)
	if d.silentSince.IsZero() {
		d.silentSince = at
	}
	d.silentLooks++
	d.silentWhy = why
	if n, known := d.nodes[d.leader]; known {
		d.raise(n, at, demo.SignalPDSilent, why)
	}
}

// forgot says whether the control plane knows less of a store's heartbeats than it
// did: it has begun anew, with what is in its storage.
func (d *detector) forgot(s demo.Snapshot) bool {
	return slices.ContainsFunc(s.Nodes, func(x demo.Node) bool {
		return x.Role == demo.RoleData && x.LastBeat.Before(d.node(x.Name).view.LastBeat)
	})
}

// controlLooked takes a good look at the control nodes.
func (d *detector) controlLooked(at time.Time, s demo.Snapshot, forgot bool) {
	leader := ""
	for _, x := range s.Nodes {
		if x.Role != demo.RoleControl {
			continue
		}
		n := d.node(x.Name)
		d.lower(n, demo.SignalPDSilent, "it answers")
		if x.Leader {
			leader = x.Name
		}
		switch x.Health {
		case demo.HealthDown, demo.HealthSuspect:
			if n.missed == 0 {
				n.missedAt = at
			}
			n.missed++
			d.raise(n, at, demo.SignalPDDisconnected, "the control plane says "+x.State)
		case demo.HealthUp:
			n.missed = 0
			d.lower(n, demo.SignalPDDisconnected, "the control plane says "+x.State)
		}
	}
	silent := !d.silentSince.IsZero()
	switch {
	case forgot, leader != d.leader, silent && at.Sub(d.silentSince) >= brief:
		d.newAt = at
	case silent:
		d.excused, d.excusedAt = at.Sub(d.lookedAt), at
	}
	switch {
	case leader != "":
		d.leader, d.noneSince = leader, time.Time{}
	case d.noneSince.IsZero():
		d.noneSince = at
	}
	d.silentSince, d.silentLooks, d.lookedAt = time.Time{}, 0, at
}

// settling says whether what the control plane remembers of heartbeats is from
// before it was asked.
func (d *detector) settling(at time.Time) bool { return at.Sub(d.newAt) < settle }

// excuse is what the age of a heartbeat may owe to a brief silence of the control
// plane.
func (d *detector) excuse(at time.Time) time.Duration {
	if at.Sub(d.excusedAt) < settle {
		return d.excused
	}
	return 0
}

// stale says whether the latest picture is too old to judge by.
func (d *detector) stale(at time.Time) bool {
	return d.lookedAt.IsZero() || !d.silentSince.IsZero() || at.Sub(d.lookedAt) > staleAfter
}

// pdName is the target of what is said of the control plane as a whole: its only
// member where there is but one.
func (d *detector) pdName() string {
	if members := d.of(demo.RoleControl); len(members) == 1 {
		return members[0].name
	}
	return targetPD
}

// pdMemberDown asks for two signals: the member's own port does not answer, and
// either the control plane misses the member or gives no answer itself. Where
// the port cannot be asked from here, the control plane's word is enough when
// it is repeated.
func (d *detector) pdMemberDown(at time.Time, name string) finding {
	n := d.node(name)
	own, missed, silent := n.gone(at), n.missed > 0, !d.silentSince.IsZero()
	limit := memberHolds
	if d.overload {
		limit = overloadMemberHolds
	}
	dead := own && (n.refused >= probeRefusals || at.Sub(n.active[demo.SignalStatusProbe]) >= limit)
	sev := demo.SeverityWarning // the others go on
	if silent || len(d.of(demo.RoleControl)) == 1 {
		sev = demo.SeverityCritical
	}
	switch {
	case dead && silent:
		return violation(sev, fmt.Sprintf("%s does not answer, nor does the control plane: %s", name, d.silentWhy), demo.SignalStatusProbe, demo.SignalPDSilent)
	case own && missed:
		return violation(sev, name+" does not answer, and the control plane misses it", demo.SignalStatusProbe, demo.SignalPDDisconnected)
	case !own && !silent && n.missed >= missedLooks && at.Sub(n.missedAt) >= missedFor:
		return violation(sev, fmt.Sprintf("the control plane misses %s in %d looks in a row", name, n.missed), demo.SignalPDDisconnected)
	case n.is(demo.SignalStatusProbe) || missed || silent:
		return unknown
	}
	return holds
}

// memberAnswers says whether any member gives a sign of life.
func (d *detector) memberAnswers(at time.Time) bool {
	for _, n := range d.of(demo.RoleControl) {
		if n.answering(at) {
			return true
		}
	}
	return false
}

// noPDLeader is for members that live and do not serve: they have no leader to
// pass calls on to, or say so.
func (d *detector) noPDLeader(at time.Time) finding {
	silent := !d.silentSince.IsZero()
	switch {
	case d.lookedAt.IsZero():
		return unknown
	case silent && d.memberAnswers(at) && d.silentLooks >= silentMany && at.Sub(d.silentSince) >= changeTakes:
		return violation(demo.SeverityCritical, fmt.Sprintf("its members live, and it has served nobody for %.0f s: %s", at.Sub(d.silentSince).Seconds(), d.silentWhy))
	case !silent && !d.noneSince.IsZero() && at.Sub(d.noneSince) >= changeTakes:
		return violation(demo.SeverityCritical, fmt.Sprintf("no member leads for %.0f s", at.Sub(d.noneSince).Seconds()))
	case silent || !d.noneSince.IsZero():
		return unknown
	}
	return holds
}

// pdUnreachable is for a control plane of which nobody gives a sign of life.
func (d *detector) pdUnreachable(at time.Time) finding {
	if d.silentSince.IsZero() {
		if d.lookedAt.IsZero() {
			return unknown
		}
		return holds
	}
	limit := silentLong
	if len(d.of(demo.RoleControl)) > 1 {
		limit = changeTakes
	}
	if d.lookedAt.IsZero() || d.memberAnswers(at) || d.silentLooks < silentMany || at.Sub(d.silentSince) < limit {
		return unknown
	}
	return violation(demo.SeverityCritical, fmt.Sprintf("no answer for %.0f s: %s", at.Sub(d.silentSince).Seconds(), d.silentWhy))
}
