package demo

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// moves is how long a random play may be; plays is how many a seed has.
const moves, plays = 60, 10_000

// settings are where random plays begin: most of those that begin at the first
// chapter end before the last.
var settings = []string{"", toLoad, toFault, toDark, toTicket, toAnswer, toAnswer + "; press", toAnswer + "; press; press", toTicket + "; press; press; answer", toRecovery, toRecovered, toComplete, toHalfMended}

// alone are the settings where nobody presses.
var alone = []string{"", loopToDark, loopToDark + "; tick 3s; signal status_probe; signal client_errors; ticket; lamps out; tick 3s; answer; tick 3s", loopToRecovery, loopToRecovery + "; tick 3s", loopToRecovery + "; tick 3s; answer"}

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
		r := beginRandom(t, fmt.Sprintf("%d/%d", rng.IntN(32), rng.IntN(len(settings))))
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
	former []Effect // of the plays before, which have not answered
	script []string
	done   map[string]bool // effects that were asked for in this play
	broken bool            // something is broken in truth, or may be
	lifts  bool            // a repair has failed since leaving began
	agreed int             // presses that agreed to the fault that is aimed at
	line   uint64          // number of the latest line of the record
	step   Step            // number of the latest effect
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
		record := map[bool]string{true: "a record"}[o&16 != 0]
		p := newPlay(t, Options{Auto: o&1 != 0, AutoApprove: o&2 != 0, Loop: o&4 != 0, From: o >> 3 & 1 * 5, TakeOver: record})
		switch { // the settings are for those who begin at the beginning
		case o&8 != 0:
		case o&1 != 0:
			p.run(alone[n%len(alone)])
		case o&2 == 0:
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
	r.line, r.step = r.nextLine, r.nextStep
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
	case r.Play > 1 && rng.IntN(4) == 0:
		return later + r.somethingLate(rng)
	case n < 6:
		i := Intent(1 + rng.IntN(int(TakingOver)))
		if (i == Quit || i == Interrupt) && rng.IntN(3) > 0 { // not every play ends at once
			i = Advance
		}
		return later + fmt.Sprintf("ask %d %d %d", i, rng.IntN(10), rng.IntN(4))
	case n < 14 && len(r.pending) > 0:
		return later + r.someAnswer(rng)
	default:
		return later + observations[rng.IntN(len(observations))]
	}
}

// observations are what the sources may see at any time.
var observations = []string{"up", "up", "out", "load", "load", "signal", "clear", "ticket", "close", "seal", "moved", "unopened", "wrong"}

func (r *randomPlay) someAnswer(rng *rand.Rand) string {
	how := []string{"ok", "ok", "ok", "ok", "fail", "skip"}[rng.IntN(6)]
	return fmt.Sprintf("%s %d %d", how, rng.IntN(len(r.pending)), rng.IntN(8))
}

// answer is an answer to an effect; kind says which of several.
func (r *randomPlay) answer(v Verb, kind int) Body {
	b := r.success(v)
	switch a := b.(type) {
	case FaultPlanned:
		a.Plan.CostsQuorum, a.Plan.ByHand = kind == 1, kind == 2
		if kind == 3 {
			a.Plan = Plan{Fault: "none", FaultType: TypeNone}
		}
		return a
	case DiagnosisFinished:
		switch kind {
		case 1:
			a.Action, a.Component, a.Correct = Action{Name: ActionRestart, Target: "lamp-1"}, "lamp-1", false
		case 2:
			a.Action, a.Correct = Action{Name: ActionNone}, false
		}
		return a
	}
	return b
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
		switch arg(3) {
		case 1:
			a.Rev = r.Rev
		case 2:
			a.Rev = r.Rev + 1 // any other than what is on offer
		case 3:
			a.Rev = max(r.Rev, 2) - 1 // what was on offer before
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
			e.Body = r.answer(x.Verb, arg(2))
		}
	case "up", "out":
		e.Body = HealthSeen{Snapshot: r.lamps(words[0])}
	case "load":
		e.Body = LoadSeen{LoadSample{Ops: 100}}
	default:
		e.Body = map[string]Body{
			"signal": SignalSeen{Name: SignalStatusProbe, Target: "lamp-2"}, "clear": SignalSeen{Name: SignalStatusProbe, Target: "lamp-2", Cleared: true},
			"ticket": TicketOpened{ID: "T-1", Target: "lamp-2"}, "close": TicketClosed{ID: "T-1", Target: "lamp-2"}, "seal": FaultSealed{Hash: "3fa9"},
			"moved": RecordMoved{}, "unopened": RecordFailed{Err: "it is gone"}, "wrong": Violation{Name: ViolationStale, Key: "k", Lower: 2, Upper: 3, Read: 1, When: SeenInRun},
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
	if words[1] == "late" {
		r.moveLate(words[2:])
		return
	}
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
			r.former, r.pending = append(slices.Clip(r.former), r.pending...), nil
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
			r.lifts = r.lifts || before.Mode == ModeLeaving
		}
	}
	switch e.Body.(type) {
	case ActionDone, FaultLifted:
		r.broken = false
	case FaultConfirmed:
		r.broken = r.broken && !r.Plan.Nothing()
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

// end leaves a play that has not ended: whatever fails then, it ends.
func (r *randomPlay) end(rng *rand.Rand) {
	if r.Finished == nil && r.Mode != ModeLeaving {
		r.move(fmt.Sprintf("0s ask %d 0 0", Interrupt))
	}
	for range 50 {
		if r.Finished != nil {
			r.checkOver(rng)
			return
		}
		r.require(len(r.pending) > 0, "it waits for nothing, and does not end")
		r.move("1ms " + r.someAnswer(rng))
	}
	r.require(false, "it does not end")
}
