package demo

import (
	"math/rand/v2"
	"reflect"
)

// checkBreaking holds that nothing is broken but by a press that says so, one more
// where the quorum is lost, and a countdown that nothing has stopped since.
func (r *randomPlay) checkBreaking(before State, e Event, effects []Effect) {
	a, asked := e.Body.(Asked)
	o, _ := before.Grants(a)
	if r.Play != before.Play || r.Phase < PhaseAimed {
		r.agreed = 0
	}
	if asked {
		switch before.Now = r.at; o.Label {
		case DoAskReally, DoBreak:
			r.agreed++
		}
	}
	if r.Phase == PhaseAimed && r.Question != AskQuorumAgain {
		r.agreed = 0 // it was taken back
	}
	for _, x := range effects {
		v, breaks := x.Verb.(InjectFault)
		if !breaks {
			continue
		}
		if asked {
			r.require(o.Label == DoRetry && before.Injection.State == WorkFailed, "broken by %d", a.Intent)
		}
		needed := 1
		if v.Plan.CostsQuorum {
			needed = 2
		}
		alone := before.byItself() || before.Reached < r.Options.From
		r.require(r.agreed >= needed || alone || asked, "%d agreed to break it, and it needs %d", r.agreed, needed)
		r.require(v.Plan.Target == r.Plan.Target, "another target than was named")
		r.require(r.Mode != ModeLeaving && r.Question == NoQuestion && !r.OnRecord(), "broken behind a question, a record or who leaves")
		r.require(asked || r.Mode != ModePaused && (alone || r.AtFront()), "broken during a question from the audience, or behind who looks back")
	}
}

// checkRepair holds that one repair is done at a time, and none while the fault is
// still being done.
func (r *randomPlay) checkRepair(effects []Effect) {
	repairs := 0
	for _, x := range r.pending {
		switch x.Verb.(type) {
		case Act, LiftFault, InjectFault:
			repairs++
		}
	}
	for _, x := range effects {
		r.require(x.Step != 0 || x.Line == r.line+1, "line %d of the record after line %d", x.Line, r.line)
		r.require(x.Step == 0 || x.Step > r.step, "step %d after step %d", x.Step, r.step)
		r.line, r.step = max(r.line, x.Line), max(r.step, x.Step)
	}
	r.require(repairs <= 1, "%d injections and repairs at once", repairs)
	r.require(r.Phase != PhaseOpen || r.Injection.State != WorkFailed, "an injection that failed counts as done")
}

// checkRecord holds that the live play stands still behind a record that is shown.
func (r *randomPlay) checkRecord(before State, e Event, effects []Effect) {
	if !before.OnRecord() || !r.OnRecord() {
		return
	}
	r.require(r.Reached == before.Reached && r.Current == before.Current && (r.Question == NoQuestion || r.Question == AskQuitFault) && r.ApprovedBy() == before.ApprovedBy(), "the live play went on behind the record")
	for _, x := range effects {
		switch x.Verb.(type) {
		case Wait, Record, Finish, StartCluster, StartLoad, LiftFault, Prove, OpenSeal:
		default:
			r.require(false, "%T behind the record, by %T", x.Verb, e.Body)
		}
	}
}

// checkWaiting holds that a question stops what waits, that a play which nobody has
// to press for waits for something, and that one which does says for which key.
func (r *randomPlay) checkWaiting() {
	if r.Finished != nil {
		r.require(len(r.State.pending) == 0, "it is over, and waits")
		return
	}
	if r.Question != NoQuestion {
		r.require(!r.Armed && !r.waits(forAdvance) && !r.waits(forLoop) && r.Phase != PhaseCounting, "it goes on behind question %d", r.Question)
	}
	for p := range forProof + 1 {
		n := 0
		for _, x := range r.State.pending {
			if x.purpose == p {
				n++
			}
		}
		r.require(n <= 1 || p == forStage || p == forWork || p == forProof, "%d times awaited: %d", p, n)
	}
	keys := 0
	for _, o := range Offers(r.State) {
		if o.Main && o.Enabled {
			keys++
		}
	}
	r.require(keys > 0 || !r.NeedsPress() || r.OnRecord(), "it needs a press, and says not which")
	still := !r.NeedsPress() && r.Question == NoQuestion && r.Mode != ModePaused && !r.OnRecord() && r.Gate(r.Reached).Open
	r.require(!still || len(r.State.pending) > 0, "nobody has to press, and it waits for nothing")
}

// checkClock holds that the talk's clock never runs backwards.
func (r *randomPlay) checkClock(before State) {
	if r.Play != before.Play {
		return
	}
	r.require(r.Elapsed(r.at) >= before.Elapsed(before.Now), "the clock ran backwards from %s to %s", before.Elapsed(before.Now), r.Elapsed(r.at))
	again := before.Injection.State == WorkFailed && r.Phase == PhaseInjecting
	r.require(r.Phase >= before.Phase || before.Phase == PhaseCounting || before.Phase == PhaseMending || again, "phase %d became %d", before.Phase, r.Phase)
	if f := r.Finished; f != nil && f.Outcome == OutcomeComplete {
		r.require(r.last() && r.Ledger != nil && !r.broken, "complete, and it is not")
	}
}

// checkOffers holds that a press means one thing, that what is on offer says what it
// does, that what is not says why, and that no revision of it comes again.
func (r *randomPlay) checkOffers(before State) {
	r.require(r.Rev >= before.Rev, "revision %d after %d", r.Rev, before.Rev)
	type press struct {
		Intent
		n int
	}
	seen := map[press]bool{}
	interrupt := false
	for _, o := range Offers(r.State) {
		r.require(!seen[press{o.Intent, o.N}], "%d %d is on offer twice", o.Intent, o.N)
		seen[press{o.Intent, o.N}] = true
		does, refused := o.Label != DoNothing, o.Why != NoReason
		r.require(o.Enabled == does && o.Enabled != refused, "%d is enabled %v, does %d and is refused for %d", o.Intent, o.Enabled, o.Label, o.Why)
		interrupt = interrupt || o.Enabled && o.Intent == Interrupt
	}
	r.require(interrupt || r.Finished != nil, "it cannot be left")
}

// checkOver holds that nothing happens after the end.
func (r *randomPlay) checkOver(rng *rand.Rand) {
	for range 3 {
		s, effects := Apply(r.State, Event{At: r.at, Body: Asked{Intent: Intent(1 + rng.IntN(int(TakingOver)))}})
		r.require(len(effects) == 0 && reflect.DeepEqual(s, r.State), "something happened after the end")
	}
}
