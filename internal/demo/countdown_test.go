package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The notes of chapter 4 promise that going back is safe until the fault is in. A
// question from the audience is no moment to break something either.
func TestLookingAwayStopsTheCountdown(t *testing.T) {
	for _, away := range []string{"pause", "back", "jump 1", "press; back; back", "press; press; pause"} {
		t.Run(away, func(t *testing.T) {
			p := newPlay(t, Options{})
			p.run(toFault + "; press; tick 1s; " + away)
			require.Equal(t, PhaseAimed, p.Phase)
			require.Zero(t, p.Countdown)
			require.False(t, p.waits(forCountdown))
			for p.Current < p.Reached {
				p.run("press")
			}
			require.True(t, p.Aimed())
			p.run("press")
			require.Equal(t, countdownStart, p.Countdown, "it is counted from the beginning")
		})
	}
}

// A play without a presenter does not break anything during a question, and goes on
// when the question has ended.
func TestTheCountdownOfAPlayWithoutAPresenterWaitsForTheEndOfAQuestion(t *testing.T) {
	toAim := "tick 3s; answer; lamps up; tick 3s; answer; load 100; load 100; load 100; load 100; load 100; tick 3s"
	for name, when := range map[string]string{"before the target is named": "pause; answer", "before the countdown": "answer; pause", "in the countdown": "answer; tick 2s; tick 1s; pause"} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, Options{Auto: true, AutoApprove: true})
			p.run(toAim + "; " + when + "; lamps up; load 100")
			require.Equal(t, ModePaused, p.Mode)
			require.Equal(t, PhaseAimed, p.Phase)
			require.False(t, p.waits(forCountdown))
			p.pending = nil // what was awaited before is stale
			p.run("pause; tick 2s; tick 1s; tick 1s; tick 1s; answer")
			require.Equal(t, PhaseOpen, p.Phase)
		})
	}
}

// Going on as soon as the fault is in was taken back, and nothing else.
func TestStayingKeepsTheCountdown(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toFault + "; press; tick 1s; press")
	require.True(t, p.Armed)
	p.run("back")
	require.False(t, p.Armed)
	require.Equal(t, PhaseCounting, p.Phase)
	require.True(t, p.waits(forCountdown))
}

// A chapter that goes on by itself does not when somebody has said that it stays.
func TestWhoSaysThatItStaysIsLeftInPeace(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toHealth + "; press; answer; press")
	require.True(t, p.Armed)
	require.True(t, p.Chapters[p.Reached].AutoAdvance)
	p.run("back; load 100; load 100; load 100; load 100; load 100; load 100")
	require.True(t, p.Gate(p.Reached).Open)
	require.False(t, p.waits(forAdvance))
	require.True(t, p.NeedsPress())
	at := p.Reached
	p.run("press")
	require.Equal(t, at+1, p.Reached)
}
