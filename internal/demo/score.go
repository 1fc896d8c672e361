package demo

import "time"

// Scorecard is what a run proved. Zero durations mean that the moment never came.
type Scorecard struct {
	TTD          time.Duration // fault to ticket
	TTDiagnose   time.Duration // asked to answered
	TTR          time.Duration // fault to the last stage of the recovery
	FromAction   time.Duration // beginning of the repair to the last stage; 0 when it healed by itself
	BaselineOps  float64       // operations a second before the fault
	DipOps       int64         // slowest second between fault and recovery
	DipShare     float64       // of the baseline that the slowest second kept, 0 to 1
	DipSeconds   int           // seconds below 95% of the baseline
	Errors       int64         // failed operations since the load began
	Ops          int64         // operations since the load began
	Acked        int64         // acknowledged writes
	Checked      int64         // keys that were read again
	Lost         int64         // keys with a violation, as far as is known
	Unknown      int64         // keys that could not be read again
	Shed         int64         // operations that were never started
	Verified     bool          // the ledger was read again
	Correct      bool          // the diagnosis named the right node and fault
	FalseTickets int           // tickets that stand for nothing
	Forced       int           // gates that were forced
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
		c.TTR, c.FromAction = s.Recovered.TTR.Duration(), s.Recovered.FromAction.Duration()
	}
	if s.Ledger != nil {
		c.Verified, c.Acked, c.Checked, c.Unknown = true, s.Ledger.Acked, s.Ledger.Checked, s.Ledger.Unknown
	}
	c.Lost = s.lost()
	c.FalseTickets = s.FalseTickets()
	c.measureLoad(s)
	return c
}

// measureLoad gives the totals and the dip.
func (c *Scorecard) measureLoad(s State) {
	c.Ops, c.Errors, c.Shed = s.Total.Ops, s.Total.Errors, s.Total.Shed
	c.DipSeconds, c.DipShare, c.DipOps = s.Dip.Seconds, 1, int64(s.Baseline.Ops)
	if s.Dip.Seen && s.Baseline.Ops > 0 && float64(s.Dip.Ops) < s.Baseline.Ops {
		c.DipShare, c.DipOps = float64(s.Dip.Ops)/s.Baseline.Ops, s.Dip.Ops
	}
}

// LoadTotal counts operations since the load began. The seconds themselves are
// kept for a while only.
type LoadTotal struct{ Ops, Errors, Shed int64 }

// Dip is what the fault did to the workload, from the fault to the recovery.
type Dip struct {
	Seen    bool  // there was a second at all
	Ops     int64 // of the slowest second
	Seconds int   // below recoveredShare of the baseline
}

// loaded takes one second of the workload.
func (m *machine) loaded(p LoadPoint) {
	p.Histogram = ""
	m.Load = keep(m.Load, p, loadKept)
	m.Total.Ops += p.Ops
	m.Total.Errors += p.Errors
	m.Total.Shed += p.Shed
	if m.FaultBegun() {
		m.returned(p)
	}
	if m.FaultBegun() && m.Phase != PhaseRecovered {
		m.Dip = m.dipped(p)
	}
}

// dipped adds one second to the dip. The second in which the fault went in ends
// after it, so it counts.
func (m *machine) dipped(p LoadPoint) Dip {
	d := m.Dip
	if m.Baseline.Ops == 0 || p.At.Before(m.FaultAt) {
		return d
	}
	if float64(p.Ops) < recoveredShare*m.Baseline.Ops {
		d.Seconds++
	}
	if !d.Seen || p.Ops < d.Ops {
		d.Seen, d.Ops = true, p.Ops
	}
	return d
}
