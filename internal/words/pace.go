package words

import (
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Bounds of what is said of the pace. A figure that jumps to and fro with every
// look makes a speaker nervous, so it moves by half a minute, and not before the
// talk has clearly moved.
const (
	paceStep    = 30 * time.Second
	paceSticks  = 10 * time.Second // beyond the middle between two figures
	paceLeast   = 30 * time.Second // a delay up to this is on time
	paceShare   = 20               // or up to this part of the talk: 5%
	waitedLeast = 10 * time.Second // less waiting is not told apart
)

// Pace says how a talk stands against its plan. Said is the delay as it was said
// before, 0 for on time; the new one is given for the next call.
func (t Tongue) Pace(p demo.Pace, said time.Duration) (text string, now time.Duration) {
	if p.Elapsed == 0 && p.Planned == 0 {
		return t.Say("the clock starts when the first chapter is left"), 0
	}
	now = paceFigure(p, said)
	switch {
	case now == 0:
		return t.Say("on time"), 0
	case now < 0:
		return t.Say("%s ahead", t.halfMinutes(-now)), now
	}
	text = t.Say("%s behind", t.halfMinutes(now))
	if waited := p.Waited.Round(waitedLeast); waited >= waitedLeast {
		text += t.Say(", %d:%02d of it waiting for the cluster", int(waited.Minutes()), int(waited.Seconds())%60)
	}
	return text, now
}

// paceFigure rounds the delay to half minutes, and keeps what was said where the
// delay is still close to it.
func paceFigure(p demo.Pace, said time.Duration) time.Duration {
	behind := p.Behind()
	onTime := max(paceLeast, p.Total/paceShare)
	if said != 0 {
		onTime -= paceSticks // it must come back clearly
	}
	switch {
	case behind.Abs() <= onTime:
		return 0
	case said != 0 && (behind-said).Abs() <= paceStep/2+paceSticks:
		return said
	}
	now := behind.Round(paceStep)
	if now == 0 {
		now = paceStep
	}
	return now
}

// halfMinutes writes a duration of whole half minutes.
func (t Tongue) halfMinutes(d time.Duration) string {
	whole, half := int(d/time.Minute), d%time.Minute != 0
	switch {
	case whole == 0:
		return t.Say("½ min")
	case half:
		return t.Say("%d½ min", whole)
	}
	return t.Say("%d min", whole)
}
