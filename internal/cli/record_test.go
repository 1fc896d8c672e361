package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/replay"
	"github.com/tikv-demo/tikv-demo/internal/report"
)

// exampleLines gives the lines of the example of a kill.
func exampleLines(t *testing.T) []string {
	t.Helper()
	r, err := examples.Open("kill")
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
}

func fileOf(t *testing.T, lines []string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(strings.TrimSuffix(strings.Join(lines, ""), "\n")+"\n"), 0o600))
	return path
}

const atOnceSpeed = "--speed=1000000"

func TestAnExampleIsReplayedOnAnyMachine(t *testing.T) {
	r := here(t, "replay", "--example", "kill", "--front", "plain", atOnceSpeed)
	require.Zero(t, r.status, r.err)
	require.Regexp(t, `REPLAY 20\d\d-\d\d-\d\d \d\d:\d\d of example kill`, r.err)
	require.Contains(t, r.stdout, "complete")
	r = here(t, "replay", "--example", "kill", "--front", "json", atOnceSpeed)
	require.Zero(t, r.status, r.err)
	require.Equal(t, strings.Join(exampleLines(t), "")+"\n", r.stdout, "JSON is the record's own lines")
	require.Zero(t, here(t, "verify", "--example", "kill").status)

	for _, c := range []struct {
		says string
		args []string
	}{
		{"needs one FILE", []string{"replay"}}, {"not both", []string{"replay", "--example", "kill", "x.jsonl"}},
		{"kill, ", []string{"replay", "--example", "kil"}}, {"needs one FILE", []string{"verify"}}, {"no such file", []string{"verify", "/nowhere.jsonl"}},
	} {
		r := here(t, c.args...)
		require.Equal(t, exitUsage, r.status, c.args)
		require.Contains(t, r.err, c.says, c.args)
	}
	r = here(t, "__complete", "replay", "--example", "")
	for _, fault := range examples.Names() {
		require.Contains(t, r.stdout, fault)
	}
}

// requireFilmNotWhole holds that a cast of a damaged record says so from its first frame.
func requireFilmNotWhole(t *testing.T, path string) {
	t.Helper()
	r := call(t, t.TempDir(), "export", "--as", "cast", "--size", "80x24", path)
	require.Contains(t, r.err, "run.jsonl is NOT WHOLE: ")
	title, frames, _ := strings.Cut(r.stdout, "\n")
	require.Contains(t, title, "NOT WHOLE")
	_, first, found := strings.Cut(frames, "REPLAY")
	require.True(t, found)
	first, _, _ = strings.Cut(first, "\n")
	require.Contains(t, first, "NOT WHOLE", "the first frame says it")
}

// What is done to a record is found by verify and said by replay, which plays the
// rest.
func TestDamageToARecordIsFoundAndSaid(t *testing.T) {
	t.Parallel()
	good := exampleLines(t)
	n := len(good) / 2
	forms := []string{"csv", "hdr", "trace", "grafana"} // in turn, for all of them read with the same reader
	for name, c := range map[string]struct {
		damage   func([]string) []string
		verify   string
		leftOut  string // by replay, "" for nothing
		replayed int    // lines of JSON
	}{
		"a flipped bit": {func(l []string) []string { l[n] = strings.Replace(l[n], `"t":"20`, `"t":"21`, 1); return l }, fmt.Sprintf("line %d was changed", n+1), "1 line;", len(good) - 1},
		"a torn line":   {func(l []string) []string { l[n] = l[n][:len(l[n])/2] + "\n"; return l }, fmt.Sprintf("line %d was damaged", n+1), "1 line;", len(good) - 1},
		"two torn":      {func(l []string) []string { l[n], l[n+3] = "{\n", "\x00\xff\n"; return l }, fmt.Sprintf("line %d was damaged", n+1), "2 lines;", len(good) - 2},
		"a line less":   {func(l []string) []string { return slices.Delete(l, n, n+1) }, "a line is missing", "", len(good) - 1},
		"a line twice":  {func(l []string) []string { return slices.Insert(l, n, l[n]) }, "is there twice", "1 line;", len(good)},
		"two swapped":   {func(l []string) []string { l[n], l[n+1] = l[n+1], l[n]; return l }, "is missing before", "", len(good)},
		"other ends of lines": {func(l []string) []string {
			return strings.SplitAfter(strings.ReplaceAll(strings.Join(l, ""), "\n", "\r\n"), "\n")
		}, "line 1 was changed", "", len(good)},
		"a mark before it": {func(l []string) []string { l[0] = "\ufeff" + l[0]; return l }, "line 1 was damaged", "1 line;", len(good) - 1},
		"cut":              {func(l []string) []string { return l[:n] }, "not the end of a run", "", n},
	} {
		t.Run(name, func(t *testing.T) {
			path := fileOf(t, c.damage(slices.Clone(good)))
			r := call(t, t.TempDir(), "verify", path)
			require.Equal(t, exitFailed, r.status)
			require.Contains(t, r.stdout, "✗ ", r.stdout)
			if name != "two swapped" {
				require.Contains(t, r.stdout, c.verify)
			}
			r = call(t, t.TempDir(), "replay", "--front", "json", atOnceSpeed, path)
			require.Zero(t, r.status, r.err)
			require.Equal(t, c.replayed, strings.Count(r.stdout, "\n"))
			require.Contains(t, r.err, "run.jsonl is NOT WHOLE: ")
			require.Equal(t, c.leftOut != "", strings.Contains(r.err, "left out"), r.err)
			require.Contains(t, r.err, c.leftOut)
			r = call(t, t.TempDir(), "replay", "--front", "plain", atOnceSpeed, path)
			require.Equal(t, 1, strings.Count(r.err, "run.jsonl is NOT WHOLE: "), r.err)

			if name == "a torn line" || name == "cut" || os.Getenv("TIKV_DEMO_TEST_LONG") != "" { // every frame is drawn
				requireFilmNotWhole(t, path)
			}
			form := forms[0]
			forms = append(forms[1:], form)
			r = call(t, t.TempDir(), "export", "--as", form, path)
			require.Zero(t, r.status, r.err)
			require.Equal(t, 1, strings.Count(r.err, "run.jsonl is NOT WHOLE: "), form+": "+r.err)
			require.Equal(t, c.leftOut != "", strings.Contains(r.err, "left out"), form+": "+r.err)
			require.Contains(t, r.err, c.leftOut, form)
			r = call(t, t.TempDir(), "report", "--out", "-", path)
			require.Zero(t, r.status, r.err)
			require.Contains(t, r.stdout, "This record is not whole: ")
		})
	}
	path := fileOf(t, good)
	r := call(t, t.TempDir(), "replay", "--front", "json", atOnceSpeed, path)
	require.Regexp(t, `^tikv-demo: REPLAY 20\d\d-\d\d-\d\d \d\d:\d\d of \S+run.jsonl\n$`, r.err, "nothing is wrong with a whole one")
	for _, form := range names(exportForms) {
		r = call(t, t.TempDir(), "export", "--as", form, "--size", "80x24", path)
		require.Zero(t, r.status, r.err)
		require.Empty(t, r.err, form)
	}
	r = call(t, t.TempDir(), "verify", path)
	require.Zero(t, r.status)
	_, head, _ := strings.Cut(r.stdout, "head     ")
	head, _, _ = strings.Cut(head, "\n")
	short, words, _ := strings.Cut(head, " ")
	require.Zero(t, call(t, t.TempDir(), "verify", path, "--head", short).status)
	require.Zero(t, call(t, t.TempDir(), "verify", path, "--head", words).status)
	require.Equal(t, exitFailed, call(t, t.TempDir(), "verify", path, "--head", "00000000").status)
}

// Records of the first version, which hold no inputs and no chain, can still be
// read.
func TestARecordOfVersion1CanBeRead(t *testing.T) {
	const path = "../journal/testdata/version1.jsonl"
	r := here(t, "replay", "--front", "plain", atOnceSpeed, path)
	require.Zero(t, r.status, r.err)
	require.NotEmpty(t, r.stdout)
	require.Contains(t, r.err, "which has no chain: nothing says whether it was changed")
	r = here(t, "verify", path)
	require.Equal(t, exitFailed, r.status)
	require.Contains(t, r.err, "version 1")
}

// Every line that anybody has seen of a run that is killed is in its record: the
// file is written first, and a line is one write.
func TestAKilledRunLosesNoLineThatWasTold(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	path := filepath.Join(state, "run.jsonl")
	cmd := exec.Command(program, "run", "--auto", "--front", "json", "--record", path)
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	told, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var seen []string
	lines := bufio.NewScanner(told)
	lines.Buffer(nil, 4<<20)
	killed := false
	for lines.Scan() {
		seen = append(seen, lines.Text())
		if strings.Contains(lines.Text(), `"kind":"load"`) && !killed {
			killed = true
			require.NoError(t, cmd.Process.Kill())
		}
	}
	_ = cmd.Wait()
	require.True(t, killed, "the load never began")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	record := strings.Split(string(b), "\n")
	require.GreaterOrEqual(t, len(record), len(seen))
	require.Equal(t, seen, record[:len(seen)])
	r := call(t, state, "verify", path)
	require.Equal(t, exitFailed, r.status)
	require.Contains(t, r.err, "the run was killed")
	require.Zero(t, here(t, "replay", "--front", "plain", atOnceSpeed, path).status)
	call(t, state, "heal")
}

// The flags in force are in the record, and no secret that stands in one of them.
func TestNoSecretOfAFlagIsInTheRecord(t *testing.T) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	(&options{}).bind(f)
	require.NoError(t, f.Parse([]string{"--base-url", "https://root:hunter2@host/v1", "--title", "key sk-ant-api03-abcdefghijklmnop", "--pd", "http://a:hunter3@pd:2379", "--seed", "7"}))
	flags := inForce(f)
	require.Equal(t, "7", flags["seed"])
	require.Equal(t, "false", flags["auto"])
	var record bytes.Buffer
	require.NoError(t, journal.NewWriter(&record).Write(time.Now(), demo.RunStarted{Flags: flags}))
	require.Contains(t, record.String(), "[redacted]@host/v1")
	for _, secret := range []string{"hunter2", "hunter3", "abcdefghijklmnop"} {
		require.NotContains(t, record.String(), secret)
	}
}

// counted counts what is written.
type counted struct {
	io.Writer
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n += int64(n)
	return n, err
}

// endless gives a record of about n bytes: a talk in which looks at the cluster, the
// workload and its signals go on and on.
func endless(n int64) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := &counted{Writer: w}
		record := journal.NewWriter(out)
		at := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
		err := record.Write(at, demo.RunStarted{Run: "long"})
		begun := demo.PlayBegun{Play: 1, Chapters: []demo.Chapter{{N: 1, ID: "welcome"}, {N: 2, ID: "health"}}}
		if err == nil {
			err = record.Write(at, begun)
		}
		look := demo.HealthSeen{Snapshot: demo.Snapshot{LastUpdated: at, Nodes: make([]demo.Node, 8)}}
		second := demo.LoadSeen{LoadSample: demo.LoadSample{Ops: 1000, ErrorsByKind: map[string]int64{"timeout": 1}}}
		for i := 0; err == nil && out.n < n; i++ {
			at = at.Add(time.Second)
			if i%20 == 0 {
				err = record.Write(at, second)
			}
			if err == nil && i%100 == 0 {
				err = record.Write(at, demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "tikv-1"})
			}
			if err != nil {
				break
			}
			if err = record.Write(at, look); err == nil {
				err = record.Write(at, demo.Taken{Event: demo.Event{Line: record.Lines(), Body: look}})
			}
		}
		if err == nil {
			err = record.Write(at, demo.RunFinished{Outcome: demo.OutcomeQuit})
		}
		_ = w.CloseWithError(err)
	}()
	return r
}

// peak calls f and gives how much more of the heap was in use meanwhile than
// before, after each collection.
func peak(t *testing.T, f func()) uint64 {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
	}()
	f()
	close(done)
	<-over
	return most - min(before, most)
}

// A record of any length is verified, replayed, reported and exported in the same
// memory.
func TestALongRecordTakesNoMoreMemory(t *testing.T) {
	long(t)
	if raced {
		t.Skip("skipped: takes a quarter of an hour under the race detector; run `make test-long`")
	}
	const size, bound = 1 << 30, 64 << 20
	path := filepath.Join(t.TempDir(), "long.jsonl")
	file, err := os.Create(path)
	require.NoError(t, err)
	_, err = io.Copy(file, endless(size))
	require.NoError(t, errors.Join(err, file.Close()))
	measured := func(what string, f func(in recordFile)) {
		began := time.Now()
		used := peak(t, func() {
			in, err := openRecord(t.Context(), []string{path}, "")
			require.NoError(t, err)
			defer func() { _ = in.Close() }()
			f(in)
		})
		t.Logf("%s: %s, %d KiB", what, time.Since(began).Round(time.Second), used>>10)
		require.Less(t, used, uint64(bound), what)
	}
	var lines uint64
	measured("verify", func(in recordFile) {
		r, err := journal.Verify(in)
		require.NoError(t, err)
		require.True(t, r.Whole(), r.Faults)
		lines = r.Lines
	})
	measured("replay", func(in recordFile) {
		p, err := replay.Open(replay.Config{Record: in, Speed: 1e12, Auto: true})
		require.NoError(t, err)
		defer p.Close()
		over := make(chan error, 1)
		go func() { over <- p.Run(t.Context()) }()
		n := uint64(0)
		for range p.Watch() {
			n++
		}
		require.NoError(t, <-over)
		require.Greater(t, n, lines/3)
		require.True(t, p.Check().Whole(), p.Check().Faults)
	})
	measured("report", func(in recordFile) {
		run, err := readRun(in)
		require.NoError(t, err)
		require.NoError(t, report.Make(run, "").HTML(io.Discard))
	})
	measured("csv", func(in recordFile) {
		require.NoError(t, exportAs("csv", io.Discard, in))
	})
	measured("trace", func(in recordFile) {
		require.NoError(t, exportAs("trace", io.Discard, in))
	})
}

func exportAs(as string, w io.Writer, in recordFile) error {
	o := &exportOptions{as: as}
	return exportRecord(context.Background(), IO{Out: w, Err: io.Discard}, o, w, in)
}
