// Package words puts the facts of the play into English. Every front end takes its
// words from here, so that a thing has the same name on the screen, in the plain
// text and in the last line of a run.
package words

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Voice is a language, and what the subject calls its control plane.
type Voice struct {
	Control string
	Tongue
}

// Of gives the voice for the subject of a snapshot, in a language.
func Of(t Tongue, s demo.Snapshot) Voice {
	for _, n := range s.Nodes {
		if n.Role == demo.RoleControl {
			return Voice{strings.ToUpper(n.Type), t}
		}
	}
	return Voice{Tongue: t}
}

func (v Voice) control() string { return cmp.Or(v.Control, v.Say("the control plane")) }

// Seconds formats a duration in seconds, with one decimal.
func (t Tongue) Seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// Latency formats a latency in milliseconds: "3.5 ms", and from 10 ms on "12 ms".
func (t Tongue) Latency(d time.Duration) string { return t.Milliseconds(d) + " ms" }

// Milliseconds is a latency without its unit.
func (Tongue) Milliseconds(d time.Duration) string {
	ms := float64(d.Microseconds()) / 1000
	if ms < 9.95 { // 9.96 would be written with three figures
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

// Signal says what a signal means while it is seen.
func (v Voice) Signal(name string) string { seen, _ := v.signal(name); return seen }

// signal gives the words for a signal while it is seen, and for its end.
func (v Voice) signal(name string) (seen, ended string) {
	switch name {
	case demo.SignalStatusProbe:
		return v.Say("its status port is silent"), v.Say("its status port answers again")
	case demo.SignalClientErrors:
		return v.Say("clients get errors"), v.Say("client errors have stopped")
	case demo.SignalLeaderMoved:
		return v.Say("its leaders have moved"), v.Say("its leaders have settled")
	case demo.SignalHeartbeatAge:
		return v.Say("its heartbeat is overdue"), v.Say("its heartbeat is on time again")
	case demo.SignalPDDisconnected:
		return v.Say("%s no longer says Up", v.control()), v.Say("%s says Up again", v.control())
	case demo.SignalSlowProbe:
		return v.Say("its status port answers late"), v.Say("its status port answers in time again")
	case demo.SignalRestarted:
		return v.Say("it was started again"), v.Say("its restart is over")
	case demo.SignalPDSilent:
		return v.Say("%s gives no answer", v.control()), v.Say("%s answers again", v.control())
	case demo.SignalOverload:
		return v.Say("this machine is overloaded; slow answers are not blamed on the cluster"), v.Say("this machine keeps up again")
	}
	return name, v.Say("%s ended", name)
}

// Stage names a stage of the recovery.
func (v Voice) Stage(name string) string {
	switch name {
	case demo.StageProcess:
		return v.Say("process up")
	case demo.StageServing:
		return v.Say("status OK")
	case demo.StageMember:
		return v.Say("%s says Up", v.control())
	case demo.StageLeaders:
		return v.Say("leads again")
	case demo.StageThroughput:
		return v.Say("throughput back to 95%%")
	}
	return name
}

// Denied says why an action was not carried out.
func (t Tongue) Denied(reason string) string {
	switch reason {
	case demo.DeniedWrong:
		return t.Say("the diagnosis is wrong")
	case demo.DeniedThin:
		return t.Say("the evidence is too thin")
	case demo.DeniedRisk:
		return t.Say("the risk is too high")
	case demo.DeniedOther:
		return t.Say("another way is better")
	case demo.DeniedHealed:
		return t.Say("it healed by itself")
	case demo.DeniedByHand:
		return t.Say("repaired by hand instead")
	case demo.DeniedUntrue:
		return t.Say("the diagnosis is not what was done")
	}
	return reason
}

// Right says whether an answer is correct.
func (t Tongue) Right(correct bool) string {
	if correct {
		return t.Say("right")
	}
	return t.Say("wrong")
}

// Grounded says whether the evidence supports an answer, right or not.
func (t Tongue) Grounded(grounded bool) string {
	if grounded {
		return t.Say("grounded")
	}
	return t.Say("not grounded")
}
