package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/report"
)

// aRecord is the record of a real run.
func aRecord(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../report/testdata/talk.jsonl")
	require.NoError(t, err)
	return path
}

func TestAReportIsWrittenWhereItIsWanted(t *testing.T) {
	record := aRecord(t)
	t.Chdir(t.TempDir())
	r := here(t, "report", record)
	require.Zero(t, r.status, r.err)
	require.Equal(t, "tikv-demo: talk.html is written\n", r.err)
	page, err := os.ReadFile("talk.html")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(page), "<!DOCTYPE html>"))

	r = here(t, "report", record)
	require.Equal(t, exitUsage, r.status, "what is there is somebody's")
	require.Contains(t, r.err, "--out")
	r = here(t, "report", "--out", "-", record)
	require.Zero(t, r.status, r.err)
	require.Equal(t, string(page), r.stdout)
	require.Zero(t, here(t, "report", "--as", "markdown", "--out", "x.md", record).status)
	md, err := os.ReadFile("x.md")
	require.NoError(t, err)
	require.Contains(t, string(md), "## What happened")

	r = here(t, "report", "--as", "json", record)
	require.Zero(t, r.status, r.err)
	var got report.Report
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &got))
	require.Equal(t, "tikv-demo run --approve=auto --auto --front=plain --seed=11", got.Repeat)
	require.NotNil(t, got.Cost)

	for says, args := range map[string][]string{
		"needs one FILE":        {"report"},
		"no such file":          {"report", "none.jsonl"},
		"did you mean html":     {"report", "--as", "htlm", record},
		"is no record of a run": {"report", "x.md"},
	} {
		r := here(t, args...)
		require.NotZero(t, r.status, args)
		require.Contains(t, r.err, says)
		require.Equal(t, 1, strings.Count(r.err, "\n"), r.err)
	}
}

// The command that repeats a run takes nothing from a record but flags, each one
// word of a shell.
func TestTheCommandThatRepeatsARunIsSafeToPaste(t *testing.T) {
	run := &report.Run{Started: demo.RunStarted{Flags: map[string]string{
		"title": "$(reboot) 'x'", "pd": "[http://a:1,http://b:2]", "auto": "true", "record": "/tmp/x", "loop": "false", "unknown; rm -rf /": "y", "seed": "7",
	}}}
	require.Equal(t, `tikv-demo run --auto --pd=http://a:1,http://b:2 --seed=7 '--title=$(reboot) '\''x'\'''`, repeatOf(run))
	run.Started.Flags = nil
	require.Empty(t, repeatOf(run))
}

func TestTheEndOfARunNamesTheCommandForItsReport(t *testing.T) {
	s := demo.State{Case: demo.Case{}}
	s.Finished = &demo.RunFinished{Outcome: demo.OutcomeComplete}
	require.Contains(t, summary(s, "/tmp/my talk.jsonl"), "\nreport: tikv-demo report '/tmp/my talk.jsonl'")
}

func TestARecordIsExportedWhereItIsWanted(t *testing.T) {
	record := aRecord(t)
	t.Chdir(t.TempDir())
	for as, begins := range map[string]string{"cast": `{"env"`, "csv": "time,since_fault_s,ops", "trace": `{"displayTimeUnit":"ms"`, "grafana": `{"time":1`} {
		r := here(t, "export", "--as", as, "--size", "80x24", record)
		require.Zero(t, r.status, r.err)
		require.True(t, strings.HasPrefix(r.stdout, begins), "%.100s", r.stdout)
		require.Zero(t, here(t, "export", "--as", as, "--size", "80x24", "--out", "x."+as, record).status)
		b, err := os.ReadFile("x." + as)
		require.NoError(t, err)
		require.Equal(t, r.stdout, string(b))
	}
	for says, args := range map[string][]string{
		"needs one FILE":      {"export", "--as", "csv"},
		"export needs --as":   {"export", record},
		"did you mean csv":    {"export", "--as", "csvv", record},
		"is not a size":       {"export", "--as", "cast", "--size", "big", record},
		"is out of range":     {"export", "--as", "cast", "--size", "4000x3", record},
		"has no histograms":   {"export", "--as", "hdr", record},
		"does not hold what":  {"export", "--as", "cast", version1Record(t)},
		"no such file or dir": {"export", "--as", "csv", "--out", "none/x.csv", record},
	} {
		r := here(t, args...)
		require.NotZero(t, r.status, args)
		require.Contains(t, r.err, says)
		require.Equal(t, 1, strings.Count(r.err, "\n"), r.err)
	}
}

var earlier, _ = filepath.Abs("../journal/testdata/version1.jsonl")

func version1Record(*testing.T) string { return earlier }

// Every record that comes with the program has a report and all exports.
func TestEveryExampleHasAReport(t *testing.T) {
	t.Parallel()
	for i, fault := range names(exampleWords()) {
		out := filepath.Join(t.TempDir(), "report.html")
		r := call(t, t.TempDir(), "report", "--example", fault, "--out", out)
		require.Zero(t, r.status, r.err)
		page, err := os.ReadFile(out)
		require.NoError(t, err)
		require.NotContains(t, string(page), "not in this record", fault)
		forms := names(exportForms)
		if os.Getenv("TIKV_DEMO_TEST_LONG") == "" {
			forms = forms[i%len(forms):][:1] // one each
		}
		for _, as := range forms {
			r := call(t, t.TempDir(), "export", "--as", as, "--size", "80x24", "--example", fault)
			require.Zero(t, r.status, "%s %s: %s", fault, as, r.err)
		}
	}
}

func TestRunsAreComparedWhereverTheyAre(t *testing.T) {
	record := aRecord(t)
	whole, err := os.ReadFile(record)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	for _, dir := range []string{"before", "after", "empty"} {
		require.NoError(t, os.Mkdir(dir, 0o755))
	}
	for _, name := range []string{"before/1.jsonl", "before/2.jsonl", "after/1.jsonl"} {
		require.NoError(t, os.WriteFile(name, whole, 0o600))
	}
	require.NoError(t, os.WriteFile("after/notes.jsonl", []byte("hello\n"), 0o600))
	r := here(t, "compare", "before", "after/")
	require.Zero(t, r.status, r.err)
	require.Contains(t, r.stdout, "before: 2 runs\n")
	require.Contains(t, r.stdout, "after: 1 run\n")
	require.Contains(t, r.err, "left out: after/notes.jsonl is no record of a run")
	r = here(t, "compare", "--bench", record, "before")
	require.Zero(t, r.status, r.err)
	require.Contains(t, r.stdout, "\nside: before\nBenchmarkTalk 1 ")
	for _, flag := range [][]string{nil, {"--bench"}} {
		r = here(t, append([]string{"report", record, "before/1.jsonl"}, flag...)...)
		require.Zero(t, r.status, r.err)
		require.Equal(t, here(t, append([]string{"compare", record, "before/1.jsonl"}, flag...)...).stdout, r.stdout)
	}
	require.Equal(t, exitUsage, here(t, "report", "--as", "json", record, record).status)
	r = here(t, "compare", "--example", "kill,pause", "--example", "stop", record)
	require.Zero(t, r.status, r.err)
	for _, fault := range []string{"kill", "pause", "stop"} {
		require.Contains(t, r.stdout, fault)
	}
	require.Equal(t, 4, strings.Count(r.stdout, ": 1 run\n"), r.stdout)
	for says, args := range map[string][]string{
		"needs records":                         {"compare"},
		"did you mean kill":                     {"compare", "--example", "kil"},
		"no such file":                          {"compare", record, "none"},
		"no record of a run (*.jsonl) in empty": {"compare", "empty"},
		"is no record of a run":                 {"compare", "after/notes.jsonl"},
	} {
		r := here(t, args...)
		require.NotZero(t, r.status, args)
		require.Contains(t, r.err, says)
	}
}

func TestAnEvaluationIsExportedForOpenRCA(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "answers")
	require.NoError(t, newExportDir(dir))
	ev := &evaluation{o: &evalOptions{exportDir: dir}}
	card := []demo.Scored{{Verdict: demo.Verdict{Source: "RULES", Component: "tikv-1", FaultType: demo.TypeCrashed}}, {Verdict: demo.Verdict{Source: "NOBODY"}}}
	ev.played = []evalRound{
		{Fault: "kill", Targets: []string{"tikv-1"}, Truth: demo.TypeCrashed, Card: card},
		{Fault: demo.FaultNone, Card: card},
		{Fault: "kill", Failed: "no cluster"},
	}
	require.NoError(t, ev.export())
	got, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "query.csv"), filepath.Join(dir, "rules.csv")}, got)
	b, err := os.ReadFile(filepath.Join(dir, "rules.csv"))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(b), "task_6"), "the rounds with a fault alone")
	require.ErrorContains(t, newExportDir(dir), "name a new directory")
	require.ErrorContains(t, newExportDir(filepath.Join(dir, "query.csv")), "--export")
}

func TestOnlyAScreenIsRecordedAndOnlyInANewFile(t *testing.T) {
	there := filepath.Join(t.TempDir(), "there.cast")
	require.NoError(t, os.WriteFile(there, []byte("x"), 0o600))
	r := here(t, "--cast", "new.cast", "--front", "plain")
	require.Equal(t, exitUsage, r.status)
	require.Contains(t, r.err, "tikv-demo export --as cast")
	require.ErrorContains(t, checkFilm(&options{cast: there}, "tui"), "name a new file")
	require.NoError(t, checkFilm(&options{}, "plain"))
	_, _, err := startFilm(IO{}, &options{cast: filepath.Join(there, "x")})
	require.ErrorContains(t, err, "choose another file with --cast")
}
