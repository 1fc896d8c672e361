package words

import (
	"fmt"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Whoever is attached to a talk, by what it is. The protocol calls them so.
const (
	whoConsole = "console"
	whoPhone   = "phone"
	whoClicker = "clicker"
)

// Clock writes a duration in minutes and seconds.
func Clock(d time.Duration) string {
	d = max(0, d).Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// LookingBack says where the talk is while an earlier chapter is shown.
func (t Tongue) LookingBack(chapter int) string {
	return t.Say("looking back; the talk is in %d", chapter)
}

// OfPlan says how long the plan is.
func (t Tongue) OfPlan(total time.Duration) string { return t.Say("of %s", Clock(total)) }

// LinkLost says that nothing comes from the talk any more.
func (t Tongue) LinkLost() string { return t.Say("the link is lost") }

// StoodStill says how long the clock has stood still for a question.
func (t Tongue) StoodStill(d time.Duration) string {
	return t.Say("the clock has stood still for %s", Clock(d))
}

// Cover names a cover of the audience's screen, and says what the audience sees.
func (t Tongue) Cover(frozen bool) (name, sees string) {
	if frozen {
		return t.Say("FROZEN"), t.Say("an old frame")
	}
	return t.Say("BLANK"), t.Say("the audience sees nothing")
}

// For puts after something how long it has lasted.
func (t Tongue) For(what, lasted string) string { return t.Say("%s, for %s", what, lasted) }

// Rewound names a look back of the audience's screen, and says what the audience sees.
func (t Tongue) Rewound(d time.Duration) (name, sees string) {
	return t.Say("REWIND"), t.Say("the talk as it was %s ago", Clock(d))
}

// Late puts before what a gate waits for that it should have come by now.
func (t Tongue) Late(gate string) string { return t.Say("late: %s", gate) }

// Waiting puts before a part of the notes what it waits for.
func (t Tongue) Waiting(mark, text string) string { return t.Say("on %s: %s", t.Word(mark), text) }

// Ended says that the talk has ended.
func (t Tongue) Ended() string { return t.Say("the talk has ended") }

// NoPhone says why no phone can attach, and what to do.
func (t Tongue) NoPhone() string {
	return t.Say("this talk serves no page for a phone; start it with --remote")
}

// NotSuspended says why Ctrl-Z does nothing where no shell waits.
func (t Tongue) NotSuspended() string {
	return t.Say("Ctrl-Z needs a shell to come back from, and none waits here")
}

// Unlocked says whether phones are let in again, or that they were let in before.
func (t Tongue) Unlocked(was bool) string {
	if was {
		return t.Say("the phone's page lets phones in again")
	}
	return t.Say("the phone's page is not locked")
}

// AtLaptop refuses what a phone must not do.
func (t Tongue) AtLaptop() string {
	return t.Say("only at the laptop: a phone neither breaks, repairs, decides, forces nor leaves")
}

// attached are the names that Waiting and lists of who is attached take.
var attached = append(demo.MarkNames(), whoConsole, whoPhone, whoClicker)
