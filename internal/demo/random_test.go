package demo

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// plays is how many random plays a seed has, and moves how long each may be.
const (
	plays = 10_000
	moves = 60
)

// settings are where random plays begin: most of those that begin at the first
// chapter end before the last.
var settings = []string{"", toLoad, toFault, toDark, toTicket, toAnswer, toAnswer + "; press", toAnswer + "; press; press", toTicket + "; press; press; answer", toRecovery, toRecovered, toComplete}

// TestWhateverHappensInWhateverOrderTheInvariantsHold plays random presses,
// answers, failures and observations, and looks at the state after every one.
// PLAY_SEED chooses other plays. A play that fails prints its script, and
// PLAY_SCRIPT plays that again.
func TestWhateverHappensInWhateverOrderTheInvariantsHold(t *testing.T) {
	if script := os.Getenv("PLAY_SCRIPT"); script != "" {
		lines := strings.Split(script, "; ")
		r := beginRandom(t, lines[0])
		for _, line := range lines[1:] {
			r.move(line)
		}
		return
	}
	seed, err := strconv.ParseUint(cmpOr(os.Getenv("PLAY_SEED"), "1"), 10, 64)
	require.NoError(t, err)
	for n := range uint64(plays) {
		rng := rand.New(rand.NewPCG(seed, n))
		r := beginRandom(t, fmt.Sprintf("%d/%d", rng.IntN(8), rng.IntN(len(settings))))
		for range moves {
			if r.Finished != nil {
				break
			}
			r.move(r.anything(rng))
		}
		r.end(rng)
	}
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// randomPlay is a play with what its invariants need to know.
type randomPlay struct {
	play
	script []string
	done   map[string]bool // effects that were asked for in this play
	broken bool            // something is broken in truth, or may be
	lifts  bool            // a repair has failed since leaving began
}

// begun keeps the plays up to the settings: they are values.
var begun = map[string]*play{}

// beginRandom begins where a word says: options/setting.
func beginRandom(t *testing.T, where string) *randomPlay {
	t.Helper()
	if begun[where] == nil {
		options, setting, _ := strings.Cut(where, "/")
		o, err := strconv.Atoi(options)
		require.NoError(t, err)
		n, err := strconv.Atoi(setting)
		require.NoError(t, err)
		p := newPlay(t, Options{Auto: o&1 != 0, AutoApprove: o&2 != 0, Loop: o&4 != 0})
		if o&3 == 0 { // the settings are for a presenter who is asked
			p.run(settings[n])
		}
		begun[where] = p
	}
	from := begun[where]
	r := &randomPlay{play: play{State: from.State, t: t, at: from.at, pending: slices.Clone(from.pending)}, script: []string{where}, done: map[string]bool{}}
	for _, v := range []Verb{StartCluster{}, StartLoad{}, PlanFault{}, InjectFault{}, Diagnose{}, Act{}, Prove{}, Verify{}} {
		r.done[once(v)] = strings.Contains(from.trace.String(), once(v))
	}
	r.broken = r.FaultOpen()
	return r
}

// once lists the effects that must never be performed twice in one play unless
// the first try failed.
func once(v Verb) string {
	switch v := v.(type) {
	case StartCluster, StartLoad, PlanFault, InjectFault, Diagnose, Act, Prove, Verify:
		return v.verb()
	}
	return ""
}

// anything is a random move in words: how much later, and what.
func (r *randomPlay) anything(rng *rand.Rand) string {
	later := fmt.Sprintf("%dms ", rng.IntN(1500))
	switch n := rng.IntN(20); {
	case n < 6:
		i := Intent(1 + rng.IntN(int(Interrupt)))
		if (i == Quit || i == Interrupt) && rng.IntN(3) > 0 { // not every play ends at once
			i = Advance
		}
		return later + fmt.Sprintf("ask %d %d %d", i, rng.IntN(10), rng.IntN(2))
	case n < 14 && len(r.pending) > 0:
		return later + r.someAnswer(rng)
	default:
		return later + []string{"up", "out", "load", "signal", "clear", "ticket", "close", "seal"}[rng.IntN(8)]
	}
}

func (r *randomPlay) someAnswer(rng *rand.Rand) string {
	how := []string{"ok", "ok", "ok", "ok", "fail", "skip"}[rng.IntN(6)]
	return fmt.Sprintf("%s %d", how, rng.IntN(len(r.pending)))
}

// event makes an event of a move; effect is what it answers.
func (r *randomPlay) event(words []string) (e Event, effect Verb) {
	arg := func(i int) int {
		n, err := strconv.Atoi(words[i])
		require.NoError(r.t, err)
		return n
	}
	switch words[0] {
	case "ask":
		a := Asked{Intent: Intent(arg(1)), N: arg(2)}
		if arg(3) == 1 {
			a.Rev = r.Rev
		}
		e.Body = a
	case "ok", "fail", "skip":
		x := r.pending[arg(1)]
		r.pending = slices.Delete(slices.Clone(r.pending), arg(1), arg(1)+1)
		e.Step, effect = x.Step, x.Verb
		act, isAct := x.Verb.(Act)
		_, wait := x.Verb.(Wait)
		switch {
		case wait:
			e.Body = Waited{}
		case words[0] == "fail":
			e.Body = EffectFailed{Err: "it slipped"}
		case words[0] == "skip" && isAct:
			e.Body = ActionSkipped{Action: act.Action, Why: "it shines"}
		default:
			e.Body = r.success(x.Verb)
		}
	case "up", "out":
		e.Body = HealthSeen{Snapshot: r.lamps(words[0])}
	case "load":
		e.Body = LoadSeen{LoadSample{Ops: 100}}
	default:
		e.Body = map[string]Body{
			"signal": SignalSeen{Name: SignalStatusProbe, Target: "lamp-2"}, "clear": SignalSeen{Name: SignalStatusProbe, Target: "lamp-2", Cleared: true},
			"ticket": TicketOpened{ID: "T-1", Target: "lamp-2"}, "close": TicketClosed{ID: "T-1", Target: "lamp-2"}, "seal": FaultSealed{Hash: "3fa9"},
		}[words[0]]
	}
	e.At = r.at
	return e, effect
}

// move makes a move and looks whether everything holds after it.
func (r *randomPlay) move(line string) {
	r.script = append(r.script, line)
	words := strings.Fields(line)
	later, err := time.ParseDuration(words[0])
	require.NoError(r.t, err)
	r.at = r.at.Add(later)
	e, effect := r.event(words[1:])
	if v, ok := effect.(InjectFault); ok { // as the runner does, before it answers
		r.State, _ = Apply(r.State, Event{At: e.At, Body: FaultInjected{Plan: v.Plan, By: ByDemo}})
	}
	before := r.State
	s, effects := Apply(before, e)
	r.State = s
	r.keep(effects)
	r.happened(before, e, effect)
	r.check(before, e, effects)
}

// keep keeps what must be answered.
func (r *randomPlay) keep(effects []Effect) {
	for _, e := range effects {
		if _, again := e.Verb.(Reset); again {
			r.require(!r.broken, "it began again with a lamp out")
			r.pending = nil
			clear(r.done)
		}
		if _, breaks := e.Verb.(InjectFault); breaks {
			r.broken = true // or it may be
		}
		if name := once(e.Verb); name != "" {
			r.require(!r.done[name], "%s twice", name)
			r.done[name] = true
		}
		if e.Step != 0 {
			r.pending = append(r.pending, e)
		}
	}
}

// happened keeps what is so in truth.
func (r *randomPlay) happened(before State, e Event, effect Verb) {
	if _, failed := e.Body.(EffectFailed); failed {
		delete(r.done, once(effect))
		switch effect.(type) {
		case LiftFault, Act:
			r.lifts = r.lifts || before.Leaving
		}
	}
	switch e.Body.(type) {
	case ActionDone, FaultLifted:
		r.broken = false
	case ActionSkipped:
		delete(r.done, once(effect))
	}
}

func (r *randomPlay) require(ok bool, what string, args ...any) {
	if !ok {
		r.t.Helper()
		r.t.Fatalf("%s, in:\nPLAY_SCRIPT='%s'", fmt.Sprintf(what, args...), strings.Join(r.script, "; "))
	}
}

// check holds the invariants against one move.
func (r *randomPlay) check(before State, e Event, effects []Effect) {
	r.checkMove(before, e)
	r.checkQuestion(before, e)
	r.checkPeace(before, e)
	r.checkLeaving(before)
	r.checkApproval(before, e, effects)
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
		AskQuorum: r.Phase == PhaseAimed, AskQuorumAgain: r.Phase == PhaseAimed,
	}[r.Question]
	r.require(about, "question %d, and what it asks about is over", r.Question)
	if _, asked := e.Body.(Asked); asked || r.Question == before.Question || r.Play != before.Play {
		return
	}
	_, paused := e.Body.(Waited)
	goesOn := paused && before.Question == NoQuestion && r.Question == AskApprove
	ended := r.Question == NoQuestion && (r.Phase != before.Phase || r.Finished != nil)
	r.require(goesOn || ended, "question %d became %d by %T", before.Question, r.Question, e.Body)
}

// checkPeace holds that who looks back is left in peace, and that nothing goes on
// behind an open question.
func (r *randomPlay) checkPeace(before State, e Event) {
	if _, asked := e.Body.(Asked); asked || r.Play != before.Play {
		return
	}
	if before.Current < before.Reached {
		r.require(r.Current == before.Current, "pulled from chapter %d to %d", before.Current+1, r.Current+1)
		r.require(before.Options.Auto || r.Reached == before.Reached, "went on behind who looks back")
	}
	if before.Question != NoQuestion {
		r.require(r.Reached == before.Reached && r.Current == before.Current, "went on behind a question")
	}
}

// checkLeaving holds that leaving is not forgotten, and that no run ends by the
// presenter's wish while a fault is open: it is lifted first, or the attempt to
// lift it has failed, or a second interrupt did not wait.
func (r *randomPlay) checkLeaving(before State) {
	r.require(!before.Leaving || r.Leaving || r.Finished != nil, "leaving was forgotten")
	r.require(!before.Leaving || r.Finished == nil || r.Finished.Outcome != OutcomeFailed, "a failure ended it before the repair did")
	r.require(!r.Leaving || r.Question == NoQuestion, "a question while leaving")
	r.require(r.broken == r.FaultOpen(), "broken: %v, and the play says %v", r.broken, r.FaultOpen())
	if r.Finished == nil || r.Finished.Outcome == OutcomeFailed || !r.broken {
		return
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
	r.require(r.ApprovedBy() != ByAuto || r.Unattended(), "approved by nobody")
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
	if !known || !o.Enabled || now.dead(a) {
		r.require(len(effects) == 0, "%d did something that is not on offer: %T", a.Intent, first(effects))
		r.require(reflect.DeepEqual(still(before), still(r.State)), "%d changed what is not on offer", a.Intent)
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
		return !r.Armed && r.Current == before.Current
	case DoBack:
		return r.Current == before.Current-1
	case DoJump:
		return r.Current == o.N-1 && r.Reached == before.Reached
	case DoForce:
		return r.Forced == before.Forced+1 && r.Reached == before.Reached+1
	case DoRetry:
		return r.WorkOf(r.Reached).State == WorkRunning
	case DoMendAgain, DoMendByHand:
		return asks(LiftFault{})
	case DoRestart:
		return r.Play == before.Play+1 && r.Reached == 0
	case DoBreak:
		return r.Phase == PhaseCounting && r.Question == NoQuestion
	case DoCancel, DoUndecided:
		return r.Question == NoQuestion && r.Phase == before.Phase
	case DoPropose, DoReconsider, DoSee:
		return r.Question == AskApprove
	case DoApprove:
		return r.ApprovedBy() == ByPresenter
	case DoRefuse:
		return r.Question == AskReason
	case DoReason:
		return r.DeniedFor() == o.About && r.Question == NoQuestion
	case DoWithout:
		return r.Question == NoQuestion && r.ApprovedBy() == "" && r.DeniedFor() == ""
	case DoLeave, DoAbandon:
		return r.Finished != nil
	case DoAskLeave:
		return r.Question == AskQuitFault
	case DoMendAndLeave:
		return r.Leaving
	}
	return false
}

// end leaves a play that has not ended: whatever fails then, it ends.
func (r *randomPlay) end(rng *rand.Rand) {
	if r.Finished == nil && !r.Leaving {
		r.move(fmt.Sprintf("0s ask %d 0 0", Interrupt))
	}
	for range 50 {
		if r.Finished != nil {
			return
		}
		r.require(len(r.pending) > 0, "it waits for nothing, and does not end")
		r.move("1ms " + r.someAnswer(rng))
	}
	r.require(false, "it does not end")
}
