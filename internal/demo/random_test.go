package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// once lists the effects that must never be performed twice in one play unless
// the first try failed.
func once(v Verb) string {
	switch v := v.(type) {
	case StartCluster, StartLoad, PlanFault, InjectFault, Diagnose, Act, Verify:
		return v.verb()
	}
	return ""
}

// settings are where random plays begin: most of those that begin at the first
// chapter end before the last.
var settings = []string{"", toFault, toTicket, toAnswer, toAnswer + "; press", toAnswer + "; press; press", toRecovery, toRecovered}

// TestWhateverHappensInWhateverOrderTheInvariantsHold plays random presses,
// answers, failures and observations, and looks at the state after every one.
func TestWhateverHappensInWhateverOrderTheInvariantsHold(t *testing.T) {
	for seed := range uint64(1000) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			p := newPlay(t, Options{Auto: seed%5 == 0, AutoApprove: seed%3 == 0, Loop: seed%7 == 0})
			if !p.Options.Auto { // that needs no presses
				p.run(settings[r.IntN(len(settings))])
			}
			done := map[string]bool{}
			for _, v := range []Verb{StartCluster{}, StartLoad{}, PlanFault{}, InjectFault{}, Diagnose{}, Act{}, Verify{}} {
				done[once(v)] = strings.Contains(p.trace.String(), once(v))
			}
			for range 400 {
				before := p.State
				p.at = p.at.Add(time.Duration(r.IntN(1500)) * time.Millisecond)
				e, failed := p.anything(r)
				s, effects := Apply(p.State, e)
				p.State = s
				p.want(fmt.Sprintf("%T", e.Body), effects)
				if failed != nil {
					delete(done, once(failed))
				}
				p.checkEffects(done, before.FaultOpen(), effects)
				p.checkMove(before, e)
				p.checkQuit(before)
				p.checkApproval(before, e, effects)
				if p.Finished != nil {
					return
				}
			}
		})
	}
}

// anything is a random event; verb is what it says has failed.
func (p *play) anything(r *rand.Rand) (e Event, failed Verb) {
	e.At = p.at
	switch n := r.IntN(10); {
	case n < 3:
		e.Body = Asked{Intent: Intent(1 + r.IntN(int(Choose))), N: r.IntN(10)}
	case n < 7 && len(p.pending) > 0:
		i := r.IntN(len(p.pending))
		x := p.pending[i]
		p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
		e.Step = x.Step
		if _, wait := x.Verb.(Wait); wait {
			e.Body = Waited{}
		} else if r.IntN(6) == 0 {
			e.Body, failed = EffectFailed{Err: "it slipped"}, x.Verb
		} else if act, ok := x.Verb.(Act); ok && r.IntN(3) == 0 {
			e.Body = ActionSkipped{Action: act.Action, Why: "it shines"}
		} else {
			e.Body = p.success(x.Verb)
		}
	case n == 7:
		e.Body = HealthSeen{Snapshot: p.lamps([]string{"up", "out"}[r.IntN(2)])}
	case n == 8:
		e.Body = LoadSeen{LoadSample{Ops: 100}}
	default:
		e.Body = []Body{
			SignalSeen{Name: SignalStatusProbe, Target: "lamp-2", Cleared: r.IntN(2) == 0},
			TicketOpened{ID: "T-1", Target: "lamp-2"},
			TicketClosed{ID: "T-1", Target: "lamp-2"},
			FaultSealed{Hash: "3fa9"},
		}[r.IntN(4)]
	}
	return e, failed
}

func (p *play) checkEffects(done map[string]bool, open bool, effects []Effect) {
	for _, e := range effects {
		if _, again := e.Verb.(Reset); again {
			require.False(p.t, open, p.trace.String())
			clear(done)
		}
		name := once(e.Verb)
		if name == "" {
			continue
		}
		require.False(p.t, done[name], "%s twice:\n%s", name, p.trace.String())
		done[name] = true
	}
}

// checkMove holds that one chapter is current, that the play moves one chapter
// at a time, and that none is left behind a closed gate except by force.
func (p *play) checkMove(before State, e Event) {
	require.True(p.t, 0 <= p.Current && p.Current <= p.Reached && p.Reached < len(p.Chapters))
	if p.Reached <= before.Reached {
		return
	}
	require.Equal(p.t, before.Reached+1, p.Reached)
	if a, ok := e.Body.(Asked); ok && a.Intent == Force {
		return
	}
	require.True(p.t, before.Gate(before.Reached).Open, "left chapter %d behind a closed gate:\n%s", before.Reached+1, p.trace.String())
	require.Equal(p.t, before.Forced, p.Forced)
}

// checkQuit holds that no run ends by the presenter's wish while a fault is
// open: it is lifted first, or the attempt to lift it has failed and been shown.
func (p *play) checkQuit(before State) {
	if p.Finished == nil || p.Finished.Outcome == OutcomeFailed {
		return
	}
	require.True(p.t, !before.FaultOpen() || before.Leaving, p.trace.String())
}

// checkApproval holds that nothing is carried out without a yes, that a yes is
// one key at a time when keys are alive, that nothing is both allowed and
// refused, and that a credit is never the agent's for what was not approved.
func (p *play) checkApproval(before State, e Event, effects []Effect) {
	if len(before.Visits) == 0 || p.Play != before.Play {
		return // it has begun again
	}
	why := p.trace.String
	if a, ok := e.Body.(Asked); p.Approved != before.Approved && p.Approved == ByPresenter {
		require.True(p.t, ok && a.Intent == Confirm && before.Question == AskApprove && !before.Deaf(p.at), why())
	}
	require.False(p.t, p.Approved != "" && p.Denied != "", why())
	require.False(p.t, p.MendedBy == ByAgent && (p.Approved == "" || p.Skipped != ""), why())
	require.False(p.t, p.Approved == ByAuto && !p.Unattended(), why())
	denied := false
	for _, x := range effects {
		switch v := x.Verb.(type) {
		case OpenSeal:
			require.NotEmpty(p.t, p.Sealed, why())
			require.Equal(p.t, p.Answer, v.Answer, why())
		case Act:
			require.NotEmpty(p.t, p.Approved, why())
			require.Equal(p.t, p.Answer.Action, v.Action, why())
		case Record:
			if b, ok := v.Body.(ActionDenied); ok {
				require.NotEmpty(p.t, b.Reason, why())
				denied = true
			}
		}
	}
	require.Equal(p.t, p.Denied != before.Denied, denied, why())
}
