package compare

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/report"
)

// talk is the report of a real run, with a time of recovery and settings of its own.
func talk(t *testing.T, ttr time.Duration, flags map[string]string) report.Report {
	t.Helper()
	const path = "../report/testdata/talk.jsonl"
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	run, err := report.Read(f, path)
	require.NoError(t, err)
	r := report.Make(run, "")
	m := demo.Millis(ttr)
	if r.Score.TTR = &m; ttr == 0 {
		r.Score.TTR = nil
	}
	for name, value := range flags {
		r.Run.Flags[name] = value
	}
	return r
}

func some(t *testing.T, n int, mean float64, flags map[string]string, random *rand.Rand) []Input {
	var out []Input
	for i := range n {
		r := talk(t, time.Duration((mean+random.Float64())*float64(time.Second)), flags)
		r.Run.Flags["seed"], r.Run.Host["load"] = fmt.Sprint(i), fmt.Sprint(i)
		out = append(out, Input{Report: r})
	}
	return out
}

func row(t *testing.T, c Comparison, bench string) Row {
	t.Helper()
	for _, r := range c.Rows {
		if r.Bench == bench {
			return r
		}
	}
	t.Fatalf("no row %s", bench)
	return Row{}
}

func told(t *testing.T, c Comparison) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, c.Text(&b))
	for _, l := range strings.Split(b.String(), "\n") {
		require.Equal(t, strings.TrimRight(l, " "), l)
	}
	return b.String()
}

// Below six runs a side nothing is tested, whatever the figures look like.
func TestFewRunsAreNotTested(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	in := append(some(t, 5, 3, nil, random), some(t, 9, 30, map[string]string{"profile": "real"}, random)...)
	c := Make(in)
	require.Len(t, c.Sides, 2)
	r := row(t, c, "ttr-sec")
	assert.False(t, r.Tests[0].Tested)
	assert.False(t, r.Sums[0].HasInterval)
	assert.True(t, r.Sums[1].HasInterval)
	text := told(t, c)
	assert.Regexp(t, `(?m)^   --profile +stage +real$`, text)
	assert.Contains(t, text, "too few to test")
	assert.Contains(t, text, "Nothing was tested: that needs 6 runs a side.")
	assert.Less(t, strings.Index(text, "What differs"), strings.Index(text, "What was measured"))
	assert.NotContains(t, text, "p=")
}

// From six on a real difference is found, and runs that are alike show none.
func TestSixRunsAreTested(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	c := Make(append(some(t, 6, 3, nil, random), some(t, 6, 30, map[string]string{"profile": "real"}, random)...))
	r := row(t, c, "ttr-sec")
	assert.True(t, r.Tests[0].Differs())
	assert.InDelta(t, 0.0022, r.Tests[0].P, 0.0001, "the smallest that two times six runs can have")
	assert.True(t, r.Sums[0].HasInterval)
	assert.InDelta(t, r.Sums[0].Low, r.Sums[0].From, 1e-9, "six runs: the interval is all of the range")
	text := told(t, c)
	assert.Contains(t, text, "differs, p=0.002")
	assert.Contains(t, text, "the same in every run")

	alike := 0
	for range 200 {
		var a, b []float64
		for range 8 {
			a, b = append(a, random.NormFloat64()), append(b, random.NormFloat64())
		}
		if !test(a, b).Differs() {
			alike++
		}
	}
	assert.Greater(t, alike, 175, "chance finds a difference in one of twenty")
}

// The median of a population is in its interval as often as is said.
func TestAnIntervalHoldsWhatItSays(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	holds := 0
	for range 1000 {
		var v []float64
		for range 11 {
			v = append(v, random.ExpFloat64())
		}
		if s := summary(v, 11); s.From <= 0.6931 && 0.6931 <= s.To {
			holds++
		}
	}
	assert.Greater(t, holds, 930)
	one := summary([]float64{7}, 2)
	assert.Equal(t, Summary{N: 1, Of: 2, Median: 7, Low: 7, High: 7}, one)
	assert.Equal(t, Summary{Of: 3}, summary(nil, 3))
}

// A run that never recovered is missed in the sum, and the sum says so.
func TestARunWithoutTheFigureIsCounted(t *testing.T) {
	in := []Input{{Report: talk(t, 3*time.Second, nil)}, {Report: talk(t, 0, nil)}}
	text := told(t, Make(in))
	assert.Regexp(t, `recovered after the fault +3 s, 1 of 2 runs`, text)
	assert.Contains(t, text, "A: 2 runs")
	assert.Contains(t, text, "nothing that the records hold")
}

// Where keys could not be read nobody knows whether they are lost: such a run has no 0,
// and says how many keys they are. What is known to be lost is, whatever was not read.
func TestKeysThatCouldNotBeReadAreNotZeroLost(t *testing.T) {
	run := func(verified bool, lost, unknown int64) Input {
		r := talk(t, time.Second, nil)
		r.Score.Verified, r.Score.Lost, r.Score.Unknown = verified, lost, unknown
		return Input{Side: fmt.Sprint(verified, lost, unknown), Report: r}
	}
	c := Make([]Input{run(true, 0, 0), run(true, 0, 10_000), run(true, 3, 10_000), run(false, 0, 0), run(false, 3, 0)})
	of := func(bench string) (out []string) {
		r := row(t, c, bench)
		for _, s := range r.Sums {
			out = append(out, r.sum(s))
		}
		return out
	}
	assert.Equal(t, []string{"0", "–", "3", "–", "3"}, of("lost-keys"))
	assert.Equal(t, []string{"0", "10000", "10000", "–", "–"}, of("unknown-keys"))
	assert.Contains(t, told(t, c), "keys that could not be read")
	var bench bytes.Buffer
	require.NoError(t, c.Bench(&bench))
	var got []string
	for _, l := range strings.Split(bench.String(), "\n") {
		if strings.HasPrefix(l, "Benchmark") {
			got = append(got, strings.Join(regexp.MustCompile(`\S+ (?:lost|unknown)-keys`).FindAllString(l, -1), " "))
		}
	}
	assert.Equal(t, []string{"0 lost-keys 0 unknown-keys", "10000 unknown-keys", "3 lost-keys 10000 unknown-keys", "", "3 lost-keys"}, got)
}

// The times of a run that was shown from another record in part are not those of a
// talk: the run is marked, and is in no figure.
func TestARunThatWasShownFromARecordIsMarkedAndCountsForNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	in := some(t, 6, 3, nil, random)
	other := talk(t, 99*time.Second, nil)
	until := other.Run.Began.Add(40 * time.Second)
	other.TakeOvers = []report.TakeOver{{At: other.Run.Began, Until: &until, Chapter: 6, Record: "the record of 2026-03-04\x1b[2J"}, {Chapter: 7, Record: "another"}}
	c := Make(append(in, Input{Report: other}))
	r := row(t, c, "ttr-sec")
	assert.Equal(t, 6, r.Sums[0].N)
	assert.Equal(t, 7, r.Sums[0].Of)
	assert.Less(t, r.Sums[0].High, 90.0)
	text := told(t, c)
	assert.Contains(t, text, "\n      from chapter 6 on shown from the record of 2026-03-04")
	assert.Contains(t, text, ", for 40 s\n      from chapter 7 on shown from another, to the end\n")
	assert.Contains(t, text, "6 of 7 runs")
	assert.Contains(t, text, "1 run was shown from another record in part: it is in no figure.")
	var bench bytes.Buffer
	require.NoError(t, c.Bench(&bench))
	assert.Equal(t, 6, strings.Count(bench.String(), "BenchmarkTalk"))
	assert.NotContains(t, bench.String(), " 99 ")
	assert.NotContains(t, told(t, Make(in)), "in no figure")
}

// Records are put together by their settings and machine; a directory is what
// somebody says it is.
func TestSidesAreWhatIsTheSame(t *testing.T) {
	a, b := talk(t, time.Second, nil), talk(t, time.Second, nil)
	b.Run.Host["cores"] = "64"
	c := Make([]Input{{Report: a}, {Report: b}, {Report: a}})
	require.Len(t, c.Sides, 2)
	assert.Len(t, c.Sides[0].Runs, 2)
	assert.Equal(t, Difference{"machine cores", []string{a.Run.Host["cores"], "64"}}, c.Differences[0])
	c = Make([]Input{{Side: "before", Report: a}, {Side: "before", Report: b}, {Side: "after", Report: a}})
	require.Len(t, c.Sides, 2)
	assert.Equal(t, a.Run.Host["cores"]+" or 64", c.Differences[0].Values[0])
	assert.Empty(t, Make(nil).Rows)
	require.NoError(t, Make(nil).Text(&bytes.Buffer{}))
}

// Names and settings were read from a file: none of them reaches a terminal as
// anything but text.
func TestWhatAnEnemyWroteIsText(t *testing.T) {
	a, b := talk(t, time.Second, nil), talk(t, time.Second, map[string]string{"x\x1b]0;owned\x07": "\x1b[2J\u202e"})
	b.Record.File, b.Run.Outcome = "\x1b[31mrun\nBenchmarkFake 1 1 s", "\x1b[0m\nx"
	c := Make([]Input{{Report: a}, {Side: "\x1b[1m side\nUnit x", Report: b}})
	var bench bytes.Buffer
	require.NoError(t, c.Bench(&bench))
	for _, text := range []string{told(t, c), bench.String()} {
		require.NotContains(t, text, "\x1b")
		require.NotContains(t, text, "\u202e")
	}
	for _, l := range strings.Split(strings.TrimSpace(bench.String()), "\n") {
		require.Regexp(t, regexp.MustCompile(`^(Unit \S+ better=(lower|higher)|side: \S+|BenchmarkTalk 1( \S+ \S+)+)$`), l)
	}
}
