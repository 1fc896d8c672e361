package demo

import (
	"slices"
	"time"
)

// When the live side hangs the talk can go on from a record of the same chapters.
// The live play then stands still: it repairs what is broken and starts what did
// not start, and nothing else. It goes on where it stood, once it is healthy.

// TakeOver is a part of the talk that was shown from a record.
type TakeOver struct {
	N      int    // chapter in which the live play stood
	Record string // which record it was
	At     time.Time
	Shown  *RecordShown // which chapter of it was shown last, nil before the first
	WellAt time.Time    // since when nothing speaks against the live play; zero: something does
	Well   bool         // the live play could go on
	Until  time.Time    // zero: it is still shown, or was until the end
	Failed string       // why it cannot be shown, "" where it is, or is being opened
}

// RecordFailed is how the play hears that the record cannot be shown.
type RecordFailed struct{ Err string }

// Kind names no line of the record: this only moves the play.
func (RecordFailed) Kind() string { return "" }

const (
	healAgain = 5 * time.Second  // after a failure
	freshFor  = 10 * time.Second // a look at the cluster that is older says nothing
	wellFor   = 3 * time.Second  // nothing may speak against it for so long: a hang takes a moment to show
	servedFor = 3 * time.Second  // a second of the workload that is older says nothing
)

// hangs are the signals of a node that serves nobody. PD goes on calling such a store
// Up for 20 s.
var hangs = []string{SignalStatusProbe, SignalClientErrors, SignalHeartbeatAge, SignalPDDisconnected, SignalPDSilent}

// OnRecord says whether the screen shows a record, and not the live play.
func (s State) OnRecord() bool { return s.Mode == ModeOnRecord }

// LiveWell says whether the live play could go on while a record is shown.
func (s State) LiveWell() bool { return s.OnRecord() && s.TakeOvers[len(s.TakeOvers)-1].Well }

// NotShown says why the record cannot be shown, "" where it can or where none is wanted.
func (s State) NotShown() string {
	if !s.OnRecord() {
		return ""
	}
	return s.TakeOvers[len(s.TakeOvers)-1].Failed
}

// sound says whether nothing speaks against the live play now: nothing is broken, every
// node was well a moment ago, none hangs, and the clients are served. Before a cluster is
// wanted nothing can be unwell.
func (s State) sound() bool {
	return !s.FaultOpen() && (!s.wantsCluster() ||
		s.lookAt(GateHealthy) && s.Now.Sub(s.Snapshot.LastUpdated) < freshFor && !s.hanging() && s.serving())
}

func (s State) wantsCluster() bool {
	wanted := slices.IndexFunc(s.Chapters, func(c Chapter) bool { return c.OnEnter == OnEnterCluster })
	return wanted >= 0 && s.Reached >= wanted
}

func (s State) hanging() bool {
	return slices.ContainsFunc(s.Signals, func(p SignalPoint) bool {
		return slices.Contains(hangs, p.Name) && s.SignalActive(p.Name, p.Target)
	})
}

// serving says whether something was done in the workload's last second, where it runs:
// it stops when every key is read again.
func (s State) serving() bool {
	if len(s.Load) == 0 {
		return true
	}
	last := s.Load[len(s.Load)-1]
	return last.Ops > 0 || s.Now.Sub(last.At) >= servedFor
}

// offerTakeOver goes on from a record.
func (s State) offerTakeOver() Offer {
	if s.Options.TakeOver == "" || s.byItself() {
		return refused(TakingOver, WhyNoRecord)
	}
	return Offer{Intent: TakingOver, Label: DoAskTakeOver, Enabled: true}
}

// offerLive shows the live play again, or the record where that could not be shown.
func (s State) offerLive() Offer {
	switch {
	case s.LiveWell():
		return Offer{Intent: TakingOver, Label: DoLive, Main: true, Enabled: true}
	case s.NotShown() != "":
		return Offer{Intent: TakingOver, Label: DoTakeOver, About: s.Options.TakeOver, Main: true, Enabled: true}
	}
	return refused(TakingOver, WhyUnwell)
}

// takeOver lets the live play stand still. The audience's question is over: the screen
// goes on. Where it stands still already, the record is tried again.
func (m *machine) takeOver() {
	if m.OnRecord() {
		m.shownNow().Failed = ""
		return
	}
	m.turn(ModeOnRecord)
	m.closeQuestion()
	m.stopWaiting()
	m.forget(forLimit)
	c := m.Chapters[m.Reached]
	m.Current = m.Reached
	m.TakeOvers = append(slices.Clip(m.TakeOvers), TakeOver{N: c.N, Record: m.Options.TakeOver, At: m.Now})
	m.note(TakenOver{N: c.N, ID: c.ID, Record: m.Options.TakeOver})
}

// shownNow gives what is kept of the record that is shown, to be changed.
func (m *machine) shownNow() *TakeOver {
	m.TakeOvers = slices.Clone(m.TakeOvers)
	return &m.TakeOvers[len(m.TakeOvers)-1]
}

// recordMoved notes what the audience sees: the record of this run has nothing else
// that says so.
func (m *machine) recordMoved(b RecordMoved) {
	if !m.OnRecord() {
		return
	}
	at := m.shownNow()
	at.Shown, at.Failed = &b.RecordShown, ""
	m.note(b.RecordShown)
}

// recordFailed notes that the audience goes on seeing the live play, which stands still.
func (m *machine) recordFailed(b RecordFailed) {
	if m.OnRecord() {
		m.shownNow().Failed = b.Err
	}
}

// noticeWell notes when the live play could go on, and when it cannot any more.
func (m *machine) noticeWell() {
	needs := wellFor
	if !m.wantsCluster() {
		needs = 0
	}
	at := m.TakeOvers[len(m.TakeOvers)-1]
	switch {
	case !m.sound():
		at.WellAt, at.Well = time.Time{}, false
	case at.WellAt.IsZero():
		at.WellAt = m.Now
	}
	if !at.WellAt.IsZero() && !at.Well && m.Now.Sub(at.WellAt) >= needs {
		at.Well = true
		m.note(LiveWell{After: Millis(m.Now.Sub(at.At))})
	}
	if at != m.TakeOvers[len(m.TakeOvers)-1] {
		*m.shownNow() = at
	}
}

// goLive lets it go on.
func (m *machine) goLive() {
	c := m.Chapters[m.Reached]
	m.note(LiveAgain{N: c.N, ID: c.ID, Took: Millis(m.Now.Sub(m.ModeSince))})
	m.turn(ModeRunning)
	m.forget(forHealing)
	m.limit(m.Reached)
}

// healAway repairs the cluster while a record is shown. What failed is tried again
// after a while, and what is under way is waited for.
func (m *machine) healAway() {
	m.proveStages()
	m.forgetRefusal()
	m.noticeWell()
	if m.waits(forInjection) || m.waits(forRepair) || m.waits(forHealing) {
		return
	}
	work := m.Visits[m.Reached].Work
	switch {
	case m.FaultOpen() && m.Repair.State != WorkFailed:
		m.healNow()
	case m.FaultOpen(), work.State == WorkFailed && startsAgain(work.verb):
		m.do(Wait{For: healAgain}, forHealing, m.Reached)
	}
}

// healNow repairs what is broken, or starts again what failed. What was broken by hand
// is repaired by hand, and is watched until it answers.
func (m *machine) healNow() {
	if !m.FaultOpen() {
		m.work(m.Reached, m.Visits[m.Reached].Work.verb)
		return
	}
	if len(m.Stages) == 0 {
		target, _ := m.Before.Node(m.Plan.Target)
		m.Stages = newStages(target.Role)
	}
	m.repair(LiftFault{Plan: *m.Plan, By: ByPresenter})
}

// startsAgain says whether an effect may be executed again without anybody asking:
// it starts what the talk needs, and breaks nothing.
func startsAgain(v Verb) bool {
	switch v.(type) {
	case StartCluster, StartLoad:
		return true
	}
	return false
}
