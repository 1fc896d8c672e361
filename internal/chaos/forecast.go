package chaos

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// timing is when the signals of a dead store are due, in seconds after its death.
// Clients and the status port show it at the next probe; the rest follows from the
// cluster's settings.
type timing struct {
	status, clients float64 // a connection refused
	silent          float64 // the status port of a hanging store: one probe timeout later
	stuck           float64 // clients of a hanging store: one deadline later
	leaders         float64 // election timeout, and the next poll of PD
	heartbeat       float64 // three heartbeats missed
	disconnected    float64 // PD's own limit, counted from the last heartbeat
	late            float64 // a status port's answers, for longer than a hiccup
	pdSilent        float64 // two polls of PD without an answer, while it has no leader
	pdUnhealthy     float64 // the next leader has been elected, and says so
}

var timings = map[string]timing{
	// One tick is 200 ms, an election ten of them; a heartbeat comes each second.
	"stage": {status: 0.4, clients: 0.6, silent: 1.4, stuck: 1.6, leaders: 1.9, heartbeat: 3.1, disconnected: 20, late: 3, pdSilent: 2.6, pdUnhealthy: 6},
	// TiKV's own: elections after 10 to 20 s, a heartbeat each 10 s.
	"real": {status: 0.4, clients: 0.6, silent: 1.4, stuck: 1.6, leaders: 14, heartbeat: 30, disconnected: 20, late: 3, pdSilent: 2.6, pdUnhealthy: 9},
}

// Forecast says when each signal of the fault is due in a profile, in that order.
// It is nil where that is unknown, and leaves out signals that the fault does not
// cause.
func (t Type) Forecast(profile string) []demo.Expectation {
	x, ok := timings[profile]
	if !ok {
		return nil
	}
	var all []demo.Expectation
	for name, after := range t.due(x) {
		all = append(all, demo.Expectation{Signal: name, After: demo.Millis(after * float64(time.Second))})
	}
	slices.SortFunc(all, func(a, b demo.Expectation) int {
		return cmp.Or(cmp.Compare(a.After, b.After), strings.Compare(a.Signal, b.Signal))
	})
	return all
}

// due gives the seconds after the fault by signal.
func (t Type) due(x timing) map[string]float64 {
	switch t.Name {
	case PDKill:
		return map[string]float64{demo.SignalStatusProbe: x.status, demo.SignalPDSilent: x.pdSilent, demo.SignalPDDisconnected: x.pdUnhealthy}
	case Gray: // it still answers at its status port and reports to PD
		return map[string]float64{demo.SignalClientErrors: x.clients, demo.SignalLeaderMoved: x.leaders}
	case Latency, Loss: // everything works, but late
		return map[string]float64{demo.SignalClientErrors: x.clients, demo.SignalSlowProbe: x.late}
	}
	due := map[string]float64{demo.SignalStatusProbe: x.status, demo.SignalClientErrors: x.clients, demo.SignalLeaderMoved: x.leaders,
		demo.SignalHeartbeatAge: x.heartbeat, demo.SignalPDDisconnected: x.disconnected}
	switch t.Name {
	case Pause, Partition:
		due[demo.SignalStatusProbe], due[demo.SignalClientErrors] = x.silent, x.stuck
	case QuorumLoss:
		delete(due, demo.SignalLeaderMoved) // no node is left to elect
	}
	return due
}
