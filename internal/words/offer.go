package words

import (
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Offer names what an offer does, in as few words as possible.
func (t Tongue) Offer(o demo.Offer) string {
	switch o.Label {
	case demo.DoShowNext, demo.DoNext:
		return t.Say("next")
	case demo.DoWhenReady:
		return t.Say("next when ready")
	case demo.DoStay:
		return t.Say("stay")
	case demo.DoBack:
		return t.Say("back")
	case demo.DoJump:
		return t.Say("chapter %d", o.N)
	case demo.DoForce:
		return t.Say("force the gate")
	case demo.DoRetry, demo.DoMendAgain:
		return t.Say("try again")
	case demo.DoAskTakeOver:
		return t.Say("go on from a record?")
	case demo.DoTakeOver:
		return t.Say("go on from the record")
	case demo.DoLive:
		return t.Say("back to the live talk")
	case demo.DoAskRestart:
		return t.Say("play again?")
	case demo.DoRestart:
		return t.Say("play again")
	case demo.DoBreak:
		return t.Say("break %s", o.About)
	case demo.DoAskQuorum:
		return t.Say("break %s?", o.About)
	case demo.DoMendByHand:
		return t.Say("repair by hand")
	case demo.DoLeave:
		return t.Say("leave")
	case demo.DoAskLeave:
		return t.Say("leave?")
	case demo.DoMendAndLeave:
		return t.Say("repair and leave")
	case demo.DoPause:
		return t.Say("stop the clock for a question")
	case demo.DoResume:
		return t.Say("end the question")
	case demo.DoAbandon:
		return t.Say("leave now, %s stays broken", o.About)
	}
	return t.answer(o)
}

// answer says what the answer to a question does.
func (t Tongue) answer(o demo.Offer) string {
	switch o.Label {
	case demo.DoAskReally:
		return t.Say("yes, break %s", o.About)
	case demo.DoCancel:
		return t.Say("no, stay")
	case demo.DoUndecided:
		return t.Say("back")
	case demo.DoPropose:
		if o.Intent == demo.Decide {
			return t.Say("approve or refuse")
		}
		return o.About + "?"
	case demo.DoApprove:
		return t.Say("approve")
	case demo.DoRefuse:
		return t.Say("refuse")
	case demo.DoReason:
		return t.Denied(o.About)
	case demo.DoReconsider:
		return t.Say("back")
	case demo.DoWithout:
		return t.Say("go on without")
	}
	return ""
}

// Question gives the open question of a state, "" if there is none.
func (t Tongue) Question(s demo.State) string {
	switch s.Question {
	case demo.AskQuitFault:
		return t.Say("%s is still broken. Repair it and leave?", s.Plan.Target)
	case demo.AskQuorum:
		return t.Say("%s at once: regions lose their quorum. Do it?", strings.Join(s.Plan.Targets(), t.Say(" and ")))
	case demo.AskQuorumAgain:
		return t.Say("Nothing can be written there until one is back. Really?")
	case demo.AskTakeOver:
		return t.Say("Go on from %s? The cluster is repaired meanwhile.", s.Options.TakeOver)
	case demo.AskRestart:
		return t.Say("Play the talk again? Its clock and its record begin anew.")
	case demo.AskApprove:
		return s.Answer.Action.String() + "?"
	case demo.AskReason:
		return t.Say("%s is refused. Why?", s.Answer.Action.String())
	}
	return ""
}

// Refusal says why the latest press did nothing, "" if that is clear already.
func (t Tongue) Refusal(s demo.State) string {
	if s.Refusal.Why == demo.WhyArmed || s.Refusal.Why == demo.WhyThere {
		return "" // the line in its place says so
	}
	return t.Why(s, s.Refusal)
}

// Behind says what the audience saw while the live talk stood still.
func (t Tongue) Behind(s demo.State) string {
	at := s.TakeOvers[len(s.TakeOvers)-1]
	if at.Shown == nil {
		return t.Say("the live talk stands still; the audience was to see %s", at.Record)
	}
	return t.Say("the live talk stands still; the audience saw chapter %d of %s", at.Shown.N, at.Record)
}

// Kept says that the chapter files as they are now are not shown, and why; "" when
// they are.
func (t Tongue) Kept(s demo.State) string {
	if s.KeptFor == "" {
		return ""
	}
	return t.Say("the chapters before the last edit are shown: %s", s.KeptFor)
}

// Why says why something is not done.
func (t Tongue) Why(s demo.State, r demo.Refusal) string {
	switch r.Why {
	case demo.WhyThere:
		return t.Say("this chapter is shown")
	case demo.WhyArmed:
		return t.Say("it goes on as soon as the gate opens")
	case demo.WhyFirst:
		return t.Say("this is the first chapter")
	case demo.WhyLast:
		return t.Say("this is the last chapter")
	case demo.WhyNotReached:
		return t.Say("chapter %d comes after chapter %d", r.N, r.N-1)
	case demo.WhyFailed:
		return t.Say("this failed: %s", s.WorkOf(s.Reached).Err)
	case demo.WhyNotAimed:
		return t.Say("the target is still being chosen; press again when it is named")
	case demo.WhyNothing:
		return t.Say("there is nothing to force here")
	case demo.WhyNoFailure:
		return t.Say("nothing failed here")
	case demo.WhyUnderWay:
		return t.Say("still in progress")
	case demo.WhyNotOver:
		return t.Say("the talk can start again only from its last chapter")
	case demo.WhyBroken:
		return t.Say("a fault is still open; leaving repairs it")
	case demo.WhyNoRecord:
		return t.Say("there is no record of these chapters to go on from; see --takeover")
	case demo.WhyUnwell:
		return t.Say("the live cluster is not well yet")
	case demo.WhyNoProposal:
		return t.Say("there is nothing to approve here")
	case demo.WhyStale:
		return t.Say("the choices have changed; look again")
	case demo.WhyNoClock:
		return t.Say("the talk's clock starts when the first chapter is left")
	case demo.WhyEarly:
		return t.Say("too early to be meant; look, then press again")
	case demo.WhyNotOffered:
		return t.Say("that is not on offer now")
	}
	return ""
}
