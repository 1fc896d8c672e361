package compare

import (
	"fmt"
	"math"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/report"
)

// Measure is one figure of a run.
type Measure struct {
	Name   string
	Unit   string // as it is shown, "" for a plain number
	Bench  string // as a Go benchmark has it
	Better string // "lower" or "higher"
	get    func(r report.Report) (float64, bool)
}

// measures are what runs are compared by. What a run does not have counts for
// nothing: one that never recovered has no time of recovery.
var measures = []Measure{
	{"detected after the fault", "s", "ttd-sec", "lower", seconds(func(r report.Report) *demo.Millis { return r.Score.TTD })},
	{"diagnosed after the question", "s", "diagnosis-sec", "lower", seconds(func(r report.Report) *demo.Millis { return r.Score.TTDiagnose })},
	{"recovered after the fault", "s", "ttr-sec", "lower", seconds(func(r report.Report) *demo.Millis { return r.Score.TTR })},
	{"recovered after the repair began", "s", "repair-sec", "lower", seconds(func(r report.Report) *demo.Millis { return r.Score.FromAction })},
	{"throughput before the fault", "ops/s", "before-ops/sec", "higher", func(r report.Report) (float64, bool) {
		return r.Score.BaselineOps, r.Score.BaselineOps > 0
	}},
	{"slowest second", "ops", "slowest-ops", "higher", faulty(func(r report.Report) float64 { return float64(r.Score.DipOps) })},
	{"seconds below 95% of before", "s", "below95-sec", "lower", faulty(func(r report.Report) float64 { return float64(r.Score.DipSeconds) })},
	{"operations that the fault failed", "", "failed-ops", "lower", faulty(func(r report.Report) float64 { return float64(r.Cost.Failed) })},
	{"longest time a region was not writable", "s", "unwritable-sec", "lower", func(r report.Report) (float64, bool) {
		if r.Cost == nil || r.Cost.Unwritable == nil {
			return 0, false
		}
		return r.Cost.Unwritable.For.Duration().Seconds(), true
	}},
	// No key is known to be lost, and some could not be read: that is no 0.
	{"keys lost", "", "lost-keys", "lower", func(r report.Report) (float64, bool) {
		return float64(r.Score.Lost), r.Score.Lost > 0 || r.Score.Verified && r.Score.Unknown == 0
	}},
	{"keys that could not be read", "", "unknown-keys", "lower", func(r report.Report) (float64, bool) { return float64(r.Score.Unknown), r.Score.Verified }},
	{"diagnosis right (1) or wrong (0)", "", "right-answers", "higher", func(r report.Report) (float64, bool) {
		for i := len(r.Diagnoses) - 1; i >= 0; i-- {
			if a := r.Diagnoses[i].Answer; a != nil {
				if a.Correct {
					return 1, true
				}
				return 0, true
			}
		}
		return 0, false
	}},
}

func seconds(of func(report.Report) *demo.Millis) func(report.Report) (float64, bool) {
	return func(r report.Report) (float64, bool) {
		d := of(r)
		if d == nil {
			return 0, false
		}
		return d.Duration().Seconds(), true
	}
}

// faulty is a figure that only a run with a fault has.
func faulty(of func(report.Report) float64) func(report.Report) (float64, bool) {
	return func(r report.Report) (float64, bool) {
		if r.Fault == nil {
			return 0, false
		}
		return of(r), true
	}
}

// Counts says whether the figures of a run count. Where a part of the talk was shown
// from another record, the live talk stood still meanwhile and its cluster was mended
// in the background: its times are not those of a talk.
func Counts(r report.Report) bool { return len(r.TakeOvers) == 0 }

// of gives the figure of each run that has it, and counts.
func (m Measure) of(runs []report.Report) []float64 {
	var out []float64
	for _, r := range runs {
		if v, ok := m.get(r); ok && Counts(r) {
			out = append(out, v)
		}
	}
	return out
}

// Figure writes a value of the measure, without its unit.
func (m Measure) Figure(v float64) string {
	if v == math.Trunc(v) || math.Abs(v) >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
