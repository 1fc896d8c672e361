package demo

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tail gives what the script printed after the setting.
func tail(t *testing.T, setting, script string) (*play, string) {
	t.Helper()
	p := newPlay(t, Options{})
	p.run(setting)
	p.trace.Reset()
	p.run(script)
	return p, p.trace.String()
}

func TestMoves(t *testing.T) {
	for _, c := range []struct{ name, setting, script, want string }{
		{
			"a press on a closed gate is remembered and goes on when the gate opens",
			"press; answer", "press; lamps up; tick 1s",
			"press: | health\nlamps up: wait(1s) | health\ntick 1s: [chapter.done 2 gate] [chapter.entered 3 gate] start the load wait(1m0s) | load\n",
		}, {
			"a remembered press is taken back with the back key",
			"press; answer; press", "back; lamps up",
			"back: | health\nlamps up: | health\n",
		}, {
			"going back and forth repeats no effect",
			toHealth, "back; press; back; jump 2",
			"back: | welcome\npress: | health\nback: | welcome\njump 2: | health\n",
		}, {
			"a jump beyond a closed gate is refused",
			"press; answer", "jump 3; jump 8",
			"jump 3: | health\njump 8: | health\n",
		}, {
			"a jump to the next chapter through an open gate is an advance",
			toHealth, "jump 3",
			"jump 3: [chapter.done 2 key] [chapter.entered 3 key] start the load wait(1m0s) | load\n",
		}, {
			"force leaves a chapter whose gate is closed, and says so",
			"press; answer", "force",
			"force: [chapter.done 2 forced] [chapter.entered 3 forced] start the load wait(1m0s) | load\n",
		}, {
			"forcing out of a countdown breaks nothing",
			toFault + "; press", "force",
			"force: [chapter.done 4 forced] [chapter.entered 5 forced] wait(45s) | detection\n",
		}, {
			"a failed effect is tried again",
			"press", "fail no ports; press; retry; answer",
			"fail no ports: | health\npress: | health\nretry: start the cluster wait(1m0s) | health\nanswer: | health\n",
		}, {
			"a failed injection is tried again as an injection",
			toFault + "; press; tick 1s; tick 1s; tick 1s", "fail it slipped; retry; answer",
			"fail it slipped: | fault\nretry: inject the fault | fault\nanswer: | fault\n",
		}, {
			"with nothing broken, quit leaves at once",
			toFault, "quit", "quit: finish(quit) | fault\n",
		}, {
			"with a fault open, quit asks, and yes mends before it leaves",
			toDark, "quit; yes; answer",
			"quit: | fault\nyes: lift the fault | fault\nanswer: [hypothesis.judged] finish(quit) | fault\n",
		}, {
			"with a fault open, no stays",
			toDark, "quit; no; press",
			"quit: | fault\nno: | fault\npress: [chapter.done 4 key] [chapter.entered 5 key] wait(45s) | detection\n",
		}, {
			"while the fault is going in, quit asks too",
			toFault + "; press; tick 1s; tick 1s; tick 1s", "quit; press",
			"quit: | fault\npress: | fault\n",
		}, {
			"an auto-advancing chapter does not pull back a presenter who looks at an earlier one",
			toLoad, "back; tick 3s; press",
			"back: | health\ntick 3s: | health\npress: wait(3s) | load\n",
		}, {
			"after the last chapter the talk begins again on the same cluster",
			toComplete, "restart; yes; press",
			"restart: | complete\nyes: finish(complete) reset [chapter.entered 1 key] | welcome\npress: [chapter.done 1 key] [chapter.entered 2 key] start the cluster wait(1m0s) | health\n",
		}, {
			"the talk does not begin again from the middle",
			toLoad, "restart", "restart: | load\n",
		}, {
			"a forced gate without a ticket leaves nothing to diagnose, and the fault is mended all the same",
			toDark + "; press; force", "press; press",
			"press: [chapter.done 6 key] [chapter.entered 7 key] | recovery\npress: lift the fault wait(20s) wait(1m30s) | recovery\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := tail(t, c.setting, c.script)
			require.Equal(t, c.want, got)
		})
	}
}

func TestAKeyThatRepeatsDoesNotRunThroughTheTalk(t *testing.T) {
	p := newPlay(t, Options{})
	p.run("press")
	for range 8 {
		p.at = p.at.Add(30 * time.Millisecond)
		p.step("press")
	}
	require.Equal(t, "health", p.Chapter().ID)
	require.False(t, p.Armed)
}

func TestALateAnswerIsDropped(t *testing.T) {
	p := newPlay(t, Options{})
	p.run("press")
	start := p.pending[0]
	p.run("force; back; jump 1")
	p.apply("answer twice", Event{Step: start.Step, Body: ClusterReady{PD: "the first"}})
	p.apply("answer twice", Event{Step: start.Step, Body: ClusterReady{PD: "the second"}})
	require.Equal(t, "the first", p.Cluster.PD)
}

func TestAGateThatStaysClosedIsSaidToBeLate(t *testing.T) {
	p := newPlay(t, Options{})
	p.run("press; answer; tick 1m0s")
	require.True(t, p.Visits[1].Late)
	require.Nil(t, p.Finished)

	p = newPlay(t, Options{Auto: true})
	p.run("tick 3s; answer; tick 1m0s")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)
}

func TestAViolationFailsTheRunHoweverItEnds(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toFault + "; wrong user1; wrong user2; wrong user1; quit; yes")
	require.EqualValues(t, 3, p.Violated)
	for p.Finished == nil {
		p.run("answer")
	}
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)
	require.EqualValues(t, 2, p.Finished.Lost)

	p = newPlay(t, Options{})
	p.run(toRecovered + "; tick 3s; wrong user1; answer; quit")
	require.Zero(t, p.Ledger.Lost, "what the run has seen counts although the end looks well")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)
	require.EqualValues(t, 1, p.Finished.Lost)
}

func TestAnyNumberOfViolationsIsCountedAndSomeAreKept(t *testing.T) {
	p := newPlay(t, Options{})
	p.run("press")
	for i := range 3 * violationsKept {
		p.run("wrong user" + strconv.Itoa(i))
	}
	require.EqualValues(t, 3*violationsKept, p.Violated)
	require.Len(t, p.Violations, violationsKept)
	require.Equal(t, "user0", p.Violations[0].Key)
}

func TestWhatWasUnreadableAtTheEndIsSaidAndFailsNothing(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toRecovered + "; tick 3s")
	e := p.take("verify", func(v Verb) bool { _, ok := v.(Verify); return ok })
	p.apply("unreadable", Event{Step: e.Step, Body: LedgerVerified{Acked: 9, Checked: 7, Unknown: 2}})
	p.run("quit")
	require.Equal(t, OutcomeComplete, p.Finished.Outcome)
	require.EqualValues(t, 2, p.Finished.Unknown)
}

func TestTheStoreThatCameBackShowsItsDataOrWhyItDidNot(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toRecovery)
	require.Equal(t, []StoreProof{{Store: "lamp-2", Why: "not seen to lead again"}}, p.StoreProofs())
	p = newPlay(t, Options{})
	p.run(toRecovered + "; proof")
	require.Equal(t, []StoreProof{{Store: "lamp-2", Records: 5}}, p.StoreProofs())
	p = newPlay(t, Options{})
	p.run(toRecovered)
	e := p.take("proof", func(v Verb) bool { _, ok := v.(Prove); return ok })
	p.apply("no proof", Event{Step: e.Step, Body: EffectFailed{Err: "no answer"}})
	require.Equal(t, []StoreProof{{Store: "lamp-2", Why: "no answer"}}, p.StoreProofs())
	require.Nil(t, p.Finished)
}

func TestALossTurnsACompleteRunIntoAFailedOne(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toRecovered + "; tick 3s")
	e := p.take("verify", func(v Verb) bool { _, ok := v.(Verify); return ok })
	p.apply("loss", Event{Step: e.Step, Body: LedgerVerified{Acked: 9, Checked: 9, Lost: 1}})
	p.run("quit")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)
	require.EqualValues(t, 1, p.Finished.Lost)
}

// It used to be remembered, and shown as "goes on as soon as it can", and then the
// play stood still before a target that waited for another press.
func TestAPressBeforeTheTargetIsNamedIsRefusedAndSaysWhy(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toLoad + "; tick 3s; press")
	require.Equal(t, WhyNotAimed, p.Refusal.Why)
	require.False(t, p.Armed)
	p.run("answer")
	require.True(t, p.Aimed())
	p.run("press")
	require.Equal(t, PhaseCounting, p.Phase)
}

// Without a screen the end of input ends a talk that needs a press: what runs needs none.
func TestWhatIsLateNeedsNoPressWhileItsEffectRuns(t *testing.T) {
	p := newPlay(t, Options{})
	p.run("press; tick 1m0s")
	require.True(t, p.Visits[1].Late)
	require.False(t, p.NeedsPress(), "the cluster still starts")

	p = newPlay(t, Options{})
	p.run(toRecovery + "; clear status_probe; lamps up")
	for _, x := range slices.Clone(p.pending) { // the throughput's minute is one of them
		p.apply("a minute", Event{At: p.at, Step: x.Step, Body: Waited{}})
	}
	_, late := p.LateStage()
	require.True(t, late)
	require.True(t, p.NeedsPress())
	p.run("force")
	require.False(t, p.NeedsPress(), "the keys are read again")
}

// A key that is held down forces one gate.
func TestAHeldKeyForcesOneGate(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toDark + "; force")
	at := p.Reached
	for range 5 {
		p.at = p.at.Add(30 * time.Millisecond)
		p.step("force")
	}
	require.Equal(t, at, p.Reached)
	p.run("force")
	require.Equal(t, at+1, p.Reached)
}
