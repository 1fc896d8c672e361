package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// away is a play with a fault that is open, of which a record was shown instead.
func away(t *testing.T) (s State, effects []Effect) {
	t.Helper()
	s, _ = Open(New(lampChapters(), Options{TakeOver: "a record"}), lifeBegan)
	s.Phase, s.Plan, s.FaultAt = PhaseOpen, &Plan{Target: "lamp-2"}, lifeBegan
	at := lifeBegan.Add(time.Minute)
	s, _ = Take(s, Event{At: at, Body: Asked{Intent: TakingOver}})
	require.Equal(t, AskTakeOver, s.Question)
	s, effects = Take(s, Event{At: at.Add(time.Second), Body: Asked{Intent: Confirm}})
	require.True(t, s.OnRecord())
	return s, effects
}

func verbs(effects []Effect) (names []string) {
	for _, e := range effects {
		if _, line := e.Verb.(Record); !line {
			names = append(names, NameOf(e.Verb))
		}
	}
	return names
}

// stepOf gives the step of the effect with a name.
func stepOf(effects []Effect, name string) (found Step) {
	for _, e := range effects {
		if NameOf(e.Verb) == name {
			found = e.Step
		}
	}
	return found
}

// What is broken is repaired while the record is shown, again and again where that
// fails, with a pause between.
func TestWhatIsBrokenIsRepairedBehindTheRecord(t *testing.T) {
	s, effects := away(t)
	require.Contains(t, verbs(effects), "lift the fault")
	for range 3 {
		s, effects = Take(s, Event{At: s.Now.Add(time.Second), Step: stepOf(effects, "lift the fault"), Body: EffectFailed{Effect: "lift the fault", Err: "no Docker"}})
		require.Equal(t, []string{"wait"}, verbs(effects), "not at once")
		s, effects = Take(s, Event{At: s.Now.Add(5 * time.Second), Step: effects[len(effects)-1].Step, Body: Waited{}})
		require.Contains(t, verbs(effects), "lift the fault")
	}
	for _, o := range Offers(s) {
		require.Contains(t, []Intent{TakingOver, Quit, Interrupt}, o.Intent, "nothing else moves the live play")
	}
}

// Without a record, and without a presenter, there is nothing to take over from.
func TestTakingOverNeedsARecordAndAPresenter(t *testing.T) {
	for _, o := range []Options{{}, {Auto: true, TakeOver: "a record"}} {
		s, _ := Open(New(lampChapters(), o), lifeBegan)
		s, _ = Take(s, Event{At: lifeBegan.Add(time.Minute), Body: Asked{Intent: TakingOver}})
		require.Equal(t, NoQuestion, s.Question)
		require.Equal(t, WhyNoRecord, s.Refusal.Why)
	}
}

// noted gives what effects write into the record.
func noted(effects []Effect) (out []Body) {
	for _, e := range effects {
		if r, ok := e.Verb.(Record); ok && r.Body.Kind() != (Taken{}).Kind() {
			out = append(out, r.Body)
		}
	}
	return out
}

// The record of a live talk says which record the audience saw meanwhile, how far, and
// when the live side was well: it had the beginning and the end alone.
func TestTheRecordSaysWhatWasShownInsteadOfTheLiveTalk(t *testing.T) {
	s, effects := away(t)
	require.Contains(t, noted(effects), TakenOver{N: 1, ID: s.Chapters[0].ID, Record: "a record"})
	shown := RecordShown{N: 2, ID: "other", Run: "r0", Head: "abcd", Of: lifeBegan}
	s, effects = Take(s, Event{At: s.Now.Add(time.Second), Body: RecordMoved{shown}})
	require.Equal(t, []Body{shown}, noted(effects))
	require.Equal(t, &shown, s.TakeOvers[0].Shown)
	require.True(t, s.TakeOvers[0].WellAt.IsZero())

	step := Step(0)
	for _, p := range s.pending {
		if p.purpose == forRepair {
			step = p.step
		}
	}
	s, effects = Take(s, Event{At: s.Now.Add(2 * time.Second), Step: step, Body: FaultLifted{Fault: "unscrew", Target: "lamp-2", By: ByPresenter}})
	require.Contains(t, noted(effects), LiveWell{After: Millis(3 * time.Second)})
	s, effects = Take(s, Event{At: s.Now.Add(time.Second), Body: Waited{}})
	require.Empty(t, noted(effects), "once")

	s, effects = Take(s, Event{At: s.Now.Add(time.Second), Body: Asked{Intent: TakingOver}})
	require.Equal(t, []Body{LiveAgain{N: 1, ID: s.Chapters[0].ID, Took: Millis(5 * time.Second)}}, noted(effects))
	s, effects = Take(s, Event{At: s.Now.Add(time.Second), Body: RecordMoved{shown}})
	require.Empty(t, noted(effects), "a record that is not shown any more")
}

// PD goes on calling stores Up that hang: whether the live side is well is said by who
// asks them too, and by the clients, and not before they have had the time for it.
func TestALiveSideThatHangsIsNotWellThoughTheControlPlaneSaysSo(t *testing.T) {
	for setting, served := range map[string]bool{toHealth: false, toLoad: true} {
		p := newPlay(t, Options{TakeOver: "a record"})
		p.run(setting)
		away := func() {
			p.apply("take over", Event{Body: Asked{Intent: TakingOver}})
			p.run("yes")
			require.True(t, p.OnRecord())
		}
		again := func(rounds int, script string) {
			for range rounds {
				if p.run("lamps up"); served {
					p.run(script)
				}
			}
		}
		away()
		again(1, "load 100")
		require.False(t, p.LiveWell(), "nobody can have noticed yet")
		p.run("signal status_probe")
		again(4, "load 0")
		require.False(t, p.LiveWell())
		p.apply("back", Event{Body: Asked{Intent: TakingOver}})
		require.Equal(t, WhyUnwell, p.Refusal.Why)
		p.run("clear status_probe")
		if served {
			again(4, "load 0")
			require.False(t, p.LiveWell(), "the clients are not served")
		}
		again(4, "load 100")
		require.True(t, p.LiveWell())
		p.run("signal client_errors")
		require.False(t, p.LiveWell())
		p.run("clear client_errors")
		again(4, "load 100")
		p.apply("back", Event{Body: Asked{Intent: TakingOver}})
		require.False(t, p.OnRecord())
	}
}

// A repair that was to be tried again behind the record is not done twice by who leaves.
func TestLeavingFromTheRecordRepairsOnce(t *testing.T) {
	s, effects := away(t)
	s, effects = Take(s, Event{At: s.Now.Add(time.Second), Step: stepOf(effects, "lift the fault"), Body: EffectFailed{Effect: "lift the fault", Err: "no Docker"}})
	again := stepOf(effects, "wait")
	s, effects = Take(s, Event{At: s.Now.Add(time.Second), Body: Asked{Intent: Interrupt}})
	require.Contains(t, verbs(effects), "lift the fault")
	_, effects = Take(s, Event{At: s.Now.Add(5 * time.Second), Step: again, Body: Waited{}})
	require.Empty(t, verbs(effects))
}

// Who broke a node by hand repairs it by hand: that it is repaired is seen only by who
// watches the node, so the live talk watches for it, again and again.
func TestWhatWasBrokenByHandIsWatchedBehindTheRecordUntilItAnswers(t *testing.T) {
	s, _ := Open(New(lampChapters(), Options{TakeOver: "a record"}), lifeBegan)
	s.Phase, s.Plan, s.FaultAt = PhaseOpen, &Plan{Target: "lamp-2", ByHand: true}, lifeBegan
	at := lifeBegan.Add(time.Minute)
	s, _ = Take(s, Event{At: at, Body: Asked{Intent: TakingOver}})
	s, effects := Take(s, Event{At: at.Add(time.Second), Body: Asked{Intent: Confirm}})
	require.Contains(t, verbs(effects), "lift the fault")
	s, effects = Take(s, Event{At: s.Now.Add(time.Minute), Step: stepOf(effects, "lift the fault"), Body: EffectFailed{Effect: "lift the fault", Err: "it does not answer"}})
	require.Equal(t, []string{"wait"}, verbs(effects))
	s, effects = Take(s, Event{At: s.Now.Add(healAgain), Step: stepOf(effects, "wait"), Body: Waited{}})
	require.False(t, s.LiveWell())
	s, _ = Take(s, Event{At: s.Now.Add(time.Second), Step: stepOf(effects, "lift the fault"), Body: FaultLifted{Target: "lamp-2", By: ByPresenter}})
	require.True(t, s.LiveWell())
}

// Where the record cannot be opened, R tries again: that is on offer, and nothing else
// that would move the live play, which stands still.
func TestARecordThatCannotBeOpenedIsOnOfferAgain(t *testing.T) {
	s, _ := away(t)
	takingOver := func() Offer { o, _ := find(Offers(s), Asked{Intent: TakingOver}); return o }
	require.Equal(t, refused(TakingOver, WhyUnwell), takingOver())
	s, _ = Take(s, Event{At: s.Now.Add(time.Second), Body: RecordFailed{Err: "it is gone"}})
	require.Equal(t, "it is gone", s.NotShown())
	require.Equal(t, Offer{Intent: TakingOver, Label: DoTakeOver, About: "a record", Main: true, Enabled: true}, takingOver())
	s, _ = Take(s, Event{At: s.Now.Add(time.Second), Body: Asked{Intent: TakingOver}})
	require.True(t, s.OnRecord())
	require.Len(t, s.TakeOvers, 1, "it is the same part of the talk")
	require.Empty(t, s.NotShown())
	s, _ = Take(s, Event{At: s.Now.Add(time.Second), Body: RecordFailed{Err: "it is gone"}})
	s, _ = Take(s, Event{At: s.Now.Add(time.Second), Body: RecordMoved{RecordShown{N: 2, ID: "other"}}})
	require.Empty(t, s.NotShown(), "it is shown")
}
