package chaos

import (
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// timing is when the signals of a dead store are due, in seconds after its
// death. Clients and the status port know at once, by whatever probe comes
// next; the rest follows from the cluster's settings.
type timing struct {
	status, clients float64 // a connection refused
	silent          float64 // the status port of one that hangs: a probe's limit later
	stuck           float64 // clients of one that hangs: their own deadline later
	leaders         float64 // election timeout, and the next look at PD
	heartbeat       float64 // three heartbeats missed
	disconnected    float64 // PD's own limit, counted from the last heartbeat
}

var timings = map[string]timing{
	// One tick is 200 ms, an election ten of them; a heartbeat comes each second.
	"stage": {status: 0.4, clients: 0.6, silent: 1.4, stuck: 1.6, leaders: 1.9, heartbeat: 3.1, disconnected: 20},
	// TiKV's own: elections after 10 to 20 s, a heartbeat each 10 s.
	"real": {status: 0.4, clients: 0.6, silent: 1.4, stuck: 1.6, leaders: 14, heartbeat: 30, disconnected: 20},
}

// Forecast says when each signal of the fault is due in a profile; nil where
// nobody knows, and without the signals that the fault does not give.
func (t Type) Forecast(profile string) []demo.Expectation {
	x, ok := timings[profile]
	if !ok || t.Role != demo.RoleData {
		return nil
	}
	due := map[string]float64{demo.SignalStatusProbe: x.status, demo.SignalClientErrors: x.clients, demo.SignalLeaderMoved: x.leaders,
		demo.SignalHeartbeatAge: x.heartbeat, demo.SignalPDDisconnected: x.disconnected}
	switch t.Name {
	case Pause, Partition:
		due[demo.SignalStatusProbe], due[demo.SignalClientErrors] = x.silent, x.stuck
	case Gray: // it answers at its status port and reports to PD: that is the point
		due = map[string]float64{demo.SignalClientErrors: x.clients, demo.SignalLeaderMoved: x.leaders}
	case Latency, Loss:
		return nil // how slow is noticed depends on the load
	case QuorumLoss:
		delete(due, demo.SignalLeaderMoved) // there is nobody left to elect
	}
	var all []demo.Expectation
	for _, name := range demo.SignalNames() {
		if after, ok := due[name]; ok {
			all = append(all, demo.Expectation{Signal: name, After: demo.Millis(after * float64(time.Second))})
		}
	}
	return all
}
