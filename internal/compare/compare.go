// Package compare holds runs against each other, from their records alone. It says
// first what differs in settings and machines. Below six runs a side it gives
// median and range and tests nothing; from six on the confidence interval of the
// median and the Mann-Whitney U test, as benchstat does.
package compare

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/aclements/go-moremath/stats"

	"github.com/tikv-demo/tikv-demo/internal/report"
)

const (
	enough     = 6    // runs a side: with fewer the interval of a median has no ends
	confidence = 0.95 // of an interval
	alpha      = 0.05 // below which a difference counts as one
)

// Input is one run.
type Input struct {
	Side   string // that it was put on, "" where its settings say
	Report report.Report
}

// Side is some runs that count as the same.
type Side struct {
	Name     string // A, B, C …, or the name that was given
	Runs     []report.Report
	settings []map[string]string // of each run
}

// Comparison is some sides with what differs between them.
type Comparison struct {
	Sides       []Side
	Differences []Difference
	Rows        []Row
}

// Difference is a setting that is not the same on every side.
type Difference struct {
	Name   string
	Values []string // one for each side
}

// Row is one measure of every side.
type Row struct {
	Measure
	Sums  []Summary
	Tests []Test // of each side but the first, against the first
}

// Summary is a measure over the runs of a side.
type Summary struct {
	N, Of       int // runs that have the measure, of so many
	Median      float64
	Low, High   float64 // the range
	From, To    float64 // the confidence interval of the median, with Interval
	HasInterval bool
}

// Test is the outcome of a U test.
type Test struct {
	Tested bool // there were enough runs
	Equal  bool // every run has the same value
	P      float64
}

// Differs says whether the sides differ by more than chance would explain.
func (t Test) Differs() bool { return t.Tested && !t.Equal && t.P < alpha }

// Make compares runs. Those that were put on no side are together if their
// settings and machines are the same.
func Make(in []Input) Comparison {
	c := Comparison{Sides: sidesOf(in)}
	c.Differences = differences(c.Sides)
	for _, m := range measures {
		row := Row{Measure: m}
		var values [][]float64
		some := false
		for _, s := range c.Sides {
			v := m.of(s.Runs)
			values = append(values, v)
			row.Sums = append(row.Sums, summary(v, len(s.Runs)))
			some = some || len(v) > 0
		}
		for _, v := range values[min(1, len(values)):] {
			row.Tests = append(row.Tests, test(values[0], v))
		}
		if some {
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}

func sidesOf(in []Input) []Side {
	var sides []Side
	at := map[string]int{}
	for _, x := range in {
		settings := settingsOf(x.Report)
		key := "given " + x.Side
		if x.Side == "" {
			key = "same " + fingerprint(settings)
		}
		i, ok := at[key]
		if !ok {
			i = len(sides)
			at[key] = i
			sides = append(sides, Side{Name: cmp.Or(x.Side, string(rune('A'+i%26)))})
		}
		sides[i].Runs = append(sides[i].Runs, x.Report)
		sides[i].settings = append(sides[i].settings, settings)
	}
	return sides
}

// looks are the flags that change what is seen and not what is measured, and those
// that differ in every run.
var looks = []string{
	"--seed", "--record", "--front", "--theme", "--ascii", "--title", "--speaker", "--event", "--talk", "--end", "--log",
	"--reduced-motion", "--config", "--dry-run", "--cast", "machine load",
}

// settingsOf is all that may differ between two runs besides what they measured.
func settingsOf(r report.Report) map[string]string {
	out := map[string]string{"cluster": r.Run.Cluster, "profile": r.Run.Profile, "program": r.Run.Version}
	if r.Fault != nil {
		out["fault"] = r.Fault.Fault
	}
	for prefix, all := range map[string]map[string]string{"--": r.Run.Flags, "version of ": r.Run.Build, "machine ": r.Run.Host, "cluster's ": r.Run.Versions} {
		for name, value := range all {
			out[prefix+name] = value
		}
	}
	return out
}

func fingerprint(settings map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if !slices.Contains(looks, name) {
			b.WriteString(name + "\x00" + settings[name] + "\x00")
		}
	}
	return b.String()
}

// differences lists the settings that are not the same everywhere.
func differences(sides []Side) []Difference {
	names := map[string]bool{}
	for _, s := range sides {
		for _, settings := range s.settings {
			for name := range settings {
				names[name] = true
			}
		}
	}
	var out []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d := Difference{Name: name}
		all := map[string]bool{}
		for _, s := range sides {
			here := map[string]bool{}
			for _, settings := range s.settings {
				here[settings[name]], all[settings[name]] = true, true
			}
			d.Values = append(d.Values, together(here))
		}
		if len(all) > 1 && (!slices.Contains(looks, name) || name == "machine load" || name == "--seed") {
			out = append(out, d)
		}
	}
	return out
}

// together writes the values that the runs of a side have.
func together(values map[string]bool) string {
	all := slices.Sorted(maps.Keys(values))
	for i, v := range all {
		all[i] = cmp.Or(v, "–")
	}
	if len(all) > 2 {
		return "varies"
	}
	return strings.Join(all, " or ")
}

func summary(values []float64, of int) Summary {
	s := Summary{N: len(values), Of: of}
	if s.N == 0 {
		return s
	}
	sample := stats.Sample{Xs: slices.Sorted(slices.Values(values)), Sorted: true}
	s.Median, s.Low, s.High = sample.Quantile(0.5), sample.Xs[0], sample.Xs[s.N-1]
	if s.N >= enough {
		_, s.From, s.To = stats.QuantileCI(s.N, 0.5, confidence).SampleCI(sample)
		s.HasInterval = !math.IsInf(s.From, 0) && !math.IsInf(s.To, 0)
	}
	return s
}

func test(a, b []float64) Test {
	if len(a) < enough || len(b) < enough {
		return Test{}
	}
	r, err := stats.MannWhitneyUTest(a, b, stats.LocationDiffers)
	if errors.Is(err, stats.ErrSamplesEqual) {
		return Test{Tested: true, Equal: true, P: 1}
	}
	if err != nil {
		return Test{}
	}
	return Test{Tested: true, P: r.P}
}
