package words

import (
	"fmt"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Offer says what an offer does, in the fewest words.
func Offer(o demo.Offer) string {
	switch o.Label {
	case demo.DoShowNext, demo.DoNext:
		return "next"
	case demo.DoWhenReady:
		return "next when ready"
	case demo.DoStay:
		return "stay"
	case demo.DoBack:
		return "back"
	case demo.DoJump:
		return fmt.Sprintf("chapter %d", o.N)
	case demo.DoForce:
		return "force the gate"
	case demo.DoRetry, demo.DoMendAgain:
		return "try again"
	case demo.DoRestart:
		return "play again"
	case demo.DoBreak:
		return "break " + o.About
	case demo.DoAskQuorum:
		return "break " + o.About + "?"
	case demo.DoMendByHand:
		return "mend it by hand"
	case demo.DoLeave:
		return "leave"
	case demo.DoAskLeave:
		return "leave?"
	case demo.DoMendAndLeave:
		return "mend and leave"
	case demo.DoAbandon:
		return "leave now, " + o.About + " stays broken"
	}
	return answer(o)
}

// answer says what the answer to a question does.
func answer(o demo.Offer) string {
	switch o.Label {
	case demo.DoAskReally:
		return "yes, break " + o.About
	case demo.DoCancel:
		return "no, stay"
	case demo.DoUndecided:
		return "back"
	case demo.DoPropose:
		if o.Intent == demo.Decide {
			return "approve or refuse"
		}
		return o.About + "?"
	case demo.DoApprove:
		return "approve"
	case demo.DoRefuse:
		return "refuse"
	case demo.DoReason:
		return o.About
	case demo.DoReconsider:
		return "back"
	case demo.DoWithout:
		return "go on without"
	}
	return ""
}

// Question puts the open question of a state, "" where there is none.
func Question(s demo.State) string {
	switch s.Question {
	case demo.AskQuitFault:
		return s.Plan.Target + " is still broken. Mend it and leave?"
	case demo.AskQuorum:
		return strings.Join(s.Plan.Targets(), " and ") + " at once: regions lose their quorum. Do it?"
	case demo.AskQuorumAgain:
		return "Nothing can be written there until one is back. Really?"
	case demo.AskApprove:
		return s.Answer.Action.String() + "?"
	case demo.AskReason:
		return s.Answer.Action.String() + " is refused. Why?"
	}
	return ""
}

// Refusal says why the latest press did nothing, "" where nothing is to be said.
func Refusal(s demo.State) string {
	if s.Refusal.Why == demo.WhyArmed || s.Refusal.Why == demo.WhyThere {
		return "" // the line in its place says so
	}
	return Why(s, s.Refusal)
}

// Why says why something is not done.
func Why(s demo.State, r demo.Refusal) string {
	switch r.Why {
	case demo.WhyThere:
		return "this chapter is shown"
	case demo.WhyArmed:
		return "it goes on as soon as it can"
	case demo.WhyFirst:
		return "this is the first chapter"
	case demo.WhyLast:
		return "this is the last chapter"
	case demo.WhyNotReached:
		return fmt.Sprintf("chapter %d comes after chapter %d", r.N, r.N-1)
	case demo.WhyFailed:
		return "this failed: " + s.WorkOf(s.Reached).Err
	case demo.WhyNothing:
		return "there is nothing to force here"
	case demo.WhyNoFailure:
		return "nothing failed here"
	case demo.WhyUnderWay:
		return "it is still being done"
	case demo.WhyNotOver:
		return "the talk begins again from its last chapter"
	case demo.WhyBroken:
		return "a fault is still open; leaving mends it"
	case demo.WhyNoProposal:
		return "there is nothing to approve here"
	case demo.WhyStale:
		return "something else is on offer now; look again"
	}
	return ""
}
