package cli

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// installed gives a program that others wrote, and skips where there is none.
func installed(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("skipped: needs " + strings.Join(names, " or "))
	return ""
}

// runs runs a program of others and gives its output.
func runs(t *testing.T, path string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), awaitLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	require.NoError(t, err, "%s %v", path, args)
	return string(out)
}

func exported(t *testing.T, as string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run."+as)
	r := here(t, "export", "--as", as, "--example", "kill", "--size", "80x24", "--out", path)
	require.Zero(t, r.status, r.err)
	return path
}

// asciinema reads a cast: it writes every output that is in it.
func TestACastIsReadByAsciinema(t *testing.T) {
	asciinema := installed(t, "asciinema")
	path := exported(t, "cast")
	cast, err := os.ReadFile(path)
	require.NoError(t, err)
	var want strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(string(cast)), "\n") {
		var e []any
		if i > 0 && json.Unmarshal([]byte(line), &e) == nil && e[1] == "o" {
			want.WriteString(e[2].(string))
		}
	}
	for _, args := range [][]string{{"cat", path}, {"play", "--speed", "1000", path}} {
		s := inTerminal(t, exec.Command(asciinema, args...)) // it wants a terminal for its keys
		require.Zero(t, s.ends(), s.tail())
		require.Eventually(t, func() bool { return strings.Contains(s.seen.String(), want.String()) }, awaitLimit, awaitEvery, args)
	}
}

var imported = regexp.MustCompile(`id="out">IMPORTED (\{.*?\})<`)

// Chrome's trace viewer (Catapult), as `go tool trace` brings it, reads a trace without
// a warning and finds every event: spans and instants, the tickets, the counters.
func TestATraceIsReadByChromesViewer(t *testing.T) {
	long(t)
	browser := installed(t, "chromium", "chromium-browser", "google-chrome")
	root := strings.TrimSpace(runs(t, installed(t, "go"), "env", "GOROOT"))
	static := filepath.Join(root, "src", "internal", "trace", "traceviewer", "static")
	viewer, err := os.ReadFile(filepath.Join(static, "trace_viewer_full.html"))
	if err != nil {
		t.Skip("skipped: this Go brings no trace viewer")
	}
	components, err := os.ReadFile(filepath.Join(static, "webcomponents.min.js"))
	require.NoError(t, err)
	trace, err := os.ReadFile(exported(t, "trace"))
	require.NoError(t, err)
	page := "<!doctype html><html><head><script>" + string(components) + "</script>" + string(viewer) + `</head><body><pre id="out"></pre><script>
addEventListener("load", function() {
  var model = new tr.Model(), found = {warnings: 0, slices: 0, async: 0, counters: 0, threads: []};
  new tr.importer.Import(model, new tr.importer.ImportOptions()).importTraces([JSON.stringify(` + strings.ReplaceAll(string(trace), "</", `<\/`) + `)]);
  found.warnings = model.importWarnings.length;
  model.getAllThreads().forEach(function(t) { found.slices += t.sliceGroup.length; found.async += t.asyncSliceGroup.length; found.threads.push(t.name); });
  model.getAllProcesses().forEach(function(p) { for (var k in p.counters) found.counters += p.counters[k].numSamples; });
  document.getElementById("out").textContent = "IMPORTED " + JSON.stringify(found);
});</script></body></html>`
	path := filepath.Join(t.TempDir(), "viewer.html")
	require.NoError(t, os.WriteFile(path, []byte(page), 0o600))
	dom := runs(t, browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=30000", "--dump-dom", "file://"+path)
	at := imported.FindStringSubmatch(dom)
	require.NotNil(t, at, "the viewer did not import it")
	var found struct {
		Warnings, Slices, Async, Counters int
		Threads                           []string
	}
	require.NoError(t, json.Unmarshal([]byte(at[1]), &found))
	var of struct {
		TraceEvents []struct {
			Ph string `json:"ph"`
		} `json:"traceEvents"`
	}
	require.NoError(t, json.Unmarshal(trace, &of))
	n := map[string]int{}
	for _, e := range of.TraceEvents {
		n[e.Ph]++
	}
	require.Zero(t, found.Warnings)
	require.Equal(t, n["X"]+n["i"], found.Slices)
	require.Equal(t, n["b"], found.Async)
	require.Equal(t, n["C"], found.Counters)
	require.Equal(t, []string{"talk", "fault", "monitor", "diagnosis"}, found.Threads)
}
