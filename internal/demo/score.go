package demo

import "time"

// Scorecard is what a run proved. Zero durations mean that the moment never came.
type Scorecard struct {
	TTD          time.Duration // fault to ticket
	TTDiagnose   time.Duration // asked to answered
	TTR          time.Duration // fault to the last stage of the recovery
	BaselineOps  float64       // operations a second before the fault
	DipOps       int64         // slowest second between fault and recovery
	DipShare     float64       // of the baseline that the slowest second kept, 0 to 1
	DipSeconds   int           // seconds below 95% of the baseline
	Errors       int64         // failed operations since the load began
	Ops          int64         // operations since the load began
	Acked        int64         // acknowledged writes
	Checked      int64         // keys that were read again
	Lost         int64
	Verified     bool // the ledger was read again
	Correct      bool // the diagnosis named the right node and fault
	FalseTickets int  // tickets that stand for nothing
	Forced       int  // gates that were forced
}

// ScoreOf works the scorecard out of a state.
func ScoreOf(s State) Scorecard {
	c := Scorecard{BaselineOps: s.Baseline.Ops, Forced: s.Forced}
	if t, ok := s.TargetTicket(); ok {
		c.TTD = t.OpenedAt.Sub(s.FaultAt)
	}
	if s.Answer != nil {
		c.TTDiagnose, c.Correct = s.Answer.Took.Duration(), s.Answer.Correct
	}
	if s.Recovered != nil {
		c.TTR = s.Recovered.TTR.Duration()
	}
	if s.Ledger != nil {
		c.Verified, c.Acked, c.Checked, c.Lost = true, s.Ledger.Acked, s.Ledger.Checked, s.Ledger.Lost
	}
	c.FalseTickets = s.FalseTickets()
	c.measureLoad(s)
	return c
}

// measureLoad finds the dip. The second in which the fault went in ends after
// it, so it counts.
func (c *Scorecard) measureLoad(s State) {
	until := s.Now
	if s.Recovered != nil {
		until = s.FaultAt.Add(s.Recovered.TTR.Duration())
	}
	c.DipShare = 1
	c.DipOps = int64(s.Baseline.Ops)
	for _, p := range s.Load {
		c.Ops += p.Ops
		c.Errors += p.Errors
		if s.FaultAt.IsZero() || s.Baseline.Ops == 0 || p.At.Before(s.FaultAt) || p.At.After(until) {
			continue
		}
		share := float64(p.Ops) / s.Baseline.Ops
		if share < recoveredShare {
			c.DipSeconds++
		}
		if share < c.DipShare {
			c.DipShare, c.DipOps = share, p.Ops
		}
	}
}
