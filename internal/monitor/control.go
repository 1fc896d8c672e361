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
	// settle is how long after a change the control plane's memory of heartbeats
	// is old: stores report every 10 s by default, each at its own time, and until
	// then look disconnected.
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
func (j *judge) silent(at time.Time, why string) {
	if j.silentSince.IsZero() {
		j.silentSince = at
	}
	j.silentLooks++
	j.silentWhy = why
	if n, known := j.nodes[j.leader]; known {
		j.raise(n, at, demo.SignalPDSilent, why)
	}
}

// forgot says whether the control plane knows less of a store's heartbeats than it
// did: it has begun anew, with what is in its storage.
func (j *judge) forgot(s demo.Snapshot) bool {
	return slices.ContainsFunc(s.Nodes, func(x demo.Node) bool {
		return x.Role == demo.RoleData && x.LastBeat.Before(j.node(x.Name).view.LastBeat)
	})
}

// controlLooked takes a good look at the control nodes.
func (j *judge) controlLooked(at time.Time, s demo.Snapshot, forgot bool) {
	leader := ""
	for _, x := range s.Nodes {
		if x.Role != demo.RoleControl {
			continue
		}
		n := j.node(x.Name)
		j.lower(n, demo.SignalPDSilent, "it answers")
		if x.Leader {
			leader = x.Name
		}
		switch x.Health {
		case demo.HealthDown, demo.HealthSuspect:
			if n.missed == 0 {
				n.missedAt = at
			}
			n.missed++
			j.raise(n, at, demo.SignalPDDisconnected, "the control plane says "+x.State)
		case demo.HealthUp:
			n.missed = 0
			j.lower(n, demo.SignalPDDisconnected, "the control plane says "+x.State)
		}
	}
	silent := !j.silentSince.IsZero()
	switch {
	case forgot, leader != j.leader, silent && at.Sub(j.silentSince) >= brief:
		j.newAt = at
	case silent:
		j.excused, j.excusedAt = at.Sub(j.lookedAt), at
	}
	switch {
	case leader != "":
		j.leader, j.noneSince = leader, time.Time{}
	case j.noneSince.IsZero():
		j.noneSince = at
	}
	j.silentSince, j.silentLooks, j.lookedAt = time.Time{}, 0, at
}

// settling says whether what the control plane remembers of heartbeats is from
// before it was asked.
func (j *judge) settling(at time.Time) bool { return at.Sub(j.newAt) < settle }

// excuse is what the age of a heartbeat may owe to a brief silence of the control
// plane.
func (j *judge) excuse(at time.Time) time.Duration {
	if at.Sub(j.excusedAt) < settle {
		return j.excused
	}
	return 0
}

// stale says whether the latest picture is too old to judge by.
func (j *judge) stale(at time.Time) bool {
	return j.lookedAt.IsZero() || !j.silentSince.IsZero() || at.Sub(j.lookedAt) > staleAfter
}

// pdName is the target of what is said of the control plane as a whole: its only
// member where there is but one.
func (j *judge) pdName() string {
	if members := j.of(demo.RoleControl); len(members) == 1 {
		return members[0].name
	}
	return targetPD
}

// pdMemberDown asks for two signals: the member's own port does not answer, and
// either the control plane misses the member or gives no answer itself. Where
// the port cannot be asked from here, the control plane's word is enough when
// it is repeated.
func (j *judge) pdMemberDown(at time.Time, name string) finding {
	n := j.node(name)
	own, missed, silent := n.gone(at), n.missed > 0, !j.silentSince.IsZero()
	sev := demo.SeverityWarning // the others go on
	if silent || len(j.of(demo.RoleControl)) == 1 {
		sev = demo.SeverityCritical
	}
	switch {
	case own && silent:
		return violation(sev, fmt.Sprintf("%s does not answer, nor does the control plane: %s", name, j.silentWhy), demo.SignalStatusProbe, demo.SignalPDSilent)
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
func (j *judge) memberAnswers(at time.Time) bool {
	for _, n := range j.of(demo.RoleControl) {
		if n.answering(at) {
			return true
		}
	}
	return false
}

// noPDLeader is for members that live and do not serve: they have no leader to
// pass calls on to, or say so.
func (j *judge) noPDLeader(at time.Time) finding {
	silent := !j.silentSince.IsZero()
	switch {
	case j.lookedAt.IsZero():
		return unknown
	case silent && j.memberAnswers(at) && j.silentLooks >= silentMany && at.Sub(j.silentSince) >= changeTakes:
		return violation(demo.SeverityCritical, fmt.Sprintf("its members live, and it has served nobody for %.0f s: %s", at.Sub(j.silentSince).Seconds(), j.silentWhy))
	case !silent && !j.noneSince.IsZero() && at.Sub(j.noneSince) >= changeTakes:
		return violation(demo.SeverityCritical, fmt.Sprintf("no member leads for %.0f s", at.Sub(j.noneSince).Seconds()))
	case silent || !j.noneSince.IsZero():
		return unknown
	}
	return holds
}

// pdUnreachable is for a control plane of which nobody gives a sign of life.
func (j *judge) pdUnreachable(at time.Time) finding {
	if j.silentSince.IsZero() {
		if j.lookedAt.IsZero() {
			return unknown
		}
		return holds
	}
	limit := silentLong
	if len(j.of(demo.RoleControl)) > 1 {
		limit = changeTakes
	}
	if j.lookedAt.IsZero() || j.memberAnswers(at) || j.silentLooks < silentMany || at.Sub(j.silentSince) < limit {
		return unknown
	}
	return violation(demo.SeverityCritical, fmt.Sprintf("no answer for %.0f s: %s", at.Sub(j.silentSince).Seconds(), j.silentWhy))
}
