package demo

import (
	"slices"
	"time"
)

// How long the play waits where the audience needs a moment.
const (
	autoPause      = 3 * time.Second        // on an open gate, before going on by itself
	aimPause       = 2 * time.Second        // on the named target, when nobody presses a key
	countdownBeat  = time.Second            // between 3, 2 and 1
	loopPause      = 15 * time.Second       // on the scorecard, before a loop begins again
	pressGap       = 300 * time.Millisecond // a key that repeats does not run through the talk
	countdownStart = 3
)

// ToldSteps is how many steps a piece of work may have for each of them to be
// told. A count that runs to thousands would push everything else off the log.
const ToldSteps = 20

// pendingEffect is an effect that has not answered yet.
type pendingEffect struct {
	step    Step
	chapter int // index of the chapter that wanted it
	verb    Verb
	purpose purpose
	stage   string // for forStage
}

// purpose tells what a Wait was for.
type purpose int

const (
	forWork      purpose = iota // the chapter's own effect
	forInjection                // the fault
	forRepair                   // the action, or the fault's inverse
	forAdvance                  // go on by itself
	forCountdown                // next beat of the countdown
	forLimit                    // the gate's time limit
	forLoop                     // begin again
	forStage                    // the limit of a stage of the recovery
	forSeal                     // the opening of the seal
	forHealing                  // try again to heal while a record is shown
	forProof                    // reading through the stores that came back
)

// machine is one call of Apply: a state under change and the effects so far.
type machine struct {
	State
	effects []Effect
}

// Begin enters the first chapter. It is called once, before any Apply.
func Begin(s State, now time.Time) (State, []Effect) {
	m := &machine{State: s}
	m.Now, m.Began = now, now
	m.Visits = slices.Clone(m.Visits)
	m.enter(0, ByKey)
	m.settle()
	m.revise()
	return m.State, m.effects
}

// Apply takes one event in: it gives the state after it and what is to be done
// about it. It is pure; the old state stays valid. An answer to an effect that
// nobody waits for any more is dropped.
func Apply(s State, e Event) (State, []Effect) {
	if s.drops(e) {
		return s, nil
	}
	m := &machine{State: s}
	if e.At.After(m.Now) {
		m.Now = e.At
	}
	var answered pendingEffect
	if e.Step != 0 {
		i := slices.IndexFunc(m.pending, func(p pendingEffect) bool { return p.step == e.Step })
		if i < 0 || !answers(e.Body, m.pending[i].verb) {
			return s, nil
		}
		answered = m.pending[i]
		if final(e.Body) {
			m.pending = slices.Delete(slices.Clone(m.pending), i, i+1)
		}
	}
	m.Visits = slices.Clone(m.Visits)
	m.tell(e.At, e.Body)
	m.fold(e, answered)
	if m.Finished == nil {
		m.settle()
	}
	m.revise()
	return m.State, m.effects
}

// drops says whether an event is of no consequence: it comes too late, or from an
// earlier play.
func (s State) drops(e Event) bool {
	return s.Finished != nil || e.Body == nil || e.Play != 0 && e.Play != s.Play
}

// final says whether an answer is an effect's last.
func final(b Body) bool {
	switch b.(type) {
	case Progressed, DiagnosisStarted, DiagnosisDelta:
		return false
	}
	return true
}

// do asks for an effect that answers.
func (m *machine) do(v Verb, p purpose, chapter int) {
	m.await(pendingEffect{chapter: chapter, verb: v, purpose: p})
}

func (m *machine) await(p pendingEffect) {
	m.nextStep++
	p.step = m.nextStep
	m.pending = append(slices.Clip(m.pending), p)
	m.effects = append(m.effects, Effect{Play: m.Play, Step: p.step, Verb: p.verb})
}

// work asks for a chapter's own effect.
func (m *machine) work(chapter int, v Verb) {
	m.Visits[chapter].Work = Work{State: WorkRunning, verb: v}
	m.do(v, forWork, chapter)
}

// slot gives where the progress of an answered effect is kept, nil for none.
func (m *machine) slot(p pendingEffect) *Work {
	switch {
	case p.step == 0:
		return nil
	case p.purpose == forInjection:
		return &m.Injection
	case p.purpose == forRepair:
		return &m.Repair
	case p.purpose == forWork:
		return &m.Visits[p.chapter].Work
	}
	return nil
}

// waits says whether a Wait for this purpose is under way.
func (s State) waits(p purpose) bool {
	return slices.ContainsFunc(s.pending, func(x pendingEffect) bool { return x.purpose == p })
}

// forget drops what is awaited for a purpose; its answer will be stale.
func (m *machine) forget(p purpose) {
	m.pending = slices.DeleteFunc(slices.Clone(m.pending), func(x pendingEffect) bool { return x.purpose == p })
}

// note says that the play itself decided something: it goes to the event log
// and to the record.
func (m *machine) note(b Body) {
	m.tell(m.Now, b)
	m.send(Record{At: m.Now, Body: b})
}

// send asks for an effect that has no answer.
func (m *machine) send(v Verb) {
	m.nextLine++
	m.effects = append(m.effects, Effect{Line: m.nextLine, Verb: v})
}

// tell adds an event to the log when it may deserve a line.
func (m *machine) tell(at time.Time, b Body) {
	switch b := b.(type) {
	case HealthSeen, RegionsSeen, LoadSeen, DiagnosisDelta, Asked, Waited, RecordOpened, RecordMoved, RecordFailed, RecordSealed, OutgoingSeen:
		return // what comes all the time, and what only moves the play
	case Progressed:
		if b.Total > ToldSteps && b.Done < b.Total {
			return
		}
	}
	m.Log = keep(m.Log, LogLine{At: at, Body: b}, logKept)
	// A fault's time is from before it was done, and its event comes after what
	// it caused: the log is in the order of the times. keep has made a new slice.
	for i := len(m.Log) - 1; i > 0 && m.Log[i].At.Before(m.Log[i-1].At); i-- {
		m.Log[i], m.Log[i-1] = m.Log[i-1], m.Log[i]
	}
}

// fold folds one event into the state.
func (m *machine) fold(e Event, p pendingEffect) {
	switch b := e.Body.(type) {
	case Asked:
		m.asked(b)
	case Waited:
		m.waited(p)
	case EffectFailed:
		m.failed(p, b)
	case Progressed:
		m.progressed(p, b)
	case ClusterReady:
		m.Cluster = b
		m.done(p)
	case LoadStarted:
		m.LoadOn = true
		m.done(p)
	case FaultPlanned:
		m.planned(b, p)
	case FaultInjected:
		m.injected(e.At, b)
	case FaultConfirmed:
		m.confirmed(e.At, p)
	case FaultLifted:
		m.lifted(e.At, b.By, p)
	case ActionDone:
		m.lifted(e.At, b.By, p)
	case ActionSkipped:
		m.skipped(b, p)
	case DataProved:
		m.Proof = &b
	case LedgerVerified:
		m.Ledger = &b
		m.done(p)
		m.judge()
	default:
		m.observe(e)
	}
}

// observe folds in what the sources saw.
func (m *machine) observe(e Event) {
	switch b := e.Body.(type) {
	case HealthSeen:
		m.looked(b.Snapshot)
	case RegionsSeen:
		m.mapped(e.At, b.RegionMap)
	case LoadSeen:
		m.loaded(LoadPoint{At: e.At, LoadSample: b.LoadSample})
	case Violation:
		m.violated(ViolationPoint{At: e.At, Violation: b})
	case ChaptersRevised:
		m.reword(b)
	case ChaptersKept:
		m.KeptFor = b.Why
	case RecordOpened:
		m.Record = b.Path
	case RecordMoved:
		m.recordMoved(b)
	case RecordFailed:
		m.recordFailed(b)
	case RecordSealed:
		m.Seal = &b
	case SignalSeen:
		m.Signals = keep(m.Signals, SignalPoint{At: e.At, SignalSeen: b}, signalsKept)
	case TicketOpened:
		m.Tickets = keep(m.Tickets, Ticket{TicketOpened: b, OpenedAt: e.At}, ticketsKept)
	case TicketClosed:
		m.closeTicket(e.At, b)
	case FaultSealed:
		m.Sealed = b.Hash
	case FaultOpened:
		m.Opened = &b
	case OutgoingSeen:
		m.Outgoing = &b
	case DiagnosisStarted:
		m.beginVersion(e.At, b)
		m.Asking, m.Prose, m.Claims, m.Answer = &b, "", nil, nil
	case DiagnosisDelta:
		m.heard(b)
	case DiagnosisFinished:
		m.answered(b)
	}
}

// looked takes the control plane's word. When it first misses the target is
// kept: how long it did not is what the detection is about.
func (m *machine) looked(s Snapshot) {
	m.Snapshot = s
	if !m.FaultOpen() || !m.DoubtedAt.IsZero() || s.Error != "" || !s.LastUpdated.After(m.FaultAt) {
		return
	}
	if n, known := s.Node(m.Plan.Target); known && n.Health != HealthUp {
		m.DoubtedAt, m.DoubtedAs = s.LastUpdated, n.State
	}
}

func (m *machine) closeTicket(at time.Time, b TicketClosed) {
	m.Tickets = slices.Clone(m.Tickets)
	for i := range m.Tickets {
		if m.Tickets[i].ID == b.ID {
			m.Tickets[i].ClosedAt = at
		}
	}
}

// done marks an effect as executed.
func (m *machine) done(p pendingEffect) {
	if w := m.slot(p); w != nil {
		w.State = WorkDone
	}
}

func (m *machine) progressed(p pendingEffect, b Progressed) {
	if w := m.slot(p); w != nil {
		w.Text, w.Done, w.Total = b.Text, b.Done, b.Total
	}
}

// failed keeps the failure where the presenter sees it. A play without a
// presenter ends here: nobody could try again.
func (m *machine) failed(p pendingEffect, b EffectFailed) {
	if v, ok := p.verb.(Prove); ok {
		m.unproven(v, b.Err)
		return
	}
	w := m.slot(p)
	if w == nil {
		return // the talk goes on without
	}
	w.State, w.Err = WorkFailed, b.Err
	if p.purpose == forInjection && m.Phase == PhaseInjecting {
		m.Phase = PhaseHalf
	}
	if m.Options.Auto && !m.Mode.ends() {
		m.giveUp()
	}
}

// waited is the end of a pause.
func (m *machine) waited(p pendingEffect) {
	switch p.purpose {
	case forAdvance:
		m.goOn()
	case forCountdown:
		m.beat()
	case forLimit:
		m.late(p.chapter)
	case forLoop:
		m.playAgain()
	case forStage:
		m.stageLate(p.stage)
	case forHealing:
		m.healNow()
	}
}

// late says that a gate did not open within its limit.
func (m *machine) late(chapter int) {
	if chapter != m.Reached || m.Gate(chapter).Open {
		return
	}
	if m.Mode.ends() {
		return
	}
	m.Visits[chapter].Late = true
	if m.WorkOf(chapter).State == WorkRunning {
		// The effect has a limit of its own. A slow Docker daemon took 63 s to start
		// the cluster, and a play without a presenter gave up on the gate after 60.
		m.do(Wait{For: m.Gate(chapter).Limit}, forLimit, chapter)
		return
	}
	if m.Options.Unseen && m.Gate(chapter).Name == GateTicket {
		m.leave(ByLimit)
		return
	}
	if m.Options.Auto {
		m.giveUp()
	}
}

// finish ends the run.
func (m *machine) finish(outcome string) {
	m.resumeClock() // a question from the audience ends with the run
	m.judge()
	end := m.ending(outcome)
	m.Finished = &end
	m.pending = nil
	m.send(Finish{At: m.Now, Outcome: end})
}

// Left is the last line of the record of a play that was ended from outside, by a
// signal or with its terminal: what was measured until then stays true.
func (s State) Left() RunFinished {
	m := machine{State: s}
	return m.ending(OutcomeQuit)
}

// ending is the last line of a record that ends now.
func (m *machine) ending(outcome string) RunFinished {
	sc := ScoreOf(m.State)
	if sc.Lost > 0 {
		outcome = OutcomeFailed // however it ends: the one thing that the talk must not show
	}
	judged, _ := m.Judgement()
	return RunFinished{Outcome: outcome, TTD: Millis(sc.TTD), TTR: Millis(sc.TTR), Lost: sc.Lost, Unknown: sc.Unknown, Forced: m.Forced, Verified: sc.Verified, Hypothesis: judged.Verdict, LeftBroken: m.leftBroken()}
}
