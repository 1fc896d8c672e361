package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Under each chart and map is a table of what it shows, for those who cannot see it.
func TestUnderEachChartIsATable(t *testing.T) {
	html, _ := rendered(t, Make(read(t, talk), ""))
	charts := regexp.MustCompile(`(?s)<svg viewBox.*?</svg>(.{0,80})`).FindAllStringSubmatch(html, -1)
	require.Len(t, charts, 3)
	for _, c := range charts {
		require.Regexp(t, `^</figure>\s*<div class="wide"><table`, c[1])
	}
	maps := html[strings.LastIndex(html, `<svg class="map"`):]
	require.Regexp(t, `(?s)^<svg.*?</svg></figure>\s*<div class="wide"><table`, maps)
}

// In every scheme every text stands out from what is behind it, by 7 to 1 as WCAG's
// AAA has it.
func TestEveryTextHasContrast(t *testing.T) {
	schemes := regexp.MustCompile(`:root \{[^}]*\}`).FindAllString(sheet, -1)
	require.Len(t, schemes, 3, "light, dark and paper")
	for _, s := range schemes {
		colour := map[string]float64{}
		for _, c := range regexp.MustCompile(`--(\w+): #([0-9a-f]+);`).FindAllStringSubmatch(s, -1) {
			colour[c[1]] = luminance(t, c[2])
		}
		for _, ink := range []string{"ink", "dim", "bad", "doubt"} {
			for _, paper := range []string{"paper", "soft"} {
				light, dark := max(colour[ink], colour[paper]), min(colour[ink], colour[paper])
				require.GreaterOrEqual(t, (light+0.05)/(dark+0.05), 7.0, "%s on %s in %s", ink, paper, s)
			}
		}
	}
}

// luminance is WCAG's, of a colour in hexadecimal.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	require.NoError(t, err)
	part := func(shift int) float64 {
		v := float64(n>>shift&0xff) / 255
		if v <= 0.03928 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

// Of a record of any length a bounded part is kept: what lies around the fault.
func TestALongRecordIsReportedInBoundedMemory(t *testing.T) {
	run := &Run{}
	at := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	seconds := func(n int) {
		for range n {
			at = at.Add(time.Second)
			run.take(demo.Event{At: at, Body: demo.LoadSeen{LoadSample: demo.LoadSample{Ops: 1}}})
			run.take(demo.Event{At: at, Body: demo.SignalSeen{}})
		}
	}
	seconds(3 * secondsKept)
	fault := at
	run.take(demo.Event{At: at, Body: demo.FaultInjected{}})
	seconds(3 * secondsKept)
	run.take(demo.Event{At: at, Body: demo.RunFinished{}})
	require.LessOrEqual(t, len(run.Load), 2*secondsKept)
	require.LessOrEqual(t, len(run.Facts), factsKept+2)
	require.Equal(t, 12*secondsKept+2, run.LeftOut+len(run.Load)+len(run.Facts), "what is left out is counted")
	before := 0
	for _, p := range run.Load {
		if p.At.Equal(fault) {
			break
		}
		before++
	}
	require.GreaterOrEqual(t, before, secondsKept/2-1, "the last ones before the fault are there")
	require.Equal(t, fault.Add(time.Second), run.Load[before+1].At, "and the first ones after it")
	_, _, ended := fact[demo.RunFinished](run)
	require.True(t, ended)
	html, _ := rendered(t, Make(run, ""))
	require.Contains(t, html, "the record is longer than a report")
}
