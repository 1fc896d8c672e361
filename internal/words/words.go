// Package words says in English what the play knows as facts. Every front end
// takes its words from here, so one thing has one name on the screen, in the
// plain text and in the last line of a run.
package words

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Voice knows what the subject calls its control plane.
type Voice struct{ Control string }

// Of gives the voice for the subject of a snapshot.
func Of(s demo.Snapshot) Voice {
	for _, n := range s.Nodes {
		if n.Role == demo.RoleControl {
			return Voice{Control: strings.ToUpper(n.Type)}
		}
	}
	return Voice{}
}

func (v Voice) control() string { return cmp.Or(v.Control, "the control plane") }

// Seconds gives a duration as people say it.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// Signal says what a signal means while it is seen.
func (v Voice) Signal(name string) string { seen, _ := v.signal(name); return seen }

// signal says what a signal means, and what its end means.
func (v Voice) signal(name string) (seen, ended string) {
	switch name {
	case demo.SignalStatusProbe:
		return "its status port is silent", "its status port answers again"
	case demo.SignalClientErrors:
		return "clients get errors", "clients get no more errors"
	case demo.SignalLeaderMoved:
		return "its leaders have moved", "its leaders move no more"
	case demo.SignalHeartbeatAge:
		return "its heartbeat is overdue", "its heartbeat is on time again"
	case demo.SignalPDDisconnected:
		return v.control() + " has doubts", v.control() + " hears from it again"
	case demo.SignalSlowProbe:
		return "its status port answers late", "its status port answers in time again"
	case demo.SignalPDSilent:
		return v.control() + " gives no answer", v.control() + " answers again"
	case demo.SignalOverload:
		return "this machine is overloaded; what is slow is not held against the cluster", "this machine keeps up again"
	}
	return name, name + " ended"
}

// Stage names a stage of the recovery.
func (v Voice) Stage(name string) string {
	if name == demo.StageMember {
		return v.control() + " says Up"
	}
	return name
}

// Right says whether an answer is the truth.
func Right(correct bool) string {
	if correct {
		return "right"
	}
	return "wrong"
}

// Grounded says whether the evidence bears an answer out, right or not.
func Grounded(grounded bool) string {
	if grounded {
		return "grounded"
	}
	return "not grounded"
}
