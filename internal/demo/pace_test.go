package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// begin is a talk of eight one-minute chapters whose first was left a second ago.
func atHealth(t *testing.T) *play {
	p := newPlay(t, Options{})
	p.run("press")
	return p
}

func (p *play) later(d time.Duration) time.Time {
	p.at = p.at.Add(d)
	return p.at
}

func TestWhoIsWithinTheBudgetIsOnTime(t *testing.T) {
	p := atHealth(t)
	require.Equal(t, Pace{Elapsed: 40 * time.Second, Planned: 40 * time.Second, Total: 7 * time.Minute}, p.Pace(p.later(40*time.Second), Slot{}))
}

func TestTheClockStandsStillBeforeTheFirstChapterIsLeft(t *testing.T) {
	p := newPlay(t, Options{})
	pace := p.Pace(p.later(time.Hour), Slot{})
	require.Zero(t, pace.Elapsed)
	require.Zero(t, pace.Behind())
	p.run("pause")
	require.Equal(t, WhyNoClock, p.Refusal.Why)
}

func TestATalkOfAnotherLengthStretchesTheBudgets(t *testing.T) {
	p := atHealth(t)
	pace := p.Pace(p.later(100*time.Second), Slot{Talk: 14 * time.Minute})
	require.Equal(t, 14*time.Minute, pace.Total)
	require.Zero(t, pace.Behind(), "a chapter of one minute may take two")
}

func TestTheMachinesTimeIsToldApart(t *testing.T) {
	p := atHealth(t)
	// The speaker talks for 30 s and asks to go on; the cluster takes 100 s more.
	p.later(30 * time.Second)
	p.run("press")
	require.True(t, p.Armed)
	now := p.later(100 * time.Second)
	pace := p.Pace(now, Slot{})
	require.Equal(t, 131*time.Second, pace.Elapsed)
	require.Equal(t, 71*time.Second, pace.Behind())
	require.Equal(t, 71*time.Second, pace.Waited, "no more than the delay")

	// Who never asked is not waiting before the budget is used up.
	p = atHealth(t)
	pace = p.Pace(p.later(90*time.Second), Slot{})
	require.Equal(t, 30*time.Second, pace.Behind())
	require.Equal(t, 30*time.Second, pace.Waited)
}

func TestASpeakerWhoTalksBesideAnOpenGateIsNotWaiting(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toLoad)
	require.Equal(t, GateHealthy, p.Chapters[1].Gate)
	require.False(t, p.Visits[1].OpenedAt.IsZero())
	p = newPlay(t, Options{})
	p.run(toTicket)
	require.True(t, p.Gate(p.Reached).Open)
	before := p.Pace(p.at, Slot{})
	after := p.Pace(p.later(10*time.Minute), Slot{})
	require.Greater(t, after.Behind(), before.Behind()+8*time.Minute)
	require.Equal(t, before.Waited, after.Waited)
}

func TestAQuestionStopsTheClockUntilTheNextAdvance(t *testing.T) {
	p := atHealth(t)
	p.later(20 * time.Second)
	p.run("pause")
	at := p.Pace(p.at, Slot{})
	require.Equal(t, at.Elapsed, p.Pace(p.at.Add(5*time.Minute), Slot{}).Elapsed, "the clock stands still")
	p.later(5 * time.Minute)
	p.run("press") // it ends the question, and is remembered by the closed gate
	require.NotEqual(t, ModePaused, p.Mode)
	require.True(t, p.Armed)
	require.Equal(t, at.Elapsed, p.Pace(p.at, Slot{}).Elapsed)
	require.Zero(t, p.Pace(p.at, Slot{}).Behind())
	require.Contains(t, p.trace.String(), "[question.opened]")
	require.Contains(t, p.trace.String(), "[question.closed]")

	// The second press of the key ends it too, and the time after it counts.
	p.run("pause; pause")
	require.NotEqual(t, ModePaused, p.Mode)
	require.Equal(t, at.Elapsed+10*time.Second, p.Pace(p.later(9*time.Second), Slot{}).Elapsed)
}

func TestAQuestionIsNoPartOfTheChaptersBudget(t *testing.T) {
	p := atHealth(t)
	p.run("pause")
	p.later(10 * time.Minute)
	p.run("pause")
	require.Zero(t, p.Pace(p.later(50*time.Second), Slot{}).Behind())
	require.Equal(t, 11*time.Second, p.Pace(p.later(20*time.Second), Slot{}).Behind())
}

func TestATalkDoesNotGoOnByItselfDuringAQuestion(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toHealth + "; press; answer; load 100; load 100; load 100; load 100; press; pause")
	require.False(t, p.Armed, "the press was remembered by the closed gate; the question takes it back")
	reached, elapsed := p.Reached, p.Pace(p.at, Slot{}).Elapsed
	p.later(10 * time.Minute)
	p.run("load 100")
	require.True(t, p.Gate(p.Reached).Open)
	require.False(t, p.waits(forAdvance))
	require.Zero(t, p.Pace(p.at, Slot{}).Waited, "a question is not the cluster's delay")
	p.run("press")
	require.NotEqual(t, ModePaused, p.Mode)
	require.Equal(t, reached+1, p.Reached)
	require.Equal(t, elapsed, p.Pace(p.at, Slot{}).Elapsed, "the question is not added")

	p = newPlay(t, Options{})
	p.run(toLoad)
	require.True(t, p.waits(forAdvance))
	p.run("pause; tick 3s")
	require.Equal(t, reached, p.Reached)
	p.run("pause; tick 3s")
	require.Equal(t, reached+1, p.Reached)
}

func TestATalkThatEndsAtAMomentIsStretchedToIt(t *testing.T) {
	p := atHealth(t)
	end := p.TalkAt.Add(14 * time.Minute)
	pace := p.Pace(p.later(100*time.Second), Slot{End: end})
	require.Equal(t, 14*time.Minute, pace.Total)
	require.Zero(t, pace.Behind())
	require.Equal(t, 10*time.Minute, newPlay(t, Options{}).Pace(p.at, Slot{End: p.at.Add(10 * time.Minute)}).Total, "before it began, what is left")
}

// The hall closes when it closes: the speaker who took a question is not behind,
// but has less time for what follows.
func TestAQuestionIsTakenFromWhatFollowsWhereTheEndIsFixed(t *testing.T) {
	p := atHealth(t)
	slot := Slot{End: p.TalkAt.Add(7 * time.Minute)}
	p.run("pause")
	p.later(210 * time.Second)
	p.run("pause")
	pace := p.Pace(p.at, slot)
	require.Less(t, pace.Behind(), time.Second)
	require.InDelta(t, 3.5, pace.Total.Minutes(), 0.1)
	pace = p.Pace(p.later(40*time.Second), slot) // a chapter of one minute has half of it now
	require.InDelta(t, 10, pace.Behind().Seconds(), 3)
	pace = p.Pace(p.later(time.Hour), slot)
	require.Positive(t, pace.Behind())
	require.GreaterOrEqual(t, pace.Total, time.Duration(0))
}

// However a chapter is left, its question ends with it: the next one would begin with a
// clock that stands still.
func TestAQuestionEndsWithItsChapter(t *testing.T) {
	for _, c := range []struct{ name, setting, leave, then string }{
		{"by force", "press; answer", "force", "[chapter.done 2 forced]"},
		{"by a jump through the open gate", toHealth, "jump 3", "[chapter.done 2 key]"},
		{"by an approval", toAnswer + "; press", "yes", "[chapter.done 6 key]"},
		{"by a refusal", toAnswer + "; press", "no; choose 1", "[chapter.done 6 key]"},
		{"by a record that is shown instead", toHealth, "takeover; yes", "[talk.taken_over]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, Options{TakeOver: "a record"})
			p.run(c.setting)
			if p.Question == AskApprove { // nothing can be paused behind it, and it stays when asked once more
				p.run("back; pause; jump 7")
			} else {
				p.run("pause")
			}
			from, chapter := p.ModeSince, p.Reached
			require.False(t, from.IsZero())
			elapsed := p.Elapsed(p.at)
			p.later(5 * time.Minute)
			p.trace.Reset()
			p.run(c.leave)
			require.NotEqual(t, ModePaused, p.Mode)
			require.Equal(t, elapsed, p.Elapsed(p.at))
			require.Equal(t, p.at.Sub(from), p.Visits[chapter].Paused)
			if p.Reached > chapter {
				require.Equal(t, time.Second, p.Spent(p.Reached, p.at.Add(time.Second)), "the time of the next one runs")
			}
			require.Contains(t, p.trace.String(), "[question.closed] "+c.then)
		})
	}
}

// A talk that ends in a question from the audience has spent that time on it.
func TestAQuestionThatIsOpenAtTheEndIsNotTheSpeakersTime(t *testing.T) {
	p := newPlay(t, Options{})
	p.run(toComplete)
	speaker := p.at.Sub(p.Visits[p.Reached].EnteredAt) + time.Second
	p.run("pause")
	p.later(5 * time.Minute)
	p.run("quit")
	last := p.Times()[7]
	require.Equal(t, OutcomeComplete, p.Finished.Outcome)
	require.Equal(t, 5*time.Minute+time.Second, last.Questions)
	require.Equal(t, speaker, last.Speaker+last.Machine)
}
