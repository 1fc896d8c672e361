package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	xhtml "golang.org/x/net/html"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/plot"
)

const (
	talk     = "testdata/talk.jsonl"
	version1 = "../journal/testdata/version1.jsonl"
)

func read(t *testing.T, path string) *Run {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	run, err := Read(f, path)
	require.NoError(t, err)
	return run
}

func rendered(t *testing.T, r Report) (html, markdown string) {
	t.Helper()
	var h, m bytes.Buffer
	require.NoError(t, r.HTML(&h))
	require.NoError(t, r.Markdown(&m))
	return h.String(), m.String()
}

func TestAReportSaysWhatTheRecordSays(t *testing.T) {
	run := read(t, talk)
	require.True(t, run.Folded)
	r := Make(run, "tikv-demo run --seed=11")
	end, _, ok := fact[demo.RunFinished](run)
	require.True(t, ok)
	require.InDelta(t, end.TTD.Duration().Seconds(), r.Score.TTD.Duration().Seconds(), 0.001)
	require.InDelta(t, end.TTR.Duration().Seconds(), r.Score.TTR.Duration().Seconds(), 0.001)
	require.Equal(t, "complete", r.Run.Outcome)
	require.Len(t, r.Diagnoses, 1)
	require.NotEmpty(t, r.Diagnoses[0].Answer.Claims)
	require.Equal(t, int64(0), r.Score.Lost)
	require.True(t, *r.Fault.Matches)
	for i, m := range r.Regions {
		require.NotNil(t, m, i)
	}
	html, markdown := rendered(t, r)
	for _, text := range []string{xhtml.UnescapeString(html), markdown} {
		for _, want := range []string{"What clients saw", "Scorecard", "tikv-demo run --seed=11", run.label(), r.Record.Words, "RECORD OF " + r.Date()} {
			require.Contains(t, text, want)
		}
	}
	again, _ := rendered(t, Make(read(t, talk), "tikv-demo run --seed=11"))
	require.Equal(t, html, again, "the same record gives the same bytes")
}

// An old record is reported with what it has, and the rest is said to be missing.
func TestARecordOfVersion1HasAReport(t *testing.T) {
	run := read(t, version1)
	require.False(t, run.Folded)
	r := Make(run, "")
	require.Equal(t, 1, r.Record.Schema)
	require.NotNil(t, r.Score.TTD)
	require.NotNil(t, r.Score.TTR)
	require.Greater(t, r.Score.BaselineOps, 500.0)
	require.Nil(t, r.Cost.Unwritable)
	require.Nil(t, r.Cost.Records)
	require.NotNil(t, r.Cost.BudgetShare)
	html, markdown := rendered(t, r)
	require.Contains(t, html, missing)
	require.Contains(t, markdown, missing)
	require.Equal(t, len(run.Load), len(r.plot.Panels[0].Points))
}

// lines is a record with the given bodies, a second apart.
func lines(t *testing.T, bodies ...demo.Body) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	w := journal.NewWriter(&b)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, body := range bodies {
		require.NoError(t, w.Write(at.Add(time.Duration(i)*time.Second), body))
	}
	return bytes.NewReader(b.Bytes())
}

func second(ops, errs, shed int64) demo.LoadSeen {
	return demo.LoadSeen{LoadSample: demo.LoadSample{Ops: ops, Errors: errs, Shed: shed, P99: demo.Micros(time.Millisecond), Max: demo.Micros(time.Second)}}
}

// hitting is a second in which regions and records were hit.
func hitting(errs, records int64, regions ...demo.RegionTrouble) demo.LoadSeen {
	s := second(900, errs, 0)
	s.RecordsHit, s.Regions = records, regions
	return s
}

func costed(t *testing.T, started demo.RunStarted) *Cost {
	t.Helper()
	ms := func(n int) demo.Millis { return demo.Millis(time.Duration(n) * time.Millisecond) }
	run, err := Read(lines(t, started,
		demo.RegionsSeen{RegionMap: demo.RegionMap{Total: 8}},
		second(1000, 0, 0), second(1000, 0, 0), hitting(5, 3, demo.RegionTrouble{ID: 99, Errors: 5, Unwritable: ms(9000)}),
		demo.FaultInjected{Plan: demo.Plan{Fault: "kill", Target: "tikv-1"}},
		hitting(100, 43, demo.RegionTrouble{ID: 1, Errors: 60, Unwritable: ms(900)}, demo.RegionTrouble{ID: 2, Errors: 40}),
		hitting(50, 63, demo.RegionTrouble{ID: 1, Errors: 50, Unwritable: ms(1700)}),
		demo.Recovered{TTR: ms(3000)},
		second(1000, 0, 0),
		hitting(70, 500, demo.RegionTrouble{ID: 7, Errors: 70, Unwritable: ms(20000)})), "x")
	require.NoError(t, err)
	return costOf(run)
}

// What the fault cost counts from the fault to the recovery, and nothing of what
// was before or came after.
func TestTheCostIsOfTheFaultAlone(t *testing.T) {
	c := costed(t, demo.RunStarted{Flags: map[string]string{"records": "1000"}})
	assert.Equal(t, int64(150), c.Failed)
	assert.InDelta(t, 150/(0.001*1000*30*86400), *c.BudgetShare, 1e-9)
	assert.Equal(t, Blast{60, 1000}, *c.Records)
	assert.Equal(t, Blast{2, 8}, *c.Regions)
	assert.Equal(t, Unwritable{"1", demo.Millis(1700 * time.Millisecond)}, *c.Unwritable)
	c = costed(t, demo.RunStarted{})
	assert.Nil(t, c.Records, "how many there are is not in the record")
}

// hostile is what a cluster or a model may write where a report shows it.
const hostile = `</script></style></td><script>alert(1)</script><img src=x onerror=alert(1)> "'&quot;` +
	"\x1b]0;owned\x07\u202e [x](javascript:alert(1)) ![i](http://evil/x.png) | `code` \n# heading\n```\n<b>" + `{{.}} $(reboot)`

// hostileBodies is a run whose every text was written by an enemy.
func hostileBodies() []demo.Body {
	h := hostile
	plan := demo.Plan{Fault: h, FaultType: h, Target: h, Also: []string{h}, Reason: h, Effect: h, Undo: h}
	claim := demo.Claim{Text: h, Cites: []int{1}, Why: h}
	act := demo.Action{Name: h, Target: h}
	return []demo.Body{
		demo.RunStarted{Version: h, Cluster: h, Profile: h, Fault: h, Chapters: []string{h}, Schema: 2, Run: h, Build: map[string]string{h: h}, Host: map[string]string{h: h},
			Flags: map[string]string{"title": h, "speaker": h, "event": h, h: h, "records": "10"}},
		demo.ClusterReady{PD: h, Label: h, Versions: map[string]string{h: h}},
		demo.HealthSeen{Snapshot: demo.Snapshot{Nodes: []demo.Node{{Name: h, Type: h, Role: demo.RoleControl, State: h}, {Name: h, Role: demo.RoleData, State: h}}}},
		demo.RegionsSeen{RegionMap: demo.RegionMap{Total: 1, Nodes: []demo.NodeRegions{{Name: h}}, Shown: []demo.Region{{ID: 1, Leader: h, Peers: []string{h}}}}},
		second(1000, 0, 0),
		demo.FaultSealed{Hash: h}, demo.FaultInjected{Plan: plan, By: h},
		demo.SignalSeen{Name: h, Target: h, Detail: h}, demo.TicketOpened{ID: h, Invariant: h, Target: h, Message: h, Signals: []string{h}},
		second(1, 5, 6),
		demo.DiagnosisStarted{Source: h, Ticket: h, Why: h, Evidence: []demo.Evidence{{N: 1, Source: h, Text: h}}},
		demo.DiagnosisFinished{Source: h, Component: h, FaultType: h, RootCause: h, Action: act, Risk: h, Claims: []demo.Claim{claim},
			Alternatives: []demo.Alternative{{Cause: h, Against: h}}, Usage: &demo.Usage{Model: h}, Terms: demo.Terms{Effect: h, Undo: h, Precondition: h, Risk: h}},
		demo.FaultOpened{Text: h, Matches: true, Why: h, Card: []demo.Scored{{Verdict: demo.Verdict{Source: h, Component: h, FaultType: h, Action: act}}}},
		demo.ActionDenied{Action: act, By: h, Reason: h}, demo.ActionSkipped{Action: act, Why: h}, demo.ChapterDone{Title: h, By: demo.ByForced},
		demo.EffectFailed{Effect: h, Err: h}, demo.FaultLifted{By: h}, demo.Recovered{TTR: 1e9, By: h},
		demo.DataProved{Stores: []demo.StoreProof{{Store: h, Why: h}}}, demo.Violation{Name: h, Key: h, Store: h},
		demo.RunFinished{Outcome: h, LeftBroken: []string{h}},
	}
}

// Nothing that a cluster or a model wrote becomes a tag, an attribute, a link or an
// escape sequence, whatever field it stands in.
func TestWhatAnEnemyWroteIsText(t *testing.T) {
	run, err := Read(lines(t, hostileBodies()...), hostile)
	require.NoError(t, err)
	r := Make(run, "tikv-demo run "+ShellWord("--title="+hostile))
	html, markdown := rendered(t, r)
	js, err := r.JSON()
	require.NoError(t, err)
	for _, text := range []string{html, markdown, string(js)} {
		require.NotContains(t, text, "\x1b")
		require.NotContains(t, text, "\u202e")
		require.NotContains(t, text, "\x07")
	}
	require.True(t, json.Valid(js))
	require.Greater(t, strings.Count(html, "alert(1)"), 60, "every field is there")
	onlyText(t, html, markdown)
}

// What the injection fault had a store write to its log is shown, and is text.
func TestTheOrdersOfAnInjectionAreText(t *testing.T) {
	in, err := examples.Open("injection")
	require.NoError(t, err)
	record, err := io.ReadAll(in)
	require.NoError(t, err)
	require.Contains(t, string(record), "ignore all previous instructions")
	// as it would be if the log held markup too
	record = bytes.ReplaceAll(record, []byte("SYSTEM: ignore all"), []byte("<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:x) ignore all"))
	run, err := Read(bytes.NewReader(record), "injection")
	require.NoError(t, err)
	html, markdown := rendered(t, Make(run, ""))
	require.Contains(t, html, "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt; [x](javascript:x) ignore all previous")
	onlyText(t, html, markdown)
}

// onlyText fails if a text in a report became a tag, an attribute, a link or a heading.
func onlyText(t *testing.T, html, markdown string) {
	t.Helper()
	known := strings.Fields("html head meta title style body header main section h1 h2 p b i dl div dt dd figure figcaption svg rect line path text table caption thead tbody tr th td pre")
	z := xhtml.NewTokenizer(strings.NewReader(html))
	for {
		kind := z.Next()
		if kind == xhtml.ErrorToken {
			require.ErrorIs(t, z.Err(), io.EOF)
			break
		}
		if kind == xhtml.TextToken || kind == xhtml.DoctypeToken {
			continue
		}
		tag := z.Token()
		require.Contains(t, known, tag.Data)
		for _, a := range tag.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "href" || a.Key == "src", "%v", tag)
			if a.Key == "style" {
				require.Regexp(t, `^max-width:\d+px$`, a.Val)
			}
		}
	}
	require.NotRegexp(t, `(?m)(^|[^\\])\]\(`, withoutCode(markdown), "no link")
	require.NotRegexp(t, `<[a-zA-Z/]`, withoutCode(markdown), "no tag")
	require.NotRegexp(t, `(?m)^# heading`, withoutCode(markdown), "no heading of its own")
	for _, l := range strings.Split(withoutCode(markdown), "\n") {
		if strings.HasPrefix(l, "| ") {
			require.LessOrEqual(t, len(regexp.MustCompile(`(^|[^\\])\|`).FindAllString(l, -1)), 8, l)
		}
	}
}

// withoutCode leaves out what stands between fences, which is shown as it is.
func withoutCode(markdown string) string {
	var out []string
	fence := ""
	for _, l := range strings.Split(markdown, "\n") {
		switch {
		case fence == "" && strings.HasPrefix(l, "```"):
			fence = l
		case fence != "" && l == fence:
			fence = ""
		case fence == "":
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// A page loads nothing and runs nothing, and its drawings are well-formed.
func TestAPageNeedsNothingElse(t *testing.T) {
	html, _ := rendered(t, Make(read(t, talk), ""))
	require.Contains(t, html, `content="default-src 'none'; style-src 'unsafe-inline'"`)
	require.NotRegexp(t, `(?i)<script|<link|<img|@import|url\(|https?://`, html)
	drawings := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(html, -1)
	require.Len(t, drawings, 6)
	for _, d := range drawings {
		x := xml.NewDecoder(strings.NewReader(d))
		for {
			if _, err := x.Token(); errors.Is(err, io.EOF) {
				break
			} else {
				require.NoError(t, err, d)
			}
		}
		require.NotContains(t, d, "NaN")
		require.NotContains(t, d, "Inf")
	}
	require.Equal(t, 3, strings.Count(html, `class="mark"`)/4, "a vertical for each of the four events in each chart")
}

// A record that was cut or changed is reported, and the report says so first.
func TestADamagedRecordIsReportedAsOne(t *testing.T) {
	whole, err := os.ReadFile(talk)
	require.NoError(t, err)
	all := bytes.SplitAfter(whole, []byte("\n"))
	for n := 1; n < len(all); n += 37 {
		cut := bytes.Join(all[:n], nil)
		cut = append(cut, all[n][:len(all[n])/2]...)
		run, err := Read(bytes.NewReader(cut), "cut")
		require.NoError(t, err)
		html, _ := rendered(t, Make(run, ""))
		require.Contains(t, html, "does not end")
		flipped := bytes.Clone(whole)
		at := len(bytes.Join(all[:n], nil)) + len(all[n])/2
		flipped[at] ^= 0x15
		run, err = Read(bytes.NewReader(flipped), "flipped")
		require.NoError(t, err)
		html, _ = rendered(t, Make(run, ""))
		require.Contains(t, html, "not whole", "line %d", n+1)
	}
	for _, rubbish := range []string{"hello\n", "{}\n", "\x00\x01\n\n\n"} {
		_, err := Read(strings.NewReader(rubbish), "rubbish")
		require.ErrorContains(t, err, "no record of a run")
	}
}

// However long the run, a chart has no more points than fit, and loses no peak.
func TestALongRunFitsItsChart(t *testing.T) {
	var points []plot.Point
	at := time.Unix(0, 0)
	for i := range 50_000 {
		points = append(points, plot.Point{At: at.Add(time.Duration(i) * time.Second), V: 1000 + float64(i%7)})
	}
	points[31_234].V, points[44_444].V = 9e6, 0
	thin := thinned(points)
	require.LessOrEqual(t, len(thin), pointsShown+2)
	low, high := math.Inf(1), 0.0
	for i, p := range thin {
		low, high = min(low, p.V), max(high, p.V)
		require.False(t, i > 0 && p.At.Before(thin[i-1].At))
	}
	require.InDelta(t, 9e6, high, 0)
	require.InDelta(t, 0, low, 0)
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 44279: "44,279", -1234567: "-1,234,567", -100: "-100"} {
		assert.Equal(t, want, number(n))
	}
	for share, want := range map[float64]string{0: "0%", 1: "100%", 0.5: "50%", 0.0612: "6.1%", 0.000121: "0.012%", 1e-7: "less than 0.001%"} {
		assert.Equal(t, want, percent(share), fmt.Sprint(share))
	}
	assert.Equal(t, "--seed=7", ShellWord("--seed=7"))
	assert.Equal(t, `'$(x) '\''y'\'''`, ShellWord("$(x) 'y'"))
	assert.Equal(t, "''", ShellWord(""))
}
