package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What lies before is played with the same effects, without a press and without a
// pause, and then the play waits.
func TestAPlayGoesByItselfToItsPresenterAndWaitsThere(t *testing.T) {
	p := newPlay(t, Options{From: 5})
	p.run("tick 0s; answer; lamps up; tick 0s; answer; load 100; load 100; load 100; load 100; load 100; tick 0s; answer; answer; tick 0s")
	require.Equal(t, 5, p.Chapter().N)
	require.False(t, p.CatchingUp())
	trace := p.trace.String()
	require.Equal(t, 4, strings.Count(trace, "from] [chapter.entered"), trace)
	require.NotContains(t, trace, "wait(1s)", "no countdown for nobody")
	require.NotContains(t, trace, "wait(3s)")
	for _, v := range p.Visits[:4] {
		require.Equal(t, ByFrom, v.LeftBy)
	}
	p.run("signal status_probe; signal client_errors; ticket; lamps out")
	require.True(t, p.Gate(4).Open)
	require.False(t, p.waits(forAdvance), "it waits for its presenter")
	require.True(t, p.NeedsPress())
	p.run("press; answer; press")
	require.Equal(t, AskApprove, p.Question, "and from here on it is the presenter's")
}

func TestAPlayThatIsTakenOverInTheRecoveryAsksNobodyBeforeAndRepairsNothing(t *testing.T) {
	p := newPlay(t, Options{From: 7})
	p.run("tick 0s; answer; lamps up; tick 0s; answer; load 100; load 100; load 100; load 100; load 100; tick 0s; answer; answer; tick 0s; ticket; lamps out; tick 0s; answer; tick 0s")
	require.Equal(t, 7, p.Chapter().N)
	require.True(t, p.Unmended(), "what is broken is the presenter's to repair")
	require.Equal(t, Undecided, p.Decision)
	p.run("decide; yes; answer")
	require.Equal(t, ByPresenter, p.DecidedBy)
}

func TestThePaceOfATalkThatIsTakenOverBeginsThere(t *testing.T) {
	p := newPlay(t, Options{From: 3})
	p.run("tick 0s")
	require.Zero(t, p.Elapsed(p.at.Add(time.Hour)))
	p.at = p.at.Add(10 * time.Minute) // a slow start of the cluster is nobody's delay
	p.run("answer; lamps up; tick 0s")
	require.Equal(t, 3, p.Chapter().N)
	pace := p.Pace(p.at.Add(20*time.Second), Slot{})
	require.Equal(t, Pace{Elapsed: 20 * time.Second, Planned: 20 * time.Second, Total: 6 * time.Minute}, pace)
}

func TestAFailureOnTheWayWaitsForThePresenterAndThenGoesOn(t *testing.T) {
	p := newPlay(t, Options{From: 5})
	p.run("tick 0s; fail no ports")
	require.Nil(t, p.Finished)
	require.True(t, p.NeedsPress())
	p.run("retry; answer; lamps up; tick 0s")
	require.Equal(t, 3, p.Chapter().N)
	require.True(t, p.CatchingUp())
}

func TestWhoLooksBackOnTheWayIsNotPulledAway(t *testing.T) {
	p := newPlay(t, Options{From: 5})
	p.run("tick 0s; back; answer; lamps up; tick 0s")
	require.Equal(t, 2, p.Reached)
	require.Equal(t, 1, p.Chapter().N)
}

func TestTheNextPlayOfATalkThatWasTakenOverBeginsAtTheBeginning(t *testing.T) {
	p := newPlay(t, Options{From: 8})
	p.run("tick 0s; answer; lamps up; tick 0s; answer; load 100; load 100; load 100; load 100; load 100; tick 0s; answer; answer; tick 0s; ticket; lamps out; tick 0s; answer; tick 0s; answer; lamps up; load 100; load 100; load 100; tick 0s; answer")
	require.Equal(t, 8, p.Chapter().N)
	require.Equal(t, ByAuto, p.DecidedBy)
	p.run("restart; yes")
	require.Equal(t, 2, p.Play)
	require.False(t, p.CatchingUp())
	require.False(t, p.waits(forAdvance))
}
