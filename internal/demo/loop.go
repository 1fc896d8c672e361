package demo

// A booth plays for days without anybody. A round that fails there is one round: what
// it broke is repaired, its record says that it failed, and the next one begins.
// After some failures in a row the loop ends, because nobody would look at it.
//
// A round that lost what was acknowledged or read is not such a failure: it is what
// the talk exists to find. The next round would cover it 15 s later, so the loop
// stops there, what is broken is repaired, and the verdict stays until somebody asks
// for another round or leaves.

// roundsInVain is how many rounds in a row may fail.
const roundsInVain = 3

// giveUp ends a play that has no presenter and has failed, or its round.
func (m *machine) giveUp() {
	if !m.Options.Loop || m.lost() == 0 && m.InVain+1 >= roundsInVain {
		m.finish(OutcomeFailed)
		return
	}
	if m.Question != AskQuitFault { // who wants to leave is not overheard because a round has failed
		m.closeQuestion()
	}
	m.stopWaiting()
	m.turn(ModeGaveUp)
}

// LoopStopped says whether a loop goes no further by itself, because this round is over
// and has lost something.
func (s State) LoopStopped() bool {
	over := s.Complete() || s.Mode == ModeGaveUp && !s.FaultOpen()
	return s.Options.Loop && over && s.lost() > 0 && s.Finished == nil && s.Mode != ModeLeaving
}

// nextRoundWhenMended begins the next round of a loop as soon as nothing is broken.
func (m *machine) nextRoundWhenMended() {
	switch m.mendToEnd(ByDemo) {
	case whole:
		if !m.LoopStopped() && !m.waits(forLoop) && m.Question == NoQuestion {
			m.do(Wait{For: loopPause}, forLoop, m.Reached)
		}
	case unmended:
		m.finish(OutcomeFailed)
	}
}

// playAgain begins the next round of a loop.
func (m *machine) playAgain() {
	switch o := m.offerRestart(); {
	case m.LoopStopped(): // a wrong read came while the next round was awaited
	case m.Mode == ModeGaveUp && !m.FaultOpen():
		m.InVain++
		m.restart(OutcomeFailed)
	case m.FaultOpen(): // the presenter has not repaired it; settle waits again
		m.mendOrFail()
	case o.Enabled:
		m.InVain = 0
		m.restart(m.departure())
	}
}

// mendOrFail repairs what no chapter has repaired, and ends the play where that fails.
func (m *machine) mendOrFail() {
	if m.mendToEnd(ByDemo) == unmended {
		m.finish(OutcomeFailed)
	}
}

// mending is how far the repair is of what must be whole at the end.
type mending int

const (
	whole    mending = iota // nothing is broken
	underWay                // an injection or a repair has not answered yet
	unmended                // the repair was tried, and failed
)

// mendToEnd repairs what is broken before something ends. An injection or a repair
// that is under way is waited for: undoing a fault while it is being done may miss it.
func (m *machine) mendToEnd(by string) mending {
	_, lifting := m.Repair.verb.(LiftFault)
	switch {
	case !m.FaultOpen():
		return whole
	case m.waits(forInjection) || m.waits(forRepair):
		return underWay
	case lifting && m.Repair.State == WorkFailed && m.liftTried:
		return unmended
	}
	m.liftTried = true
	m.repair(LiftFault{Plan: *m.Plan, By: by})
	return underWay
}
