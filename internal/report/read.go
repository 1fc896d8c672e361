package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// Run is what a record holds, read back.
type Run struct {
	File    string
	Check   journal.Report // whether the record is whole
	LeftOut int            // seconds and facts beyond those that are kept
	Skipped int            // lines of kinds that this version does not know
	Damaged int            // lines that could not be read

	Started demo.RunStarted
	Began   time.Time
	Facts   []demo.Event     // without what comes every second, in the record's order
	Load    []demo.LoadPoint // every second, without its histogram
	Regions Looks[demo.RegionMap]
	Health  Looks[demo.Snapshot]
	Asked   []demo.Event // what a person asked for, where the record holds it

	State  demo.State // at the end of the record
	Folded bool       // State is the play's own; else it was put together from facts

	broken, mended bool // the fault has begun, and has ended
}

// Looks are the last looks before the fault, before its end, and at the end of
// the recovery (or of the run).
type Looks[T any] struct{ Before, During, After *T }

// Limits of what is kept of a record, which may be of any length.
const (
	secondsKept = 1 << 14 // of the workload: 4 hours before the fault, and as much from it on
	factsKept   = 1 << 14
	askedKept   = 1 << 12
)

// Read reads a record. It reads it twice: for its facts, and to fold it. It keeps a
// bounded part of it.
func Read(r io.ReadSeeker, name string) (*Run, error) {
	run := &Run{File: name}
	facts := journal.NewReader(r)
	for e, err := range facts.Told() {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		run.take(e)
	}
	run.Skipped, run.Damaged, run.Check = facts.Skipped, facts.Damaged, facts.Check()
	if run.Began.IsZero() {
		return nil, fmt.Errorf("%s is no record of a run: none of its lines could be read as one", name)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return run, run.fold(journal.NewReader(r))
}

// take takes in one fact.
func (run *Run) take(e demo.Event) {
	if run.Began.IsZero() {
		run.Began = e.At
	}
	switch b := e.Body.(type) {
	case demo.RunStarted:
		run.Started = b
	case demo.LoadSeen:
		b.Histogram = ""
		run.second(demo.LoadPoint{At: e.At, LoadSample: b.LoadSample})
	case demo.RegionsSeen:
		run.Regions.see(run, b.RegionMap)
	case demo.HealthSeen:
		run.Health.see(run, b.Snapshot)
	case demo.PlayBegun, demo.DiagnosisDelta:
	default:
		if len(run.Facts) >= factsKept && repeated(b) {
			run.LeftOut++
			return
		}
		run.Facts = append(run.Facts, e)
		_, begun := b.(demo.FaultInjected)
		_, ended := b.(demo.FaultLifted)
		run.broken, run.mended = run.broken || begun, run.mended || ended
	}
}

// repeated says whether a record may have any number of such facts.
func repeated(b demo.Body) bool {
	switch b.(type) {
	case demo.SignalSeen, demo.TicketOpened, demo.TicketClosed, demo.Violation, demo.EffectFailed, demo.RecordShown, demo.ChapterEntered, demo.ChapterDone:
		return true
	}
	return false
}

// second keeps a second of the workload: the last ones before the fault, and the
// first ones from it on.
func (run *Run) second(p demo.LoadPoint) {
	switch n := len(run.Load); {
	case run.broken && n >= 2*secondsKept:
		run.LeftOut++
		return
	case !run.broken && n >= secondsKept:
		run.LeftOut += n / 2
		run.Load = append(run.Load[:0], run.Load[n/2:]...)
	}
	run.Load = append(run.Load, p)
}

// see keeps a look, if it is the last of its time so far.
func (l *Looks[T]) see(run *Run, look T) {
	switch {
	case !run.broken:
		l.Before = &look
	case !run.mended:
		l.During = &look
	default:
		l.After = &look
	}
}

// fold plays the record, which gives the state at its end.
func (run *Run) fold(inputs *journal.Reader) error {
	for e, err := range inputs.Inputs() {
		switch b := e.Body.(type) {
		case demo.PlayBegun:
			run.State, run.Folded = demo.Resume(b, e.At), true
		case demo.Asked:
			if len(run.Asked) < askedKept {
				run.Asked = append(run.Asked, e)
			}
			run.State, _ = demo.Take(run.State, e)
		case nil:
		default:
			if run.Folded {
				run.State, _ = demo.Take(run.State, e)
			}
		}
		if errors.Is(err, journal.ErrNoInputs) {
			run.Folded = false
		} else if err != nil {
			return fmt.Errorf("%s: %w", run.File, err)
		}
	}
	if !run.Folded {
		run.State = run.assembled()
	}
	run.State.Load = run.Load // all of it: the screen keeps a part
	return nil
}

// fact gives the last fact of a kind, and when it was.
func fact[T demo.Body](run *Run) (T, time.Time, bool) {
	for _, e := range slices.Backward(run.Facts) {
		if b, ok := e.Body.(T); ok {
			return b, e.At, true
		}
	}
	var none T
	return none, time.Time{}, false
}

// assembled puts the state of a record without inputs together from what it says.
func (run *Run) assembled() demo.State {
	s := demo.New(nil, demo.Options{Fault: run.Started.Fault, Profile: run.Started.Profile})
	s.Began = run.Began
	for _, e := range run.Facts {
		switch b := e.Body.(type) {
		case demo.ClusterReady:
			s.Cluster = b
		case demo.FaultSealed:
			s.Sealed = b.Hash
		case demo.FaultInjected:
			s.Plan, s.FaultAt, s.Phase = &b.Plan, e.At, demo.PhaseOpen
		case demo.FaultLifted:
			s.LiftedAt, s.Phase, s.MendedBy = e.At, demo.PhaseMended, b.By
		case demo.TicketOpened:
			s.Tickets = append(s.Tickets, demo.Ticket{TicketOpened: b, OpenedAt: e.At})
		case demo.TicketClosed:
			for i := range s.Tickets {
				if s.Tickets[i].ID == b.ID {
					s.Tickets[i].ClosedAt = e.At
				}
			}
		case demo.DiagnosisFinished:
			s.Answer = &b
			if n := len(s.Tickets); n > 0 {
				s.Tickets[n-1].Versions = append(s.Tickets[n-1].Versions, demo.Version{At: e.At, Source: b.Source, Answer: &b, AnsweredAt: e.At})
			}
		case demo.FaultOpened:
			s.Opened = &b
		case demo.Recovered:
			s.Recovered, s.Phase = &b, demo.PhaseRecovered
		case demo.LedgerVerified:
			s.Ledger = &b
		case demo.Violation:
			s.Violations = append(s.Violations, demo.ViolationPoint{At: e.At, Violation: b})
		case demo.HypothesisJudged:
			s.Judged = &b
		case demo.RunFinished:
			s.Finished, s.Forced = &b, b.Forced
		}
	}
	run.measure(&s)
	return s
}

// measure works the baseline and the dip out of the seconds: the baseline is the
// median of the ten before the fault.
func (run *Run) measure(s *demo.State) {
	var ops []int64
	for _, p := range run.Load {
		s.Total.Ops, s.Total.Errors, s.Total.Shed = s.Total.Ops+p.Ops, s.Total.Errors+p.Errors, s.Total.Shed+p.Shed
		if s.Plan == nil || p.At.Before(s.FaultAt) {
			ops = append(ops, p.Ops)
		}
	}
	if ops = ops[max(0, len(ops)-10):]; len(ops) > 0 {
		slices.Sort(ops)
		s.Baseline.Ops = float64(ops[len(ops)/2])
	}
	if s.Plan == nil {
		return
	}
	for _, p := range run.Load {
		if p.At.Before(s.FaultAt) || s.Recovered != nil && p.At.After(run.faultEnd()) {
			continue
		}
		if float64(p.Ops) < 0.95*s.Baseline.Ops {
			s.Dip.Seconds++
		}
		if !s.Dip.Seen || p.Ops < s.Dip.Ops {
			s.Dip.Seen, s.Dip.Ops = true, p.Ops
		}
	}
}

// faultEnd is the end of the recovery, or of the record where it did not recover.
func (run *Run) faultEnd() time.Time {
	if r, at, ok := fact[demo.Recovered](run); ok {
		if _, fault, ok := fact[demo.FaultInjected](run); ok {
			return fault.Add(r.TTR.Duration())
		}
		return at
	}
	return run.end()
}

// end is the time of the last thing that the record says.
func (run *Run) end() time.Time {
	end := run.Began
	if n := len(run.Facts); n > 0 {
		end = run.Facts[n-1].At
	}
	if n := len(run.Load); n > 0 && run.Load[n-1].At.After(end) {
		end = run.Load[n-1].At
	}
	return end
}

// flag gives the value of a flag in force, "" where the record does not say.
func (run *Run) flag(name string) string { return run.Started.Flags[name] }

// label is what the badge of the screen said.
func (run *Run) label() string { return cmp.Or(run.State.Cluster.Label, run.Started.Cluster) }
