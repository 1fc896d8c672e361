package demo

import "time"

// Pace is how a talk stands against its plan.
type Pace struct {
	Elapsed time.Duration // since the first chapter was left, without questions
	Planned time.Duration // where the plan stands: the budgets of the chapters that are done, and the time in this one up to its budget
	Total   time.Duration // of the plan
	Waited  time.Duration // how much of the delay was spent waiting for the cluster
}

// Slot is how long a talk may take: a time, or until a moment. The zero value takes
// the chapters' budgets as they are.
type Slot struct {
	Talk time.Duration
	End  time.Time
}

// Behind is how far the talk is behind its plan; ahead of it is negative. In a
// chapter the plan moves with the clock until the chapter's budget is used up,
// so whoever is on time stays on time.
func (p Pace) Behind() time.Duration { return p.Elapsed - p.Planned }

// Pace compares the talk with its plan as of now. The chapters' budgets are
// stretched to the slot. The first chapter has no part in it, nor have those that
// were played without a presenter: the talk's clock begins when they are left.
func (s State) Pace(now time.Time, slot Slot) Pace {
	p := Pace{Elapsed: s.Elapsed(now)}
	budgets := s.budgets(now, slot)
	for _, b := range budgets {
		p.Total += b
	}
	if s.TalkAt.IsZero() {
		return p
	}
	for i := s.firstTimed(); i <= s.Reached; i++ {
		budget := budgets[i]
		if i == s.Reached {
			p.Planned += min(budget, s.spent(i, now))
		} else {
			p.Planned += budget
		}
		p.Waited += s.waited(i, now, budget)
	}
	p.Waited = min(p.Waited, max(0, p.Behind()))
	return p
}

// budgets gives each chapter's part of the slot. A slot that ends at a moment does
// not wait for a question from the audience: what the question took is taken from
// the chapter in which it was asked and from those that follow, and from none
// that was done before.
func (s State) budgets(now time.Time, slot Slot) []time.Duration {
	out := make([]time.Duration, len(s.Chapters))
	var sum, left time.Duration
	for i := s.firstTimed(); i < len(s.Chapters); i++ {
		sum += s.Chapters[i].Budget
	}
	switch {
	case !slot.End.IsZero() && s.TalkAt.IsZero():
		left = max(0, slot.End.Sub(now))
	case !slot.End.IsZero():
		left = max(0, slot.End.Sub(s.TalkAt))
	case slot.Talk > 0:
		left = slot.Talk
	default:
		left = sum
	}
	for i := s.firstTimed(); i < len(s.Chapters) && sum > 0; i++ {
		if !slot.End.IsZero() && i <= s.Reached {
			left = max(0, left-s.paused(i, now))
		}
		out[i] = time.Duration(float64(left) * float64(s.Chapters[i].Budget) / float64(sum))
		left -= out[i]
		sum -= s.Chapters[i].Budget
	}
	return out
}

// paused is how long questions from the audience took in chapter i.
func (s State) paused(i int, now time.Time) time.Duration {
	if i == s.Reached {
		return s.Visits[i].Paused + s.Pausing(now)
	}
	return s.Visits[i].Paused
}

// Spent is the time in chapter i without questions, as of now.
func (s State) Spent(i int, now time.Time) time.Duration { return s.spent(i, now) }

// spent is the time in chapter i without questions.
func (s State) spent(i int, now time.Time) time.Duration {
	v := s.Visits[i]
	end := now
	if !v.LeftAt.IsZero() {
		end = v.LeftAt
	}
	return max(0, end.Sub(v.EnteredAt)-s.paused(i, now))
}

// waited is the time in chapter i in which the speaker had nothing left to do but
// wait for the gate: it was still closed, and an advance had been asked for or the
// chapter's budget was used up. The gate of the fault waits for the speaker.
func (s State) waited(i int, now time.Time, budget time.Duration) time.Duration {
	v := s.Visits[i]
	if g := s.Chapters[i].Gate; g == "" || g == GateFault {
		return 0
	}
	from, until := v.EnteredAt.Add(budget+s.paused(i, now)), now
	if !v.PressedAt.IsZero() && v.PressedAt.Before(from) {
		from = v.PressedAt
	}
	for _, end := range []time.Time{v.OpenedAt, v.LeftAt} {
		if !end.IsZero() && end.Before(until) {
			until = end
		}
	}
	return max(0, until.Sub(from))
}

// Pausing is how long the open question from the audience has lasted, 0 where
// there is none.
func (s State) Pausing(now time.Time) time.Duration {
	if s.Mode != ModePaused {
		return 0
	}
	return max(0, now.Sub(s.ModeSince))
}

// offerPause stops the talk's clock for a question from the audience, or starts
// it again.
func (s State) offerPause() Offer {
	switch {
	case s.TalkAt.IsZero():
		return refused(Pause, WhyNoClock)
	case s.Mode == ModePaused:
		return Offer{Intent: Pause, Label: DoResume, Enabled: true}
	}
	return Offer{Intent: Pause, Label: DoPause, Enabled: true}
}

// pauseClock stops the clock. A talk does not go on by itself while its speaker
// answers a question, and breaks nothing.
func (m *machine) pauseClock() {
	m.stopWaiting()
	m.forget(forLoop)
	m.Visits[m.Reached].PressedAt = time.Time{} // the press is taken back, and the cluster is not waited for
	m.turn(ModePaused)
	m.note(QuestionOpened{Elapsed: Millis(m.Elapsed(m.Now))})
}

// resumeClock starts the clock again, where it stands still.
func (m *machine) resumeClock() {
	if m.Mode == ModePaused {
		m.turn(ModeRunning)
	}
}

// countPause adds up how long a question took that is over.
func (m *machine) countPause() {
	took := m.Pausing(m.Now)
	m.Paused += took
	m.Visits[m.Reached].Paused += took
	m.note(QuestionClosed{Took: Millis(took)})
}

// timeVisit keeps when the gate of the furthest chapter opened, and when an
// advance was asked for before that.
func (m *machine) timeVisit() {
	v := &m.Visits[m.Reached]
	if v.OpenedAt.IsZero() && m.Gate(m.Reached).Open {
		v.OpenedAt = m.Now
	}
	if v.PressedAt.IsZero() && m.Armed {
		v.PressedAt = m.Now
	}
}
