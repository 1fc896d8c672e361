package monitor

import (
	"fmt"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// When a symptom becomes a signal.
const (
	// probeRefusals in a row: nobody listens. One alone may be a connection that
	// met a restart.
	probeRefusals = 2
	// probeTimeouts in a row: a busy machine makes single answers late.
	probeTimeouts = 4
	// errorsRaise client errors of one node within errorsWindow.
	errorsRaise  = 3
	errorsWindow = time.Second
	// errorsQuiet without an error ends the signal.
	errorsQuiet = 3 * time.Second
	// beatFloor is the least age at which a heartbeat is called late, and
	// beatFactor how many times the usual age it has to be.
	beatFloor  = 3 * time.Second
	beatFactor = 3
	// beatsLearned snapshots are looked at before the usual age is known.
	beatsLearned = 5
)

// node is what the monitor knows of one data node.
type node struct {
	name     string
	refused  int // probes in a row
	timedOut int
	errors   []time.Time // of the latest window
	lastErr  time.Time
	leaders  int           // as long as they were steady
	usualAge time.Duration // the oldest heartbeat seen in good times
	looks    int
	active   map[string]time.Time // signal to when it was raised
}

// raise starts a signal, once.
func (j *judge) raise(n *node, at time.Time, signal, detail string) {
	if _, on := n.active[signal]; on {
		return
	}
	n.active[signal] = at
	j.say(demo.SignalSeen{Name: signal, Target: n.name, Detail: detail})
}

// lower ends a signal.
func (j *judge) lower(n *node, signal, detail string) {
	if _, on := n.active[signal]; !on {
		return
	}
	delete(n.active, signal)
	j.say(demo.SignalSeen{Name: signal, Target: n.name, Cleared: true, Detail: detail})
}

// probed takes the answer of a status port.
func (j *judge) probed(at time.Time, name string, err error, timeout bool) {
	n := j.node(name)
	switch {
	case err == nil:
		n.refused, n.timedOut = 0, 0
		j.lower(n, demo.SignalStatusProbe, "status port answers")
	case timeout:
		n.timedOut++
		// A machine that stands still makes every node late at once; that tells
		// nothing of any of them.
		if n.timedOut >= probeTimeouts && !j.allLate() {
			j.raise(n, at, demo.SignalStatusProbe, fmt.Sprintf("%s, %d times in a row", err, n.timedOut))
		}
	default:
		n.refused++
		if n.refused >= probeRefusals {
			j.raise(n, at, demo.SignalStatusProbe, fmt.Sprintf("%s, %d times in a row", err, n.refused))
		}
	}
}

// allLate says whether every known node's probe has timed out lately.
func (j *judge) allLate() bool {
	for _, n := range j.nodes {
		if n.timedOut == 0 {
			return false
		}
	}
	return len(j.nodes) > 1
}

// clientError takes one failed operation.
func (j *judge) clientError(at time.Time, name, kind string) {
	if name == "" {
		return // nobody's in particular
	}
	n := j.node(name)
	n.lastErr = at
	n.errors = append(n.errors, at)
	for len(n.errors) > 0 && at.Sub(n.errors[0]) > errorsWindow {
		n.errors = n.errors[1:]
	}
	if len(n.errors) >= errorsRaise {
		j.raise(n, at, demo.SignalClientErrors, fmt.Sprintf("%d errors within %s, the latest: %s", len(n.errors), errorsWindow, kind))
	}
}

// looked takes a snapshot.
func (j *judge) looked(at time.Time, s demo.Snapshot) {
	if s.Error != "" {
		if j.silentSince.IsZero() {
			j.silentSince = at
		}
		j.silentLooks++
		j.silentWhy = s.Error
		return // an old picture tells nothing new
	}
	j.silentSince, j.silentLooks = time.Time{}, 0
	j.snapshotAt = at
	late := j.lateHeartbeats(s)
	all := late == j.dataNodes(s)
	gained := j.gained(s)
	for _, x := range s.Nodes {
		if x.Role != demo.RoleData {
			continue
		}
		n := j.node(x.Name)
		j.heartbeat(at, n, x, all)
		j.leadership(at, n, x, gained)
		if (x.Health == demo.HealthSuspect || x.Health == demo.HealthDown) && !all {
			j.raise(n, at, demo.SignalPDDisconnected, "the control plane says "+x.State)
		} else if x.Health == demo.HealthUp {
			j.lower(n, demo.SignalPDDisconnected, "the control plane says "+x.State)
		}
	}
}

func (j *judge) dataNodes(s demo.Snapshot) int {
	count := 0
	for _, x := range s.Nodes {
		if x.Role == demo.RoleData {
			count++
		}
	}
	return count
}

// lateHeartbeats counts the nodes whose heartbeat is late. After a change of
// the control plane's leader all of them are, for it reads them from storage:
// no alarm is raised from that.
func (j *judge) lateHeartbeats(s demo.Snapshot) int {
	count := 0
	for _, x := range s.Nodes {
		if x.Role == demo.RoleData && j.node(x.Name).late(x.HeartbeatAge.Duration()) {
			count++
		}
	}
	return count
}

func (n *node) late(age time.Duration) bool {
	return n.looks >= beatsLearned && age > max(beatFloor, beatFactor*n.usualAge)
}

func (j *judge) heartbeat(at time.Time, n *node, x demo.Node, all bool) {
	age := x.HeartbeatAge.Duration()
	switch {
	case x.LastBeat.IsZero():
	case n.late(age):
		if !all {
			j.raise(n, at, demo.SignalHeartbeatAge, fmt.Sprintf("heartbeat is %.1f s old, usually at most %.1f s", age.Seconds(), n.usualAge.Seconds()))
		}
	default:
		if n.looks < beatsLearned {
			n.looks++
			n.usualAge = max(n.usualAge, age)
		}
		j.lower(n, demo.SignalHeartbeatAge, fmt.Sprintf("heartbeat is %.1f s old", age.Seconds()))
	}
}

// gained says whether any node leads more than it steadily did: leaders that
// moved went somewhere.
func (j *judge) gained(s demo.Snapshot) bool {
	for _, x := range s.Nodes {
		if x.Role == demo.RoleData && x.Leaders > j.node(x.Name).leaders {
			return true
		}
	}
	return false
}

func (j *judge) leadership(at time.Time, n *node, x demo.Node, gained bool) {
	_, moved := n.active[demo.SignalLeaderMoved]
	switch {
	case n.leaders > 0 && x.Leaders*2 < n.leaders && gained:
		j.raise(n, at, demo.SignalLeaderMoved, fmt.Sprintf("leaders %d → %d", n.leaders, x.Leaders))
	case moved && x.Leaders*2 >= n.leaders:
		j.lower(n, demo.SignalLeaderMoved, fmt.Sprintf("leaders %d", x.Leaders))
		n.leaders = x.Leaders
	case !moved && !j.anyMoved():
		n.leaders = x.Leaders
	}
}

func (j *judge) anyMoved() bool {
	for _, n := range j.nodes {
		if _, on := n.active[demo.SignalLeaderMoved]; on {
			return true
		}
	}
	return false
}
