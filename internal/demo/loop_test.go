package demo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const loopToDark = "tick 3s; answer; lamps up; tick 3s; answer; load 100; load 100; load 100; load 100; load 100; tick 3s; answer; tick 2s; tick 1s; tick 1s; tick 1s; answer"

// A round that fails is repaired, recorded as failed, and followed by the next.
func TestARoundOfALoopThatFailsIsRepairedAndTheNextOneBegins(t *testing.T) {
	p := newPlay(t, Options{Auto: true, Loop: true})
	p.run(loopToDark + "; tick 3s; tick 45s") // no ticket comes
	require.Equal(t, ModeGaveUp, p.Mode)
	require.Nil(t, p.Finished)
	require.Equal(t, PhaseMending, p.Phase)
	require.False(t, p.waits(forLoop), "not before it is repaired")
	p.run("answer")
	require.False(t, p.FaultOpen())
	p.run("tick 15s")
	require.Equal(t, 2, p.Play)
	require.NotEqual(t, ModeGaveUp, p.Mode)
	require.Equal(t, 1, p.InVain)
	require.Contains(t, p.trace.String(), "finish(failed) reset")
}

func TestALoopEndsWhenSeveralRoundsInARowFailAndNotBefore(t *testing.T) {
	p := newPlay(t, Options{Auto: true, Loop: true})
	for play := 2; play <= roundsInVain; play++ {
		p.run("tick 3s; fail no ports; tick 15s")
		require.Equal(t, play, p.Play)
		require.Equal(t, play-1, p.InVain)
	}
	p.run("tick 3s; fail no ports")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)

	p = newPlay(t, Options{Auto: true, Loop: true})
	p.InVain = 1
	p.run(loopToDark + "; tick 3s; signal status_probe; signal client_errors; ticket; lamps out; tick 3s; answer; tick 3s; answer; clear status_probe; lamps up; load 100; load 100; load 100; tick 3s; answer; tick 15s")
	require.Equal(t, 2, p.Play)
	require.Zero(t, p.InVain, "a round that was whole forgives those before")
}

func TestALoopEndsWhenWhatItBrokeCannotBeRepaired(t *testing.T) {
	p := newPlay(t, Options{Auto: true, Loop: true})
	p.run(loopToDark + "; tick 3s; tick 45s; fail it is stuck")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)
	require.True(t, p.FaultOpen(), "the end of the run repairs it, or says so")
}

const loopToRecovery = loopToDark + "; tick 3s; signal status_probe; signal client_errors; ticket; lamps out; tick 3s; answer; tick 3s; answer; clear status_probe; lamps up; load 100; load 100; load 100"

// The next round would begin 15 s later and cover what nobody has seen yet.
func TestALoopStopsOnARoundThatLostSomethingAndStaysThere(t *testing.T) {
	for _, before := range []int{0, roundsInVain - 1} {
		t.Run(fmt.Sprintf("after %d that failed", before), func(t *testing.T) {
			p := newPlay(t, Options{Auto: true, Loop: true})
			p.InVain = before
			p.run(loopToRecovery + "; wrong user1; tick 3s; answer")
			require.True(t, p.LoopStopped())
			require.True(t, p.NeedsPress())
			require.False(t, p.waits(forLoop), "no next round is awaited")
			require.Nil(t, p.Finished, "the screen stays")
			require.Equal(t, 1, p.Play)
			p.run("press; lamps up; load 100")
			require.Equal(t, 1, p.Play, "an advance is no wish for another round")
			p.run("quit")
			require.Equal(t, OutcomeFailed, p.Finished.Outcome)
			require.EqualValues(t, 1, p.Finished.Lost)
		})
	}
}

func TestAWrongReadThatComesWhileTheNextRoundIsAwaitedStopsTheLoopToo(t *testing.T) {
	p := newPlay(t, Options{Auto: true, Loop: true})
	p.run(loopToRecovery + "; tick 3s; answer; wrong user1; tick 15s")
	require.Equal(t, 1, p.Play)
	require.True(t, p.LoopStopped())
}

func TestALoopThatStoppedIsPlayedOnByWhoAsksForIt(t *testing.T) {
	p := newPlay(t, Options{Auto: true, Loop: true})
	p.run(loopToRecovery + "; wrong user1; tick 3s; answer; restart; lamps up; no; lamps up; restart; lamps up; yes")
	require.Equal(t, 2, p.Play)
	require.False(t, p.LoopStopped())
	require.Contains(t, p.trace.String(), "finish(failed) reset")
}

// It may fail at a gate and have lost something before: then what it broke is
// repaired, and the loop stops in that chapter.
func TestARoundThatGaveUpAndLostSomethingIsRepairedAndStopsTheLoop(t *testing.T) {
	p := newPlay(t, Options{Auto: true, Loop: true})
	p.InVain = roundsInVain - 1
	p.run(loopToDark + "; wrong user1; tick 3s; tick 45s") // no ticket comes
	require.Equal(t, ModeGaveUp, p.Mode)
	require.False(t, p.LoopStopped(), "it is repaired first")
	p.run("answer")
	require.True(t, p.LoopStopped())
	require.False(t, p.FaultOpen())
	require.False(t, p.waits(forLoop))
	p.run("press; force; retry; jump 1")
	require.Equal(t, 4, p.Reached, "only another round and leaving are on offer")
	p.run("quit")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)

	p = newPlay(t, Options{Auto: true, Loop: true})
	p.run(loopToDark + "; wrong user1; tick 3s; tick 45s; answer; restart; lamps up; yes")
	require.Equal(t, 2, p.Play)
}

func TestLeavingALoopWhileItRepairsLeaves(t *testing.T) {
	p := newPlay(t, Options{Auto: true, Loop: true})
	p.run(loopToDark + "; tick 3s; tick 45s; interrupt; answer")
	require.NotNil(t, p.Finished)
	require.Equal(t, OutcomeQuit, p.Finished.Outcome)
	require.Zero(t, strings.Count(p.trace.String(), "reset"))
}

func TestAPlayWithoutALoopStillFailsAtOnce(t *testing.T) {
	p := newPlay(t, Options{Auto: true})
	p.run("tick 3s; fail no ports")
	require.Equal(t, OutcomeFailed, p.Finished.Outcome)
}

// A round that has failed is being repaired: a press tried the failed fault again then,
// and broke what was being mended.
func TestARoundThatHasFailedOffersOnlyToLeave(t *testing.T) {
	p := newPlay(t, Options{Auto: true, AutoApprove: true, Loop: true})
	p.run("tick 3s; answer; lamps up; tick 3s; answer; load 100; load 100; load 100; load 100; load 100; tick 3s; answer; tick 2s; tick 1s; tick 1s; tick 1s; fail it slipped")
	require.Equal(t, ModeGaveUp, p.Mode)
	p.trace.Reset()
	p.run("retry; force; press")
	require.NotContains(t, p.trace.String(), "inject")
	for _, o := range Offers(p.State) {
		require.True(t, !o.Enabled || o.Intent == Quit || o.Intent == Interrupt, "%+v", o)
	}
}

// Who wants to leave is not overheard because the round fails in the meantime.
func TestAFailedRoundDoesNotTakeTheWishToLeaveAway(t *testing.T) {
	p := newPlay(t, Options{Auto: true, AutoApprove: true, Loop: true})
	p.run("tick 3s; answer; lamps up; tick 3s; answer; load 100; load 100; load 100; load 100; load 100; tick 3s; answer; tick 2s; tick 1s; tick 1s; tick 1s; answer; tick 3s; signal status_probe; ticket; lamps out; tick 3s")
	p.run("quit; fail it does not know")
	require.Equal(t, ModeGaveUp, p.Mode)
	require.Equal(t, AskQuitFault, p.Question)
	p.run("yes")
	require.Equal(t, ModeLeaving, p.Mode)
}

// The next round would begin in front of somebody who shows an earlier chapter again.
func TestALoopWithAPresenterWaitsForWhoLooksBack(t *testing.T) {
	p := newPlay(t, Options{Loop: true})
	p.run(toComplete)
	require.True(t, p.waits(forLoop))
	p.run("back")
	require.False(t, p.waits(forLoop))
	p.run("lamps up; load 100")
	require.False(t, p.waits(forLoop))
	p.pending = nil // what was awaited before is stale
	p.run("press; tick 15s")
	require.Equal(t, 2, p.Play)
}

// No chapter has repaired it: the gate of the recovery was forced. It is repaired before
// the play ends, and before the next round.
func TestNoPlayWithoutAPresenterEndsBroken(t *testing.T) {
	for _, loop := range []bool{false, true} {
		p := newPlay(t, Options{Auto: true, AutoApprove: true, Loop: loop})
		p.run(loopToDark + "; tick 3s; signal status_probe; signal client_errors; ticket; lamps out; tick 3s; answer; tick 3s")
		require.Equal(t, PhaseMending, p.Phase)
		p.run("force")
		repair := p.take("the repair", func(v Verb) bool { _, is := v.(Act); return is })
		p.run("answer") // the keys are read again before the repair has answered
		require.NotNil(t, p.Ledger)
		p.run("lamps out; load 100")
		require.False(t, p.waits(forAdvance) || p.waits(forLoop), "it is still broken")
		p.pending = nil // what was awaited before is stale
		p.apply("the repair is done", Event{At: p.at, Step: repair.Step, Body: p.success(repair.Verb)})
		if loop {
			p.run("tick 15s")
			require.Equal(t, 2, p.Play)
		} else {
			p.run("tick 3s")
			require.Equal(t, OutcomeComplete, p.Finished.Outcome)
		}
	}
}

// The next round does not begin behind the question whether it is to begin.
func TestAFailedRoundWaitsWhileSomebodyIsAskedWhetherToPlayAgain(t *testing.T) {
	p := newPlay(t, Options{Auto: true, AutoApprove: true, Loop: true})
	p.run(loopToDark + "; tick 3s; signal status_probe; ticket; lamps out; tick 3s; answer; tick 3s; force; fail it is stuck; answer; answer")
	require.Equal(t, ModeGaveUp, p.Mode)
	require.NotNil(t, p.Ledger, "the last chapter was read while the fault was repaired")
	require.True(t, p.waits(forLoop))
	p.run("restart")
	require.Equal(t, AskRestart, p.Question)
	require.False(t, p.waits(forLoop))
	p.run("no")
	require.True(t, p.waits(forLoop))
}

// Leaving repairs, as it says: that the end of the round has tried it before, in vain, is
// no reason to leave without.
func TestLeavingTriesToRepairWhatTheEndOfTheRoundCouldNot(t *testing.T) {
	p := newPlay(t, Options{Loop: true})
	p.run(toAnswer + "; press; press; force; answer; tick 15s; fail it is stuck")
	require.True(t, p.FaultOpen())
	require.Nil(t, p.Finished)
	p.trace.Reset()
	p.run("interrupt")
	require.Equal(t, "interrupt: lift the fault | complete\n", p.trace.String())
	p.run("answer")
	require.True(t, p.Lifted())
	require.NotNil(t, p.Finished)
}
