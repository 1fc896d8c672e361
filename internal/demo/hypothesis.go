package demo

import (
	"cmp"
	"time"
)

// Hypothesis is what is expected of the subject although something will be
// broken. It is written down before the fault and judged at the end.
type Hypothesis struct {
	P99    Millis `json:"p99_ms,omitempty"`    // p99 is back under this; 0: nothing is said of it
	Within Millis `json:"within_ms,omitempty"` // counted from the fault
	// That no acknowledged write is lost is expected always.
}

// HypothesisVerdict is what became of a hypothesis, or of a part of it.
type HypothesisVerdict string

// The verdicts. Unknown is not held: what was not measured proves nothing.
const (
	Held    HypothesisVerdict = "held"
	Broken  HypothesisVerdict = "broken"
	Unknown HypothesisVerdict = "unknown"
)

type (
	// HypothesisStated says what is expected before anything is broken.
	HypothesisStated struct {
		Hypothesis
	}
	// HypothesisJudged says whether that came true, with the measured figures.
	HypothesisJudged struct {
		Hypothesis
		Verdict HypothesisVerdict `json:"verdict"`
		Latency HypothesisVerdict `json:"latency,omitempty"` // of the part about p99, "" where there is none
		Writes  HypothesisVerdict `json:"writes"`            // of the part about the writes
		Back    *Millis           `json:"back_ms,omitempty"` // from the fault until p99 was back; nil: it was not, or nobody measured it
		Lost    int64             `json:"lost"`              // keys with a violation
		Unread  int64             `json:"unread,omitempty"`  // keys that could not be read at the end
	}
)

// Kind names the record's line.
func (HypothesisStated) Kind() string { return "hypothesis.stated" }

// Kind names the record's line.
func (HypothesisJudged) Kind() string { return "hypothesis.judged" }

// The limits of a hypothesis. They are what three replicas promise when one
// fails: the others elect leaders within the election timeout of the profile.
const (
	hypothesisP99   = 10 * time.Millisecond
	hypothesisStage = 10 * time.Second
	hypothesisReal  = 30 * time.Second
)

// profileReal is the profile with the subject's default timeouts.
const profileReal = "real"

// hypothesisOf gives what is expected of a plan. On a machine that was slow
// before the fault too the limit is twice its usual p99. Where the plan is to
// cost the quorum nobody expects the clients to be served.
func hypothesisOf(profile string, p Plan, b Baseline) Hypothesis {
	if p.CostsQuorum {
		return Hypothesis{}
	}
	within := hypothesisStage
	if profile == profileReal {
		within = hypothesisReal
	}
	limit := hypothesisP99
	if twice := 2 * b.P99; twice > limit {
		limit = (twice + hypothesisP99 - 1) / hypothesisP99 * hypothesisP99
	}
	return Hypothesis{P99: Millis(limit), Within: Millis(within)}
}

// Return follows p99 from the fault until it is back under the limit. It is back
// when it was so for some seconds in a row. A single second above the limit does
// not take that away again; two do, unless the repair has begun by then.
type Return struct {
	Back    bool
	LastBad time.Duration // end of the last second above the limit, since the fault
	Good    time.Duration // beginning of the seconds under it
	Seconds int           // that were measured

	good, bad int           // seconds in a row
	last      time.Duration // end of the last second that was measured
}

const (
	returnSeconds = 3                       // under the limit, in a row
	sampleGap     = 2500 * time.Millisecond // between two samples: more was not measured
	failedShare   = 0.01                    // a failed operation is slower than any: more of them are above any p99
)

// above says whether a second is above the limit, and whether anything was
// measured in it at all.
func (h Hypothesis) above(p LoadSample) (above, measured bool) {
	failed := p.Errors + p.Shed
	all := p.Ops + failed
	if all == 0 {
		return false, false
	}
	return p.P99.Duration() > h.P99.Duration() || float64(failed) > failedShare*float64(all), true
}

// follow takes one second in; repairing says that the repair has begun.
func (r Return) follow(h Hypothesis, since time.Duration, p LoadSample, repairing bool) Return {
	above, measured := h.above(p)
	if since <= 0 || !measured || r.Back && repairing {
		return r
	}
	r.Seconds++
	if since-r.last > sampleGap {
		r.Back, r.good, r.bad = false, 0, 0
	}
	r.last = since
	if above {
		r.good, r.bad = 0, r.bad+1
		if !r.Back || r.bad > 1 {
			r.Back, r.LastBad = false, since
		}
		return r
	}
	if r.good, r.bad = r.good+1, 0; r.good == 1 && !r.Back {
		r.Good = max(r.LastBad, since-time.Second)
	}
	r.Back = r.Back || r.good >= returnSeconds
	return r
}

// returned takes one second of the workload into m.Return.
func (m *machine) returned(p LoadPoint) {
	if m.Hypothesis != nil {
		repairing := m.Phase >= PhaseMending && p.At.After(cmp.Or(m.RepairAt, m.LiftedAt))
		m.Return = m.Return.follow(*m.Hypothesis, p.At.Sub(m.FaultAt), p.LoadSample, repairing)
	}
}

// latency judges the part about p99.
func (s State) latency() HypothesisVerdict {
	within, r := s.Hypothesis.Within.Duration(), s.Return
	switch {
	case s.Hypothesis.P99 == 0:
		return ""
	case r.LastBad > within:
		return Broken
	case r.Back && r.Good <= within:
		return Held
	}
	return Unknown
}

// writes judges the part about the writes.
func (s State) writes() HypothesisVerdict {
	switch l := s.Ledger; {
	case s.lost() > 0:
		return Broken
	case l == nil, l.Unknown > 0, l.Acked == 0:
		return Unknown
	}
	return Held
}

// Judgement holds the hypothesis against what was measured so far. Broken
// outweighs unknown, and unknown outweighs held.
func (s State) Judgement() (HypothesisJudged, bool) {
	if s.Hypothesis == nil || !s.FaultBegun() {
		return HypothesisJudged{}, false
	}
	j := HypothesisJudged{Hypothesis: *s.Hypothesis, Verdict: Held, Latency: s.latency(), Writes: s.writes(), Lost: s.lost()}
	if s.Ledger != nil {
		j.Unread = s.Ledger.Unknown
	}
	if s.Return.Back && j.Latency != "" && j.Latency != Unknown {
		back := Millis(s.Return.Good)
		j.Back = &back
	}
	for _, v := range []HypothesisVerdict{Unknown, Broken} {
		if j.Latency == v || j.Writes == v {
			j.Verdict = v
		}
	}
	return j, true
}

// judge makes the judgement a fact, once.
func (m *machine) judge() {
	if j, ok := m.Judgement(); ok && m.Judged == nil {
		m.Judged = &j
		m.note(j)
	}
}
