package plain

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/words"
	"github.com/tikv-demo/tikv-demo/internal/words/wordstest"
)

// quotes gives the texts of an event that are told as they are, without its names: who,
// kinds of results and the like have words.
func quotes(t *testing.T, b demo.Body) []string {
	t.Helper()
	raw, err := json.Marshal(b)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	var all []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case string:
			if words.German.Word(v) == v {
				all = append(all, words.German.Quote(v))
			}
		}
	}
	walk(value)
	return all
}

// Whole runs of every fault are told in German.
func TestAGermanRunIsToldWithoutEnglish(t *testing.T) {
	told, german := 0, wordstest.Of(words.German)
	german.Add("embedded stage seed kill PD") // values of flags, and a name
	for _, name := range examples.Names() {
		f, err := examples.Open(name)
		require.NoError(t, err)
		var out bytes.Buffer
		p := NewPrinter(&out)
		var prose []string // of the analyst, which is told when a line of it is whole
		for e, err := range journal.NewReader(f).Told() {
			require.NoError(t, err)
			if run, ok := e.Body.(demo.RunStarted); ok {
				run.Flags["lang"] = "de"
				e.Body = run
			}
			known := maps.Clone(german)
			if _, ok := e.Body.(demo.DiagnosisDelta); ok {
				prose = append(prose, quotes(t, e.Body)...)
			} else {
				known.Add(quotes(t, e.Body)...)
			}
			require.NoError(t, p.Print(e))
			said := out.String()
			out.Reset()
			told += strings.Count(said, "\n")
			if strings.Contains(said, "Diagnose: ") {
				known.Add(prose...)
			}
			require.Empty(t, known.Foreign(said), "%s: %s", name, said)
		}
	}
	require.Greater(t, told, 100)
}

// What no example has.
func TestRareLinesAreGermanToo(t *testing.T) {
	var out bytes.Buffer
	p, known := NewPrinter(&out), wordstest.Of(words.German)
	require.NoError(t, p.Write(start, demo.RunStarted{Flags: map[string]string{"lang": "de"}}))
	out.Reset()
	for _, b := range []demo.Body{
		demo.HealthSeen{Snapshot: demo.Snapshot{Error: "1"}},
		demo.HealthSeen{Snapshot: demo.Snapshot{Nodes: []demo.Node{{Name: "1", Health: demo.HealthSuspect}, {Name: "2", Health: demo.HealthDown}, {Name: "3", Health: demo.HealthUnknown, State: "4"}}}},
		demo.LoadSeen{LoadSample: demo.LoadSample{Errors: 1, Shed: 2}},
		demo.DiagnosisDelta{Text: "1\n", Claims: []demo.Claim{{Text: "2", Why: "3"}}},
		demo.TicketOpened{ID: "1", Severity: demo.SeverityWarning, Invariant: "2", Message: "3 → 4 + 5 · 6 ✓ ✗ ops/s"},
		demo.TicketClosed{ID: "1", Invariant: "2", Target: "3"},
		demo.ActionAsked{Action: demo.Action{Name: "1", Target: "2"}},
		demo.FaultOpened{Text: "1"}, demo.FaultOpened{Matches: true},
		demo.QuestionOpened{}, demo.QuestionClosed{}, demo.ChaptersRevised{}, demo.ChaptersKept{Why: "1"},
	} {
		require.NoError(t, p.Write(start, b))
		require.NotEmpty(t, out.String(), "%T", b)
		require.Empty(t, known.Foreign(out.String()), out.String())
		out.Reset()
	}
}
