package demo

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
)

// somethingLate is what comes from a play that is over: something that a source saw in
// it, or the answer of an effect that it asked for. The runner writes on an answer which
// play it was in when it was given, so that may be the new one too.
func (r *randomPlay) somethingLate(rng *rand.Rand) string {
	seen := append(slices.Clip(observations), "injected", "verified")
	if len(r.former) == 0 || rng.IntN(3) == 0 {
		return "late seen " + seen[rng.IntN(len(seen))]
	}
	how := []string{"ok", "ok", "fail"}[rng.IntN(3)]
	return fmt.Sprintf("late %s %d %d %d", how, rng.IntN(len(r.former)), rng.IntN(8), rng.IntN(2))
}

// moveLate delivers it, and holds that the new play hears nothing of it.
func (r *randomPlay) moveLate(words []string) {
	e := r.lateEvent(words)
	before := r.State
	s, effects := Apply(before, e)
	r.State = s
	r.require(len(effects) == 0, "%T of play %d asked for %T in play %d", e.Body, e.Play, first(effects), before.Play)
	r.require(reflect.DeepEqual(before, s), "%T of an earlier play changed play %d", e.Body, before.Play)
}

// lateEvent makes the event of a late move.
func (r *randomPlay) lateEvent(words []string) Event {
	e := Event{At: r.at, Play: r.Play - 1}
	if words[0] == "seen" {
		switch words[1] {
		case "injected":
			e.Body = FaultInjected{Plan: lampPlan, By: ByDemo}
		case "verified":
			e.Body = LedgerVerified{Acked: 100, Checked: 10, Lost: 1}
		default:
			seen, _ := r.event(words[1:])
			e.Body = seen.Body
		}
		return e
	}
	arg := func(i int) int {
		n, err := strconv.Atoi(words[i])
		r.require(err == nil, "%q is no number", words[i])
		return n
	}
	x := r.former[arg(1)]
	r.former = slices.Delete(slices.Clone(r.former), arg(1), arg(1)+1)
	e.Step, e.Body = x.Step, r.lateAnswer(x.Verb, words[0], arg(2))
	if e.Play = x.Play; arg(3) == 1 {
		e.Play = r.Play
	}
	return e
}

// lateAnswer is how an effect ends that nobody waits for any more.
func (r *randomPlay) lateAnswer(v Verb, how string, kind int) Body {
	if _, wait := v.(Wait); wait {
		return Waited{}
	}
	if how == "fail" {
		return EffectFailed{Err: "it slipped"}
	}
	return r.answer(v, kind)
}
