package demo

import (
	"reflect"
	"slices"
	"time"
)

// check holds the invariants against one move.
func (r *randomPlay) check(before State, e Event, effects []Effect) {
	r.checkMove(before, e)
	r.checkQuestion(before, e)
	r.checkPeace(before, e)
	r.checkLeaving(before)
	r.checkApproval(before, e, effects)
	r.checkBreaking(before, e, effects)
	r.checkRepair(effects)
	r.checkRecord(before, e, effects)
	r.checkWaiting()
	r.checkClock(before)
	r.checkOffers(before)
	if a, ok := e.Body.(Asked); ok {
		r.checkOffer(before, a, effects)
	}
}

// checkMove holds that one chapter is current, that the play moves one chapter
// at a time, and that none is left behind a closed gate except by force.
func (r *randomPlay) checkMove(before State, e Event) {
	r.require(0 <= r.Current && r.Current <= r.Reached && r.Reached < len(r.Chapters), "no chapter is shown")
	if r.Reached <= before.Reached {
		r.require(r.Reached == before.Reached || r.Play == before.Play+1, "it went back")
		return
	}
	r.require(before.Reached+1 == r.Reached, "it left a chapter out")
	r.require(r.Mode != ModePaused, "the question of the chapter before goes on")
	if a, ok := e.Body.(Asked); ok && a.Intent == Force {
		return
	}
	if d, ok := e.Body.(EffectFailed); ok {
		r.require(false, "a failure went on: %s", d.Err)
	}
	opened := before.Gate(before.Reached).Open || r.Gate(before.Reached).Open
	r.require(opened, "left chapter %d behind a closed gate", before.Reached+1)
	r.require(before.Forced == r.Forced, "forced without force")
}

// checkQuestion holds that a question comes and goes by an intent, or goes with
// the end of what it asks about, or is the one that comes before the next
// chapter.
func (r *randomPlay) checkQuestion(before State, e Event) {
	_, proposed := r.Proposal()
	about := map[Question]bool{
		NoQuestion: true, AskQuitFault: r.FaultOpen(), AskApprove: proposed, AskReason: proposed,
		AskQuorum: r.Phase == PhaseAimed, AskQuorumAgain: r.Phase == PhaseAimed, AskRestart: r.last() && !r.FaultOpen() || r.Mode == ModeGaveUp,
		AskTakeOver: r.Options.TakeOver != "" && !r.OnRecord(),
	}[r.Question]
	r.require(about, "question %d, and what it asks about is over", r.Question)
	if _, asked := e.Body.(Asked); asked || r.Question == before.Question || r.Play != before.Play {
		return
	}
	_, paused := e.Body.(Waited)
	goesOn := paused && before.Question == NoQuestion && r.Question == AskApprove
	broken := before.Question == AskQuitFault || before.Question == AskApprove || before.Question == AskReason
	ended := r.Question == NoQuestion && (broken && r.Phase != before.Phase || r.Finished != nil || r.Mode == ModeGaveUp && before.Mode != ModeGaveUp)
	r.require(goesOn || ended, "question %d became %d by %T", before.Question, r.Question, e.Body)
}

// checkPeace holds that who looks back is left in peace, and that nothing goes on
// behind an open question.
func (r *randomPlay) checkPeace(before State, e Event) {
	if _, asked := e.Body.(Asked); asked {
		return
	}
	if r.Play != before.Play {
		r.require(before.byItself() || before.AtFront() || before.Mode == ModeGaveUp, "began again behind who looks back")
		return
	}
	if before.Current < before.Reached {
		r.require(r.Current == before.Current, "pulled from chapter %d to %d", before.Current+1, r.Current+1)
		r.require(before.byItself() || r.Reached == before.Reached, "went on behind who looks back")
	}
	if before.Question != NoQuestion {
		r.require(r.Reached == before.Reached && r.Current == before.Current, "went on behind a question")
	}
}

// checkLeaving holds that leaving is not forgotten, and that no run ends by the
// presenter's wish while a fault is open: it is lifted first, or the attempt to
// lift it has failed, or a second interrupt did not wait.
func (r *randomPlay) checkLeaving(before State) {
	r.require(before.Mode != ModeLeaving || r.Mode == ModeLeaving, "leaving was forgotten")
	r.require(before.Mode != ModeGaveUp || r.Mode.ends() || r.Play != before.Play, "a round that has failed goes on")
	r.require(r.Finished == nil || r.Mode != ModePaused, "a question from the audience is still open at the end")
	if n := len(r.TakeOvers); n > 0 {
		r.require(r.OnRecord() == r.TakeOvers[n-1].Until.IsZero(), "a record is shown, and it is not")
	}
	failed := r.Finished != nil && r.Finished.Outcome == OutcomeFailed && r.lost() == 0 // what lost writes has failed however it ends
	r.require(before.Mode != ModeLeaving || !failed, "a failure ended it before the repair did")
	r.require(r.Mode != ModeLeaving || r.Question == NoQuestion, "a question while leaving")
	r.require(r.broken == r.FaultOpen(), "broken: %v, and the play says %v", r.broken, r.FaultOpen())
	alone := r.Finished != nil && r.Finished.Outcome == OutcomeFailed && before.Mode != ModeLeaving // the end of the runner repairs
	if r.Finished == nil || failed || alone || !r.broken {
		return
	}
	if r.Plan.ByHand && before.Phase == PhaseInjecting {
		return // only whoever breaks it knows
	}
	r.require(r.lifts || len(r.Finished.LeftBroken) > 0, "it ended with a lamp out, and nobody tried to mend it")
}

// checkApproval holds that nothing is carried out without a yes, that a yes is
// one key at a time when keys are alive, that nothing is both allowed and
// refused, and that a credit is never the agent's for what was not approved.
func (r *randomPlay) checkApproval(before State, e Event, effects []Effect) {
	if r.Play != before.Play {
		return // it has begun again
	}
	if a, ok := e.Body.(Asked); r.ApprovedBy() != before.ApprovedBy() && r.ApprovedBy() == ByPresenter {
		r.require(ok && a.Intent == Confirm && before.Question == AskApprove && !before.Deaf(r.at), "approved without a yes")
	}
	r.require(r.ApprovedBy() == "" || r.DeniedFor() == "", "allowed and refused")
	r.require(r.MendedBy != ByAgent || r.ApprovedBy() != "" && r.SkippedFor() == "", "the agent's credit for what was not approved")
	r.require(r.ApprovedBy() != ByAuto || r.Unattended() || r.Options.From > 0, "approved by nobody")
	denied := false
	for _, x := range effects {
		switch v := x.Verb.(type) {
		case OpenSeal:
			r.require(r.Sealed != "" && r.Answer == v.Answer, "nothing was sealed, or another answer given")
		case Act:
			r.require(r.ApprovedBy() != "" && r.Answer.Action == v.Action, "carried out without a yes")
		case Record:
			if b, ok := v.Body.(ActionDenied); ok {
				r.require(b.Reason != "", "denied without a reason")
				denied = true
			}
		}
	}
	r.require((r.DeniedFor() != before.DeniedFor()) == denied, "a refusal that nobody hears of")
}

// checkOffer holds that an offer does what its label says, and that nothing else
// does anything.
func (r *randomPlay) checkOffer(before State, a Asked, effects []Effect) {
	o, known := find(Offers(before), a)
	now := before
	now.Now = r.at
	if !known || !o.Enabled || now.dead(a) || a.Rev != 0 && a.Rev != before.Rev {
		r.require(before.OnRecord() || len(effects) == 0, "%d did something that is not on offer: %T", a.Intent, first(effects))
		r.require(before.OnRecord() || reflect.DeepEqual(still(before), still(r.State)), "%d changed what is not on offer", a.Intent)
		return
	}
	does := r.did(before, o, effects)
	r.require(does, "%d did not do what label %d says", a.Intent, o.Label)
}

func first(effects []Effect) Verb {
	if len(effects) == 0 {
		return nil
	}
	return effects[0].Verb
}

// still is a state without what a press may change that does nothing.
func still(s State) State {
	s.Now, s.Refusal, s.refusedAt, s.refusedOpen = time.Time{}, Refusal{}, time.Time{}, false
	s.offers = nil
	return s
}

// did says whether an offer did what its label says.
func (r *randomPlay) did(before State, o Offer, effects []Effect) bool {
	asks := func(v Verb) bool {
		return slices.ContainsFunc(effects, func(e Effect) bool { return e.Step != 0 && e.Verb.verb() == v.verb() })
	}
	switch o.Label {
	case DoShowNext:
		return r.Current == before.Current+1 && r.Reached == before.Reached
	case DoNext:
		return r.Reached == before.Reached+1 && r.Current == r.Reached && r.Forced == before.Forced
	case DoWhenReady:
		return r.Armed
	case DoStay:
		return !r.Armed && r.Current == before.Current && r.Phase == before.Phase
	case DoBack:
		return r.Current == before.Current-1
	case DoJump:
		return r.Current == o.N-1 && r.Reached == before.Reached
	case DoForce:
		return r.Forced == before.Forced+1 && r.Reached == before.Reached+1
	case DoRetry:
		return r.WorkOf(r.Reached).State == WorkRunning
	case DoPause:
		return r.Mode == ModePaused && r.Current == before.Current
	case DoResume:
		return r.Mode != ModePaused && r.Current == before.Current
	case DoMendAgain, DoMendByHand:
		return asks(LiftFault{})
	case DoRestart:
		return r.Play == before.Play+1 && r.Reached == 0
	case DoBreak:
		return r.Phase == PhaseCounting && r.Question == NoQuestion
	case DoCancel, DoUndecided: // a play without a presenter goes on with its repair, which the question had stopped
		return r.Question == NoQuestion && (r.Phase == before.Phase || before.byItself() && r.Phase == PhaseMending)
	case DoPropose, DoReconsider, DoSee:
		return r.Question == AskApprove
	case DoApprove:
		return r.ApprovedBy() == ByPresenter
	case DoRefuse:
		return r.Question == AskReason
	case DoReason:
		return r.DeniedFor() == o.About && r.Question == NoQuestion
	case DoWithout:
		return r.Question == NoQuestion && r.ApprovedBy() == "" && r.DeniedFor() == "" && r.Reached == before.Reached+1
	case DoLeave, DoAbandon:
		return r.Finished != nil
	case DoAskRestart:
		return r.Question == AskRestart
	case DoAskLeave:
		return r.Question == AskQuitFault
	case DoAskQuorum:
		return r.Question == AskQuorum
	case DoAskReally:
		return r.Question == AskQuorumAgain
	case DoAskTakeOver:
		return r.Question == AskTakeOver
	case DoTakeOver:
		return r.OnRecord() && r.Question == NoQuestion && r.NotShown() == ""
	case DoLive:
		return !r.OnRecord() && r.Reached == before.Reached
	case DoMendAndLeave:
		return r.Mode == ModeLeaving
	}
	return false
}
