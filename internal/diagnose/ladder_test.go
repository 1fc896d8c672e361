package diagnose

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// killedStore is the evidence of another store that was killed.
func killedStore(t *testing.T, name string) Bundle {
	s := newStage(t)
	s.signal(60.4, demo.SignalStatusProbe, name, "connection refused")
	s.clientErrors(60.6, name, "unavailable", 20)
	s.processes[name] = ProcessFact{What: "process 4799", Exit: "signal: killed"}
	ticket := storeDown(name)
	ticket.ID = "T-9"
	return s.w.Freeze(t.Context(), second(62), ticket)
}

// tellWith plays a ladder over the answers in dir.
func tellWith(t *testing.T, dir string, c *Claude, b Bundle) evening {
	t.Helper()
	e := evening{dir: dir}
	var err error
	e.answer, err = NewLadder(c, NewRecorded(dir)).tell(t.Context(), b, func(b demo.Body) { e.said = append(e.said, b) })
	require.NoError(t, err)
	return e
}

// rehearsed has Claude's good answer recorded.
func rehearsed(t *testing.T) string {
	t.Helper()
	return perform(t, newActor(t, good).URL, Limits{}).dir
}

func TestAGoodAnswerIsKeptAndToldAgainWhenClaudeCannotBeAsked(t *testing.T) {
	dir := rehearsed(t)
	for name, c := range map[string]struct {
		b        Bundle
		words    string
		action   string
		about    string
		evidence []demo.Evidence
	}{
		"of the same evidence": {killed(t), "same evidence", "restart tikv-2", "tikv-2", killed(t).Items},
		"of a run that differed in its times": {func() Bundle {
			b := killed(t)
			b.Items[0].At = b.Items[0].At.Add(1)
			return b
		}(), "different run", "restart tikv-2", "tikv-2", killed(t).Items},
		"of a run with another victim": {killedStore(t, "tikv-3"), "different run", "no action", "tikv-2", killed(t).Items},
	} {
		t.Run(name, func(t *testing.T) {
			e := tellWith(t, dir, NewClaude(ClaudeConfig{}), c.b)
			assert.Equal(t, []string{SourceRecorded}, e.sources())
			assert.Equal(t, "CLAUDE LIVE: there is no key in ANTHROPIC_API_KEY; recorded 1 March 2026, 14:03 UTC, "+c.words, e.why())
			assert.Equal(t, SourceRecorded, e.answer.Source)
			assert.Equal(t, c.about, e.answer.Component, "no name is rewritten")
			assert.Equal(t, c.action, e.answer.Action.String(), "what was meant for another node is not proposed")
			assert.InDelta(t, 1.0, e.answer.Verified, 0, "it is held against its own evidence")
			assert.Equal(t, c.evidence, e.said[0].(demo.DiagnosisStarted).Evidence, "the numbers that it cites are shown")
			assert.Nil(t, e.answer.Usage)
			var prose strings.Builder
			for _, b := range e.said[1:] {
				prose.WriteString(b.(demo.DiagnosisDelta).Text)
			}
			assert.Equal(t, strings.TrimSpace(goodProse), strings.TrimSpace(prose.String()))
		})
	}
}

func TestAnAnswerOfAnotherClassIsNotTold(t *testing.T) {
	dir := rehearsed(t)
	s := newStage(t)
	observed["a store that was stopped is frozen"].script(s)
	b := s.w.Freeze(t.Context(), second(62), storeDown("tikv-1"))
	e := tellWith(t, dir, nil, b)
	assert.Equal(t, []string{SourceRules}, e.sources())
	assert.Equal(t, "RECORDED: no answer was recorded for process frozen", e.why())
	assert.Equal(t, demo.TypeFrozen, e.answer.FaultType)
}

func TestOfSeveralRecordedAnswersTheNearestIsTold(t *testing.T) {
	r := NewRecorded(t.TempDir())
	for i, name := range []string{"tikv-1", "tikv-2", "tikv-3"} {
		b := killedStore(t, name)
		d, err := Rules().Diagnose(t.Context(), b, func(string) {})
		require.NoError(t, err)
		require.NoError(t, r.Keep(Recording{At: second(float64(-i)), Digest: "other", Bundle: b.public(), Prose: d.RootCause, Answer: d}))
	}
	for _, name := range []string{"tikv-1", "tikv-2", "tikv-3"} {
		assert.Equal(t, name, tellWith(t, r.dir, nil, killedStore(t, name)).answer.Component)
	}
	files, err := filepath.Glob(filepath.Join(r.dir, "*"))
	require.NoError(t, err)
	assert.Len(t, files, 3, "one for each class and node, and nothing else")
}

func TestAFileThatIsNoGoodRecordingIsPassedOver(t *testing.T) {
	good := Recording{At: noon, Bundle: PublicBundle{Nodes: []string{"tikv-2"}, Items: []demo.Evidence{{N: 1, Text: "tikv-2 is gone"}}},
		Prose: "tikv-2 is gone [E1].", Answer: demo.DiagnosisFinished{Component: "tikv-2", FaultType: demo.TypeCrashed, Evidence: []int{1}, Action: demo.Action{Name: demo.ActionRestart, Target: "tikv-2"}}}
	for name, spoil := range map[string]func(r *Recording) string{
		"not JSON":                       func(*Recording) string { return "\x1b]0;owned" },
		"too long":                       func(r *Recording) string { r.Prose = strings.Repeat("x", maxRecording); return "" },
		"an action that is not on offer": func(r *Recording) string { r.Answer.Action.Name = "delete_volumes"; return "" },
		"an action on another node":      func(r *Recording) string { r.Answer.Action.Target = "tikv-1"; return "" },
		"a fault that nobody knows":      func(r *Recording) string { r.Answer.FaultType = "gremlins"; return "" },
		"a node that is not there":       func(r *Recording) string { r.Answer.Component = "tikv-7"; r.Answer.Action.Target = "tikv-7"; return "" },
		"no date":                        func(r *Recording) string { *r = Recording{}; return "" },
		"claims that do not hold":        func(r *Recording) string { r.Prose = "It lost 4711 regions [E9]. And 12 more. And 13."; return "" },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := good
			raw := spoil(&rec)
			if raw == "" {
				b, err := json.Marshal(rec)
				require.NoError(t, err)
				raw = string(b)
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, "x.json"), []byte(raw), 0o600))
			require.NoError(t, os.Mkdir(filepath.Join(dir, "dir.json"), 0o700))
			assert.Equal(t, SourceRules, tellWith(t, dir, nil, killed(t)).answer.Source)
		})
	}
	dir := t.TempDir()
	good.Prose = "tikv-2 is\x1b[2J gone [E1]."
	b, err := json.Marshal(good)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.json"), b, 0o600))
	e := tellWith(t, dir, nil, killed(t))
	assert.Equal(t, SourceRecorded, e.answer.Source, "the good one is told, cleaned")
	assert.NotContains(t, e.said[1].(demo.DiagnosisDelta).Text, "\x1b")
}

func TestADirectoryThatCannotBeWrittenStopsNoTalk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	a := newActor(t, good)
	e := tellWith(t, filepath.Join(file, "answers"), NewClaude(ClaudeConfig{Key: fakeKey, BaseURL: a.URL}), killed(t))
	assert.Equal(t, SourceClaude, e.answer.Source)
}

func TestWhoeverTakesOnlyProseReadsWhyTheLadderWentDown(t *testing.T) {
	a := newActor(t, refuses(529, "overloaded_error"))
	var prose strings.Builder
	l := NewLadder(NewClaude(ClaudeConfig{Key: fakeKey, BaseURL: a.URL}), nil)
	assert.Equal(t, SourceClaude, l.Name())
	d, err := l.Diagnose(t.Context(), killed(t), func(s string) { prose.WriteString(s) })
	require.NoError(t, err)
	assert.Equal(t, SourceRules, d.Source)
	assert.Contains(t, prose.String(), "\nRULES (CLAUDE LIVE: overloaded)\nThe process of tikv-2 has ended")
	assert.Equal(t, SourceRules, NewLadder(nil, nil).Name())
}
