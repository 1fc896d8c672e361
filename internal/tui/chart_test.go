package tui

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/NimbleMarkets/ntcharts/linechart/timeserieslinechart"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

func TestMarksUnderTheChartNeverCutAWordNorStandOnEachOther(t *testing.T) {
	for _, c := range []struct {
		fault, recovered int
		want             string
	}{
		{2, 12, "  ▲ fault   ▲ recovered     "},
		{8, 14, "  fault ▲     ▲ recovered   "},
		{4, 26, "    ▲ fault     recovered ▲ "},
		{20, 26, "              fault ▲     ▲ "},
		{1, 3, " ▲ ▲ recovered              "},
	} {
		require.Equal(t, c.want, markLine(28, []mark{{c.recovered, "recovered"}, {c.fault, "fault"}}))
	}
	require.Equal(t, "     fault ▲", markLine(12, []mark{{11, "fault"}}))
}

// labelRow gives the row of the label for v, -1 where there is none.
func labelRow(rows []string, v float64) int {
	for i, row := range rows {
		if n, err := strconv.ParseFloat(strings.TrimSpace(ansi.Cut(row, 0, labelWidth)), 64); err == nil && n == v {
			return i
		}
	}
	return -1
}

// lineRow gives the row in which a level line runs, -1 where there is none.
func lineRow(rows []string) int {
	for i, row := range rows {
		if strings.Count(row, "─") > 10 {
			return i
		}
	}
	return -1
}

// A line at a value that has a label runs in the row of that label.
func TestALineRunsInTheRowOfItsLabel(t *testing.T) {
	m := on(t, 3, 120, 36, "dark").Model
	from, to := ten, ten.Add(time.Minute)
	level := func(h int, v, base float64) []string {
		points := []timeserieslinechart.TimePoint{{Time: from, Value: v}, {Time: to, Value: v}}
		return m.plot(rect{60, h}, from, to, line{points: points, base: base})
	}
	compared := 0
	for h := 5; h <= 30; h++ {
		for _, v := range []float64{5, 20, 50, 100, 300, 500, 1000, 2000} {
			rows := level(h, v, 0)
			at := labelRow(rows, v)
			if at < 0 { // no label there: hold it against one that is
				continue
			}
			compared++
			require.Equal(t, at, lineRow(rows), "%g in %d rows:\n%s", v, h, strings.Join(rows, "\n"))
		}
		// A lower line under a higher one: every label of the chart is tried.
		for _, row := range level(h, 1000, 0) {
			label, err := strconv.ParseFloat(strings.TrimSpace(ansi.Cut(row, 0, labelWidth)), 64)
			if err != nil || label <= 0 || label >= 1000 {
				continue
			}
			points := []timeserieslinechart.TimePoint{{Time: from, Value: label}, {Time: to, Value: label}}
			rows := m.plot(rect{60, h}, from, to, line{points: points, base: 1000})
			compared++
			require.NotEqual(t, -1, labelRow(rows, label))
			require.Contains(t, rows[labelRow(rows, label)], "──────", "%g in %d rows:\n%s", label, h, strings.Join(rows, "\n"))
		}
	}
	require.Greater(t, compared, 50, "labels were compared")
}

// The golden pictures agree with their own numbers: the rate in the heading of
// the workload has a label at the axis, and the line ends in the row of it.
func TestTheGoldenPicturesAgreeWithTheirNumbers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "chapter*-120x36.txt"))
	require.NoError(t, err)
	heading := regexp.MustCompile(`Workload +(\d+) ops/s`)
	compared := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		rate := heading.FindStringSubmatch(string(b))
		if rate == nil {
			continue
		}
		label := regexp.MustCompile(`(?m) ` + rate[1] + `([│├┤].*)$`).FindStringSubmatch(string(b))
		if label == nil { // a rate that is not round
			continue
		}
		compared++
		require.Regexp(t, `[─╯╮]\s*$`, label[1], "%s: the line is not at %s", f, rate[1])
	}
	require.Positive(t, compared, "a picture was looked at")
}

// What is slow because of this machine is said beside the figures, or
// in their place where there is no room for both.
func TestAnOverloadedMachineIsSaidBesideTheFigures(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {100, 30}, {160, 45}} {
		p := on(t, 3, size[0], size[1], "dark")
		require.NotContains(t, p.View(), "machine overloaded")
		p.hear(demo.SignalSeen{Name: demo.SignalOverload, Detail: "its clock ticks 200 ms late in 2 s"})
		require.Contains(t, p.View(), "machine overloaded", "%v", size)
		require.Equal(t, size[0] >= 160, strings.Contains(p.View(), "ms  machine overloaded"), "%v", size)
		p.hear(demo.SignalSeen{Name: demo.SignalOverload, Cleared: true})
		require.NotContains(t, p.View(), "machine overloaded", "%v", size)
	}
}
