package words

import (
	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// CatchingUp says that the talk plays by itself to where its presenter takes over, ""
// when it does not.
func (t Tongue) CatchingUp(s demo.State) string {
	if !s.CatchingUp() {
		return ""
	}
	return t.Say("played without a presenter up to chapter %d, and waits there", s.Options.From)
}

// Stopped says why a loop goes no further, "" when it does.
func (t Tongue) Stopped(s demo.State) string {
	if !s.LoopStopped() {
		return ""
	}
	return t.Say("this round lost what was acknowledged or read; the loop stays here")
}

// Stopped says why a loop goes no further, "" when it does.
func Stopped(s demo.State) string {
	if !s.LoopStopped() {
		return ""
	}
	return "this round lost what was acknowledged or read; the loop stays here"
}

// GaveUp says that a round of a booth has failed, "" when it has not.
func (t Tongue) GaveUp(s demo.State) string {
	switch {
	case s.Mode != demo.ModeGaveUp:
		return ""
	case s.FaultOpen():
		return t.Say("this round failed; %s is repaired, then the next one begins", s.Plan.Target)
	}
	return t.Say("this round failed; the next one begins in a moment")
}

// Happened says what was done in chapter i so far, "" for nothing.
func (v Voice) Happened(s demo.State, i int) string {
	c, work := s.Chapters[i], s.WorkOf(i)
	switch {
	case s.Visits[i].EnteredAt.IsZero():
		return ""
	case work.State == demo.WorkFailed:
		return v.Say("failed: %s", work.Err)
	case c.OnEnter == demo.OnEnterCluster && s.Cluster.PD != "": // the gate says how it is now
		return v.Say("ready in %s: %s", v.Seconds(s.Cluster.Took.Duration()), s.Cluster.Label)
	case s.Visits[i].LeftBy == demo.ByFrom && c.Gate == "":
		return v.Say("without a presenter")
	case i < s.Reached && !s.Gate(i).Open:
		return v.Say("left before: %s", v.Gate(s, i))
	}
	return v.Gate(s, i)
}
