package demo

import (
	"slices"
	"strings"
	"time"
)

// Offer is one thing that may be asked for now, or that is refused with a
// reason. Offers is the only place that decides what a press may do: the play
// obeys it, and every front end shows it.
type Offer struct {
	Intent  Intent
	N       int    // chapter for Jump, number of the reason for Choose; 0 otherwise
	Label   Label  // what it does
	About   string // the node or the action that it is about, "" for none
	Main    bool   // worth a place where only the most important are shown
	Enabled bool
	Why     Why // why it is not enabled
}

// Label is what an offer does. The words for it are the front ends'.
type Label int

// The labels.
const (
	DoNothing      Label = iota
	DoShowNext           // show the next chapter, which was seen before
	DoNext               // leave the chapter through its open gate
	DoWhenReady          // leave it as soon as its gate opens
	DoStay               // take that back
	DoBack               // show the chapter before
	DoJump               // show another chapter that was seen before
	DoForce              // leave the chapter although its gate is closed
	DoRetry              // execute the failed effect again
	DoMendAgain          // repair again what does not recover
	DoAskTakeOver        // ask whether to go on from a record
	DoTakeOver           // show the record; the live play stands still
	DoLive               // show the live play again
	DoAskRestart         // ask whether to play the talk again
	DoRestart            // play the talk again
	DoBreak              // begin the countdown to the fault
	DoAskQuorum          // ask before a fault that costs the quorum
	DoAskReally          // ask once more
	DoCancel             // close the question, and do nothing
	DoUndecided          // close the question whether to approve; it can be asked again
	DoMendByHand         // undo the fault without the proposed action
	DoPropose            // put the proposed action before the presenter
	DoApprove            // carry it out
	DoRefuse             // ask why not
	DoReason             // refuse it for this reason
	DoReconsider         // back to the question whether to approve
	DoWithout            // go on, and decide nothing
	DoSee                // the question was covered, and is seen only now
	DoLeave              // end the run; nothing is broken
	DoAskLeave           // ask whether to repair and leave
	DoMendAndLeave       // repair what is broken, then end the run
	DoPause              // stop the talk's clock for a question from the audience
	DoResume             // start it again
	DoAbandon            // end the run now; what is broken stays broken
)

// Afar says whether whoever does not sit at the talk may take an offer, with a phone in
// a pocket: it moves the talk or stops its clock, and with that a countdown, and neither
// breaks, repairs, decides, forces nor ends anything.
func (o Offer) Afar() bool {
	switch o.Label {
	case DoShowNext, DoNext, DoWhenReady, DoStay, DoBack, DoPropose, DoPause, DoResume:
		return o.Intent == Advance || o.Intent == Back || o.Intent == Pause
	}
	return false
}

// Why is why something that was asked for is not done.
type Why int

// The reasons.
const (
	NoReason      Why = iota
	WhyFirst          // there is no chapter before this one
	WhyLast           // there is no chapter after this one
	WhyThere          // this chapter is shown already
	WhyNotReached     // that chapter comes later
	WhyFailed         // the chapter's effect has failed
	WhyNotAimed       // the target of the fault is not named yet
	WhyArmed          // the play goes on as soon as it can already
	WhyNothing        // there is nothing to force here
	WhyNoFailure      // nothing failed here
	WhyUnderWay       // it is still being done
	WhyNotOver        // the talk can start again only from its last chapter
	WhyBroken         // a fault is still open
	WhyNoRecord       // there is no record to go on from
	WhyUnwell         // the live cluster is not well
	WhyNoProposal     // there is nothing to approve here
	WhyStale          // something else was on offer when this was asked for
	WhyNoClock        // the talk's clock does not run yet
	WhyEarly          // it comes too early to be meant
	WhyNotOffered     // nothing of the kind is on offer now
)

// Offers lists what may be asked for in a state, the most important first. It
// does not depend on the time: how long keys are dead is for who presses them.
func Offers(s State) []Offer {
	interrupt := Offer{Intent: Interrupt, Label: DoLeave, Enabled: true}
	if s.FaultOpen() {
		interrupt.Label, interrupt.About = DoMendAndLeave, s.Plan.Target
	}
	switch {
	case s.Finished != nil || s.Reached < 0:
		return nil
	case s.Mode == ModeLeaving:
		interrupt.Label, interrupt.Main = DoAbandon, true
		return []Offer{interrupt}
	case s.Question != NoQuestion:
		return append(s.answers(), interrupt)
	case s.Mode == ModeGaveUp: // the chapter that failed goes nowhere, and what is broken is being repaired
		return []Offer{s.offerRestart(), s.offerQuit(), interrupt}
	case s.OnRecord():
		return []Offer{s.offerLive(), s.offerQuit(), interrupt}
	}
	offers := []Offer{s.offerRetry(), s.offerRestart(), s.offerDecide(), s.offerForce(), s.offerAdvance(), s.offerBack()}
	// What helps when the chapter does not go on by itself comes before Advance.
	slices.SortStableFunc(offers[:5], func(a, b Offer) int { return rank(a) - rank(b) })
	for n := range s.Chapters {
		offers = append(offers, s.offerJump(n+1))
	}
	return append(offers, s.offerTakeOver(), s.offerPause(), s.offerQuit(), interrupt)
}

func rank(o Offer) int {
	if o.Main && o.Enabled {
		return 0
	}
	return 1
}

// answers lists the answers to the open question.
func (s State) answers() []Offer {
	yes := func(i Intent, l Label, about string) Offer {
		return Offer{Intent: i, Label: l, About: about, Main: true, Enabled: true}
	}
	hidden := func(i Intent, l Label) Offer { return Offer{Intent: i, Label: l, Enabled: true} }
	switch s.Question {
	case AskApprove:
		action := s.Answer.Action.String()
		return []Offer{
			yes(Confirm, DoApprove, action), yes(Dismiss, DoRefuse, action), s.offerWithout(action), yes(Back, DoUndecided, ""),
			hidden(Decide, DoSee), s.offerQuit(),
		}
	case AskReason:
		var all []Offer
		for i, why := range DenyReasons() {
			all = append(all, Offer{Intent: Choose, N: i + 1, Label: DoReason, About: why, Main: true, Enabled: true})
		}
		return append(all, yes(Back, DoReconsider, ""), s.offerQuit())
	case AskQuorum:
		return []Offer{yes(Confirm, DoAskReally, s.targets()), yes(Dismiss, DoCancel, ""), hidden(Back, DoCancel), s.offerQuit()}
	case AskQuorumAgain:
		return []Offer{yes(Confirm, DoBreak, s.targets()), yes(Dismiss, DoCancel, ""), hidden(Back, DoCancel), s.offerQuit()}
	case AskTakeOver:
		return []Offer{yes(Confirm, DoTakeOver, s.Options.TakeOver), yes(Dismiss, DoCancel, ""), hidden(Back, DoCancel), s.offerQuit()}
	case AskRestart:
		return []Offer{yes(Confirm, DoRestart, ""), yes(Dismiss, DoCancel, ""), hidden(Back, DoCancel), s.offerQuit()}
	default: // AskQuitFault
		return []Offer{yes(Confirm, DoMendAndLeave, s.Plan.Target), yes(Dismiss, DoCancel, ""), hidden(Back, DoCancel)}
	}
}

// offerWithout goes on without what was proposed. In the chapter of the recovery
// nothing goes on before something is repaired, so that is what going on does there,
// as it does without the question.
func (s State) offerWithout(action string) Offer {
	if s.Unmended() {
		return Offer{Intent: Advance, Label: DoMendByHand, About: s.Plan.Target, Main: true, Enabled: true}
	}
	return Offer{Intent: Advance, Label: DoWithout, About: action, Main: true, Enabled: true}
}

func (s State) targets() string { return strings.Join(s.Plan.Targets(), " and ") }

func (s State) last() bool { return s.Reached == len(s.Chapters)-1 }

func refused(i Intent, why Why) Offer { return Offer{Intent: i, Why: why} }

// offerAdvance is what going on means: a chapter that was seen before is shown
// at once, a new one when the gate is open. A press on a closed gate is
// remembered.
func (s State) offerAdvance() Offer {
	o := Offer{Intent: Advance, Main: true, Enabled: true}
	switch {
	case !s.AtFront():
		o.Label = DoShowNext
	case s.Aimed() && s.Plan.CostsQuorum:
		o.Label, o.About = DoAskQuorum, s.targets()
	case s.Aimed():
		o.Label, o.About = DoBreak, s.targets()
	case s.Unmended():
		o.Label, o.About = DoMendByHand, s.Plan.Target
	case s.last():
		return refused(Advance, WhyLast)
	case s.Gate(s.Reached).Open:
		return s.onward(o)
	case s.WorkOf(s.Reached).State == WorkFailed:
		return refused(Advance, WhyFailed)
	case s.aiming():
		return refused(Advance, WhyNotAimed)
	case s.Armed:
		return refused(Advance, WhyArmed)
	default:
		o.Label = DoWhenReady
	}
	return o
}

// onward is to leave the furthest chapter through its open gate. Before the
// diagnosis is left, the action that it proposes is put before the presenter.
func (s State) onward(o Offer) Offer {
	o.Label = DoNext
	if action, ask := s.asks(); ask {
		o.Label, o.About = DoPropose, action.String()
	}
	return o
}

// asks says whether the proposed action comes before the next chapter.
func (s State) asks() (Action, bool) {
	action, waits := s.Proposal()
	return action, waits && !s.Unattended() && s.Chapters[s.Reached].OnEnter == OnEnterDiagnose
}

func (s State) offerBack() Offer {
	switch {
	case s.Armed:
		return Offer{Intent: Back, Label: DoStay, Main: true, Enabled: true}
	case s.Current == 0:
		return refused(Back, WhyFirst)
	}
	return Offer{Intent: Back, Label: DoBack, Main: true, Enabled: true}
}

// offerJump shows a chapter that was reached, or the next one behind an open
// gate.
func (s State) offerJump(n int) Offer {
	o := Offer{Intent: Jump, N: n, Enabled: true}
	switch i := n - 1; {
	case i == s.Current:
		o.Enabled, o.Why = false, WhyThere
	case i <= s.Reached:
		o.Label = DoJump
	case i == s.Reached+1 && s.Gate(s.Reached).Open:
		return s.onward(o)
	default:
		o.Enabled, o.Why = false, WhyNotReached
	}
	return o
}

// offerForce leaves a chapter whose gate is closed. Through an open one it is
// an ordinary advance, and not counted.
func (s State) offerForce() Offer {
	o := Offer{Intent: Force, Label: DoForce, Enabled: true}
	if !s.AtFront() || s.last() {
		return refused(Force, WhyNothing)
	}
	if s.Gate(s.Reached).Open {
		return s.onward(o)
	}
	_, late := s.LateStage()
	o.Main = late || s.Visits[s.Reached].Late || s.WorkOf(s.Reached).State == WorkFailed
	return o
}

// offerRetry executes a failed effect again, or repairs again what does not
// recover.
func (s State) offerRetry() Offer {
	_, late := s.LateStage()
	switch w := s.WorkOf(s.Reached); {
	case w.State == WorkFailed:
		return Offer{Intent: Retry, Label: DoRetry, Main: true, Enabled: true}
	case late && w.State == WorkDone && s.Chapters[s.Reached].OnEnter == OnEnterRecover:
		return Offer{Intent: Retry, Label: DoMendAgain, About: s.Plan.Target, Main: s.AtFront(), Enabled: true}
	case late && w.State == WorkRunning:
		return refused(Retry, WhyUnderWay)
	}
	return refused(Retry, WhyNoFailure)
}

// offerRestart plays the talk once more when this one is over and nothing is
// broken. It asks first: a slip would end the record and reset the talk's clock.
func (s State) offerRestart() Offer {
	stopped := s.Mode == ModeGaveUp && s.LoopStopped()
	switch {
	case stopped:
	case !s.last() || !s.Gate(s.Reached).Open:
		return refused(Restart, WhyNotOver)
	case s.FaultOpen():
		return refused(Restart, WhyBroken)
	}
	return Offer{Intent: Restart, Label: DoAskRestart, Main: stopped || s.AtFront(), Enabled: true}
}

// offerDecide asks again for what was left undecided.
func (s State) offerDecide() Offer {
	action, waits := s.Proposal()
	front := s.Unmended() || s.Chapters[s.Reached].OnEnter == OnEnterDiagnose && !s.Unattended() && s.Gate(s.Reached).Open
	if !waits || !s.AtFront() || !front {
		return refused(Decide, WhyNoProposal)
	}
	return Offer{Intent: Decide, Label: DoPropose, About: action.String(), Main: s.Unmended(), Enabled: true}
}

// offerQuit leaves at once when nothing is broken, and asks first when something
// is.
func (s State) offerQuit() Offer {
	o := Offer{Intent: Quit, Label: DoLeave, Enabled: true}
	if s.FaultOpen() {
		o.Label, o.About = DoAskLeave, s.Plan.Target
	}
	return o
}

// Refusal is why the latest press did nothing, and the number that it had.
type Refusal struct {
	Why Why
	N   int
}

// NeedsPress says whether nothing goes on before somebody asks for something.
func (s State) NeedsPress() bool {
	gate, work := s.Gate(s.Reached), s.WorkOf(s.Reached)
	_, late := s.LateStage()
	late = late && s.Chapters[s.Reached].OnEnter == OnEnterRecover
	if work.State != WorkRunning { // what runs has a limit of its own
		late = late || s.Visits[s.Reached].Late
	}
	switch {
	case s.Finished != nil, s.Mode == ModeLeaving:
		return false
	case s.LoopStopped():
		return true
	case s.Options.Auto:
		return false
	case s.Question != NoQuestion, s.Aimed(), s.Unmended(), work.State == WorkFailed, late:
		return true
	}
	return gate.Open && !s.waits(forAdvance) && !s.waits(forLoop)
}

// Complete says whether the talk has come to its end.
func (s State) Complete() bool { return s.last() && s.Ledger != nil }

// find gives the offer that an intent asks for.
func find(offers []Offer, a Asked) (Offer, bool) {
	i := slices.IndexFunc(offers, func(o Offer) bool { return o.Intent == a.Intent && (o.N == 0 || o.N == a.N) })
	if i < 0 {
		return Offer{}, false
	}
	return offers[i], true
}

// dead says whether a press comes too early to be meant: the keys of some questions are
// dead for a moment, and so is the echo of the press that brought the play into this
// chapter.
func (s State) dead(a Asked) bool {
	if a.Intent == Interrupt || s.Mode == ModeLeaving {
		return false
	}
	if s.Question != NoQuestion {
		return s.Deaf(s.Now)
	}
	return (a.Intent == Advance || a.Intent == Force) && s.AtFront() && s.Reached > 0 && s.Now.Sub(s.Visits[s.Reached].EnteredAt) < pressGap
}

// revise counts the revision up when something else is on offer than before:
// who asks for something says which revision they saw.
func (m *machine) revise() {
	offers := Offers(m.State)
	if m.Rev == 0 || !slices.Equal(offers, m.offers) || m.Question != m.offeredAt.question || m.Reached != m.offeredAt.reached || m.Play != m.offeredAt.play {
		m.Rev++
	}
	m.offers, m.offeredAt = offers, offered{m.Question, m.Reached, m.Play}
}

// offered is where the play stood when the offers were last looked at.
type offered struct {
	question Question
	reached  int
	play     int
}

// refusalShown is how long a refusal stays on the screen.
const refusalShown = 5 * time.Second
