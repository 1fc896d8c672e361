package monitor

import (
	"fmt"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// When a symptom becomes a signal.
const (
	// A port that refuses is news for so long after its last answer.
	refusalIsNews = 2 * time.Second
	// errorsRaise client errors of one node within errorsWindow.
	errorsRaise  = 3
	errorsWindow = time.Second
	// errorsQuiet without an error ends the signal.
	errorsQuiet = 3 * time.Second
	// Errors of the latest errorsCompared are held against the other nodes': one
	// with errorsFactor times as many as any other stands out. An operation takes
	// up to a second to fail, so errors that belong together come in clumps, with
	// less than errorsGap between them.
	errorsCompared = 5 * time.Second
	errorsFactor   = 3
	errorsGap      = 1200 * time.Millisecond
	// beatFloor is the least age at which a heartbeat is called late, and
	// beatFactor how many times the usual age it has to be.
	beatFloor  = 3 * time.Second
	beatFactor = 3
	// beatsLearned snapshots are looked at before the usual age is known, and for
	// beatsLearnedFor: five looks in 2 s saw heartbeats of up to 3 s where one comes
	// every 10 s, and called those of 10 s late. Of 10 s at least 7 are seen in 7 s. At
	// the default pace five looks take 8 s.
	beatsLearned    = 5
	beatsLearnedFor = 7 * time.Second
)

// node is what the monitor knows of one node.
type node struct {
	name string
	view demo.Node // as the control plane gave it last
	// served: it was seen healthy, and its port answered if it has one.
	served bool
	probes

	errors    []time.Time // within errorsCompared, oldest first
	counted   []count     // of the same time, from the seconds of load
	lastErr   time.Time
	errorKind string    // of the latest
	errorsRun time.Time // the first of those that came without a gap

	leaders  int                  // as long as they were steady
	usualAge time.Duration        // the oldest heartbeat seen in good times
	looks    int                  // that it was learned from
	lookedAt time.Time            // the first of them
	learned  bool                 // it is known
	lowLooks int                  // in a row, with too little free space
	missed   int                  // looks in a row in which the control plane missed it, of a control node
	missedAt time.Time            // the first of them
	active   map[string]time.Time // signal to when it was raised
	closed   time.Time            // when its latest ticket was
}

// count is how many operations failed on a node in one second of load. Errors are
// told one by one only up to 100 a second for each node: on an overloaded machine
// that made 100 of a store that failed 400 times, beside one that failed 40 times.
type count struct {
	at time.Time
	n  int64
}

// is says whether a signal of the node lasts.
func (n *node) is(signal string) bool {
	_, on := n.active[signal]
	return on
}

// prove notes that the node has served once: from then on its end is news.
func (n *node) prove() {
	n.served = n.served || n.view.Health == demo.HealthUp && (n.view.StatusAddress == "" || !n.answered.IsZero())
}

// raise starts a signal, once.
func (d *detector) raise(n *node, at time.Time, signal, detail string) {
	if n.is(signal) {
		return
	}
	n.active[signal] = at
	d.pending = true
	d.emit(demo.SignalSeen{Name: signal, Target: n.name, Detail: detail})
}

// lower ends a signal.
func (d *detector) lower(n *node, signal, detail string) {
	if !n.is(signal) {
		return
	}
	delete(n.active, signal)
	d.emit(demo.SignalSeen{Name: signal, Target: n.name, Cleared: true, Detail: detail})
}

// clientError takes one failed operation.
func (d *detector) clientError(at time.Time, name, kind string) {
	if name == "" {
		return // nobody's in particular
	}
	d.odd(at)
	n := d.node(name)
	if n.lastErr.IsZero() || at.Sub(n.lastErr) > errorsGap {
		n.errorsRun = at
	}
	n.lastErr = at
	n.errors = append(n.errors, at)
	for at.Sub(n.errors[0]) > errorsCompared {
		n.errors = n.errors[1:]
	}
	n.errorKind = kind
	d.weighErrors(n, at)
}

// weighErrors raises the signal when clients fail often enough. On a node whose port
// answered a moment ago and refuses now, one failure is enough: the client library
// does not show the others to clients before they have waited for all of their
// time-out. Where the port has refused for long, or always, one says nothing: a
// leader that moves costs a failure too.
func (d *detector) weighErrors(n *node, at time.Time) {
	least := errorsRaise
	if n.refused >= probeRefusals && at.Sub(n.answered) <= refusalIsNews {
		least = 1
	}
	if recent := n.errorsSince(at.Add(-errorsWindow)); recent >= least {
		d.raise(n, at, demo.SignalClientErrors, fmt.Sprintf("%d failed within %s, the latest: %s", recent, errorsWindow, n.errorKind))
	}
}

// errorsSince counts the latest errors.
func (n *node) errorsSince(from time.Time) int {
	count := 0
	for i := len(n.errors) - 1; i >= 0 && !n.errors[i].Before(from); i-- {
		count++
	}
	return count
}

// failing is for how long errors of the node have come without a gap.
func (n *node) failing() time.Duration { return n.lastErr.Sub(n.errorsRun) }

// standsOut says whether clients fail on this node far more than on any other.
func (d *detector) standsOut(at time.Time, n *node) bool {
	from := at.Add(-errorsCompared)
	mine := n.failuresSince(from)
	for _, o := range d.nodes {
		if o != n && o.failuresSince(from)*errorsFactor > mine {
			return false
		}
	}
	return mine > 0
}

// failuresSince is how many operations failed on the node: as counted, or as told
// while the second that they fall into is not over.
func (n *node) failuresSince(from time.Time) int64 {
	var sum int64
	for _, c := range n.counted {
		if !c.at.Before(from) {
			sum += c.n
		}
	}
	return max(sum, int64(n.errorsSince(from)))
}

// looked takes a snapshot.
func (d *detector) looked(at time.Time, s demo.Snapshot) {
	if s.Error != "" {
		d.silent(at, s.Error)
		return // an old picture tells nothing new
	}
	forgot := d.forgot(s)
	for _, x := range s.Nodes {
		d.startTime(at, x)
		d.see(x)
	}
	d.controlLooked(at, s, forgot)
	all := d.lateHeartbeats(at, s) == dataNodes(s)
	gained := d.gained(s)
	for _, x := range s.Nodes {
		if x.Role != demo.RoleData {
			continue
		}
		n := d.node(x.Name)
		d.heartbeat(at, n, x, all)
		d.leadership(at, n, x, gained)
		d.standing(at, n, x, all)
		if n.lowLooks++; x.LowSpace == 0 || x.Available >= x.LowSpace {
			n.lowLooks = 0
		}
	}
	d.regionsLooked(at, s)
}

// see keeps a node's latest picture.
func (d *detector) see(x demo.Node) {
	n := d.node(x.Name)
	if n.view.Role != x.Role {
		d.byRole = nil
	}
	n.view = x
	n.prove()
}

func dataNodes(s demo.Snapshot) int {
	count := 0
	for _, x := range s.Nodes {
		if x.Role == demo.RoleData {
			count++
		}
	}
	return count
}

// standing takes what the control plane calls a data node. One that it never
// heard of is starting; all at once are its own affair; and while it settles it
// goes by heartbeats that it has from storage.
func (d *detector) standing(at time.Time, n *node, x demo.Node, all bool) {
	switch x.Health {
	case demo.HealthSuspect, demo.HealthDown:
		if !all && !x.LastBeat.IsZero() && !d.settling(at) {
			d.raise(n, at, demo.SignalPDDisconnected, "the control plane says "+x.State)
		}
	case demo.HealthUp:
		d.lower(n, demo.SignalPDDisconnected, "the control plane says "+x.State)
	}
}

// lateHeartbeats counts the nodes whose heartbeat is late. After a change of
// the control plane's leader all of them are, for it reads them from storage:
// no alarm is raised from that.
func (d *detector) lateHeartbeats(at time.Time, s demo.Snapshot) int {
	count := 0
	for _, x := range s.Nodes {
		if x.Role == demo.RoleData && d.node(x.Name).beatLate(x.HeartbeatAge.Duration()-d.excuse(at)) {
			count++
		}
	}
	return count
}

func (n *node) beatLate(age time.Duration) bool {
	return n.learned && age > max(beatFloor, beatFactor*n.usualAge)
}

// learn takes the age of a heartbeat in good times.
func (n *node) learn(at time.Time, age time.Duration) {
	if n.looks == 0 {
		n.lookedAt = at
	}
	n.looks++
	n.usualAge = max(n.usualAge, age)
	n.learned = n.looks >= beatsLearned && at.Sub(n.lookedAt) >= beatsLearnedFor
}

func (d *detector) heartbeat(at time.Time, n *node, x demo.Node, all bool) {
	age := x.HeartbeatAge.Duration()
	switch {
	case x.LastBeat.IsZero():
	case n.beatLate(age - d.excuse(at)):
		if !all && !d.settling(at) {
			d.raise(n, at, demo.SignalHeartbeatAge, fmt.Sprintf("heartbeat is %.1f s old, usually at most %.1f s", age.Seconds(), n.usualAge.Seconds()))
		}
	default:
		if !n.learned {
			n.learn(at, age)
		}
		d.lower(n, demo.SignalHeartbeatAge, fmt.Sprintf("heartbeat is %.1f s old", age.Seconds()))
	}
}

// gained says whether any node leads more than it steadily did: leaders that
// moved went somewhere.
func (d *detector) gained(s demo.Snapshot) bool {
	for _, x := range s.Nodes {
		if x.Role == demo.RoleData && x.Leaders > d.node(x.Name).leaders {
			return true
		}
	}
	return false
}

func (d *detector) leadership(at time.Time, n *node, x demo.Node, gained bool) {
	switch moved := n.is(demo.SignalLeaderMoved); {
	case n.leaders > 0 && x.Leaders*2 < n.leaders && gained:
		d.raise(n, at, demo.SignalLeaderMoved, fmt.Sprintf("leaders %d → %d", n.leaders, x.Leaders))
	case moved && x.Leaders*2 >= n.leaders:
		d.lower(n, demo.SignalLeaderMoved, fmt.Sprintf("leaders %d", x.Leaders))
		n.leaders = x.Leaders
	case !moved && !d.anyMoved():
		n.leaders = x.Leaders
	}
}

func (d *detector) anyMoved() bool {
	for _, n := range d.nodes {
		if n.is(demo.SignalLeaderMoved) {
			return true
		}
	}
	return false
}
