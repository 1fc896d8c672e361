package demo

import (
	"math"
	"slices"
	"time"
)

// What counts as steady and as recovered.
const (
	BaselineSeconds  = 5    // seconds in a row that must agree
	baselineSpread   = 0.10 // each within this share of their mean
	recoveredSeconds = 3    // seconds over which throughput is judged
	recoveredShare   = 0.95 // of the baseline
)

// settle draws the conclusions that no single event carries: the baseline, the
// stages of the recovery, and whether it is time to go on.
func (m *machine) settle() {
	m.takeBaseline()
	switch m.Mode {
	case ModeLeaving:
		m.leaveWhenMended()
		return
	case ModeOnRecord:
		m.healAway()
		return
	case ModeGaveUp:
		m.nextRoundWhenMended()
		return
	}
	m.noticeHealing()
	m.proveStages()
	m.takeAim()
	m.timeVisit()
	m.passGate()
	m.forgetRefusal()
	if v := &m.Visits[m.Reached]; v.Late && m.Gate(m.Reached).Open {
		v.Late = false
	}
}

// passGate starts the pause before the play goes on by itself.
func (m *machine) passGate() {
	last := m.Reached == len(m.Chapters)-1
	if m.Question != NoQuestion || m.Mode != ModeRunning || m.waits(forAdvance) || m.waits(forLoop) || !m.Gate(m.Reached).Open {
		return
	}
	switch {
	case last && m.Options.Auto && m.FaultOpen(): // no chapter has repaired it
		m.mendOrFail()
	case m.LoopStopped():
	case last && m.Options.Loop && (m.byItself() || m.AtFront()):
		m.do(Wait{For: loopPause}, forLoop, m.Reached)
	case last && m.Options.Auto && !m.Options.Loop, !last && m.goesOn():
		m.do(Wait{For: m.pause()}, forAdvance, m.Reached)
	}
}

// goesOn says whether the furthest chapter is left without another press. A
// presenter who has gone back to an earlier one is left in peace.
func (m *machine) goesOn() bool {
	c := m.Chapters[m.Reached]
	undecided := c.OnEnter == OnEnterDiagnose && !m.AskedAt.IsZero() // the question is not asked again and again
	return m.byItself() || m.AtFront() && (m.Armed || c.AutoAdvance && !undecided && !m.Visits[m.Reached].Stays)
}

// pause is how long an open gate is shown.
func (m *machine) pause() time.Duration {
	switch {
	case m.Options.Unseen, m.CatchingUp():
		return 0
	case m.Armed:
		return time.Second
	}
	return autoPause
}

func (m *machine) takeBaseline() {
	if m.LoadOn && m.Baseline.At.IsZero() && m.SteadySeconds() >= BaselineSeconds {
		window := m.Load[len(m.Load)-BaselineSeconds:]
		p99s := make([]time.Duration, 0, len(window))
		for _, p := range window {
			p99s = append(p99s, p.P99.Duration())
		}
		slices.Sort(p99s)
		m.Baseline = Baseline{At: m.Now, Ops: meanOps(window), P99: p99s[len(p99s)/2]}
	}
}

// SteadySeconds counts how many of the latest seconds agree with each other.
func (s State) SteadySeconds() int {
	for n := min(BaselineSeconds, len(s.Load)); n > 0; n-- {
		window := s.Load[len(s.Load)-n:]
		mean := meanOps(window)
		steady := mean > 0 && !slices.ContainsFunc(window, func(p LoadPoint) bool {
			return p.Errors > 0 || p.Shed > 0 || math.Abs(float64(p.Ops)-mean) > baselineSpread*mean
		})
		if steady {
			return n
		}
	}
	return 0
}

func meanOps(window []LoadPoint) float64 {
	if len(window) == 0 {
		return 0
	}
	var sum int64
	for _, p := range window {
		sum += p.Ops
	}
	return float64(sum) / float64(len(window))
}

// OpsRatio is the latest throughput against the baseline: 1 is as before.
func (s State) OpsRatio() float64 {
	if s.Baseline.Ops == 0 {
		return 0
	}
	n := min(recoveredSeconds, len(s.Load))
	return meanOps(s.Load[len(s.Load)-n:]) / s.Baseline.Ops
}
