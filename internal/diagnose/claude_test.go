package diagnose

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// evening is what an audience would see of one diagnosis.
type evening struct {
	said   []demo.Body
	answer demo.DiagnosisFinished
	dir    string // of recorded answers
}

// sources lists who spoke, in order.
func (e evening) sources() []string {
	var out []string
	for _, b := range e.said {
		if s, ok := b.(demo.DiagnosisStarted); ok {
			out = append(out, s.Source)
		}
	}
	return out
}

// why is the reason on the last label.
func (e evening) why() string {
	why := ""
	for _, b := range e.said {
		if s, ok := b.(demo.DiagnosisStarted); ok {
			why = s.Why
		}
	}
	return why
}

func (e evening) prose() string {
	var out strings.Builder
	for _, b := range e.said {
		if d, ok := b.(demo.DiagnosisDelta); ok && d.Source == SourceClaude {
			out.WriteString(d.Text)
		}
	}
	return out.String()
}

// everything is all that anybody could read of it: events and files.
func (e evening) everything(t *testing.T) string {
	t.Helper()
	b, err := json.Marshal([]any{e.said, e.answer})
	require.NoError(t, err)
	all := string(b)
	require.NoError(t, filepath.WalkDir(e.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		all += path + string(b)
		return err
	}))
	return all
}

// perform plays one diagnosis over the whole ladder.
func perform(t *testing.T, base string, limits Limits) evening {
	t.Helper()
	return performOn(t, killed(t), base, limits)
}

func performOn(t *testing.T, b Bundle, base string, limits Limits) evening {
	t.Helper()
	e := evening{dir: filepath.Join(t.TempDir(), "answers")}
	l := NewLadder(NewClaude(ClaudeConfig{Key: fakeKey, BaseURL: base, Limits: limits}), NewRecorded(e.dir))
	a := NewAnalyst(Config{}, l)
	a.bundles[b.Ticket.ID] = b
	var err error
	e.answer, err = a.Diagnose(t.Context(), b.Ticket.ID, func(body demo.Body) { e.said = append(e.said, body) })
	require.NoError(t, err)
	all := e.everything(t)
	assert.NotContains(t, all, fakeKey)
	assert.NotContains(t, all, fakeKey[:len(fakeKey)/2], "not even half of it")
	for _, b := range e.said {
		if d, ok := b.(demo.DiagnosisDelta); ok {
			assert.False(t, strings.ContainsFunc(d.Text, func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 }), "%q", d.Text)
		}
	}
	return e
}

func TestClaudeSpeaksFirstAndThenReports(t *testing.T) {
	a := newActor(t, good)
	e := perform(t, a.URL, Limits{})
	assert.Equal(t, []string{SourceClaude}, e.sources())
	assert.Equal(t, strings.TrimSpace(goodProse), strings.TrimSpace(e.prose()))
	assert.Equal(t, SourceClaude, e.answer.Source)
	assert.Equal(t, "tikv-2", e.answer.Component)
	assert.Equal(t, demo.TypeCrashed, e.answer.FaultType)
	assert.Equal(t, "restart tikv-2", e.answer.Action.String())
	assert.NotEmpty(t, e.answer.Risk)
	assert.Len(t, e.answer.Alternatives, 2)
	assert.InDelta(t, 1.0, e.answer.Verified, 0)
	assert.Equal(t, &demo.Usage{Model: DefaultModel, InputTokens: 900, OutputTokens: 120, Turns: 1, ToolCalls: 1}, e.answer.Usage)
	require.Len(t, e.answer.Beside, 1, "the rules answered as well")
	assert.Equal(t, demo.TypeCrashed, e.answer.Beside[0].FaultType)

	started := e.said[0].(demo.DiagnosisStarted)
	require.Len(t, started.Beside, 1, "what the rules say is there before Claude's first word")
	var claims []demo.Claim
	for _, b := range e.said[1:] {
		claims = append(claims, b.(demo.DiagnosisDelta).Claims...)
	}
	require.NotEmpty(t, claims, "claims are checked as the prose streams")
	assert.Equal(t, "The process of tikv-2 is gone [E1].", claims[0].Text)
	assert.True(t, claims[0].OK)
	assert.Len(t, e.answer.Claims, 6, "two of the prose, root cause, two alternatives, component")

	seen := a.requests()
	require.Len(t, seen, 1)
	assert.Equal(t, fakeKey, seen[0].key)
	assert.NotContains(t, seen[0].body, fakeKey)
}

func TestWhatLeavesTheMachineCanBeShownBeforeItDoes(t *testing.T) {
	a := newActor(t, good)
	b := killed(t)
	perform(t, a.URL, Limits{})
	shown, err := NewClaude(ClaudeConfig{Key: fakeKey}).Outgoing(b)
	require.NoError(t, err)
	var want, got map[string]any
	require.NoError(t, json.Unmarshal(shown, &want))
	require.NoError(t, json.Unmarshal([]byte(a.requests()[0].body), &got))
	assert.Equal(t, true, got["stream"])
	delete(got, "stream")
	assert.Equal(t, want, got)
	assert.Less(t, len(shown), 32<<10)
}

func TestAServerThatIsNotThereIsNoNetwork(t *testing.T) {
	a := httptest.NewServer(http.NotFoundHandler())
	a.Close()
	assert.Contains(t, perform(t, a.URL, Limits{}).why(), "no network: it could not be reached")
}

func TestACertificateOfSomebodyElseIsAPortal(t *testing.T) {
	a := httptest.NewTLSServer(http.NotFoundHandler())
	a.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer a.Close()
	assert.Contains(t, perform(t, a.URL, Limits{}).why(), "could not prove to be Claude")
}

func TestTheKeyDoesNotFollowARedirect(t *testing.T) {
	elsewhere := newActor(t, good)
	a := newActor(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	assert.Contains(t, perform(t, a.URL, Limits{}).why(), "a captive portal?")
	assert.Empty(t, elsewhere.requests())
}

func TestWithoutAKeyNothingIsSent(t *testing.T) {
	for key, why := range map[string]string{"": "there is no key in ANTHROPIC_API_KEY", " \n": "there is no key", "a key\x1b[31m": "what is in ANTHROPIC_API_KEY is no key"} {
		a := newActor(t, good)
		t.Setenv("ANTHROPIC_API_KEY", fakeKey) // only what was given may be used
		b := killed(t)
		var said evening
		l := NewLadder(NewClaude(ClaudeConfig{Key: key, BaseURL: a.URL}), nil)
		d, err := l.tell(t.Context(), b, func(b demo.Body) { said.said = append(said.said, b) })
		require.NoError(t, err)
		assert.Equal(t, SourceRules, d.Source)
		assert.Equal(t, []string{SourceRules}, said.sources(), "no label of Claude's is shown")
		assert.Contains(t, said.why(), why)
		assert.Empty(t, a.requests())
	}
}

func TestNobodyWaitsForClaudeWhoHasLeft(t *testing.T) {
	a := newActor(t)
	ctx, cancel := context.WithCancel(t.Context())
	a.acts = []act{func(w http.ResponseWriter, r *http.Request) {
		cancel()
		a.hang(w, r)
	}}
	l := NewLadder(NewClaude(ClaudeConfig{Key: fakeKey, BaseURL: a.URL}), nil)
	_, err := l.Diagnose(ctx, killed(t), func(string) {})
	require.ErrorIs(t, err, context.Canceled)
}

func TestNothingRunsOnAfterADiagnosis(t *testing.T) {
	before := goleak.IgnoreCurrent()
	for _, limits := range []Limits{{}, {Total: 20 * time.Millisecond}} {
		a := &actor{acts: []act{good}, over: make(chan struct{})}
		if limits.Total > 0 {
			a.acts = []act{a.hang}
		}
		a.Server = httptest.NewServer(a)
		perform(t, a.URL, limits)
		close(a.over)
		a.Close()
	}
	goleak.VerifyNone(t, before)
}

func TestEscapeSequencesSplitAcrossChunksDoNothing(t *testing.T) {
	a := newActor(t, func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, "The process \x1b", "[2", "J\x1b]0;own", "ed\a of tikv-2 is\r", " gone \xc2", "\x9b31m[E1]. \u202e", "\x1b]8;;http://x")
		speak(w, 1, "Its status port refuses connections [E2]. ")
		use(w, 2, toolReport, goodReport())
		finish(w, "tool_use")
	})
	e := perform(t, a.URL, Limits{})
	assert.Equal(t, SourceClaude, e.answer.Source)
	assert.Contains(t, e.prose(), "of tikv-2 is")
	assert.Contains(t, e.prose(), "refuses connections [E2]", "what one block leaves open does not swallow the next")
	assert.NotContains(t, e.prose(), "owned")
}

func TestAKeyThatIsEchoedInPiecesIsNotShown(t *testing.T) {
	a := newActor(t, func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		chunks := []string{"The process of tikv-2 is gone [E1]. "}
		for _, c := range fakeKey {
			chunks = append(chunks, string(c)+"\u200b")
		}
		chunks = append(chunks, " ", strings.Repeat("y", 3*maxWordHeld), fakeKey[:11], fakeKey[11:], "z. ")
		speak(w, 0, chunks...)
		r := goodReport()
		r["risk"], r["root_cause"] = "key "+fakeKey, "The process of tikv-2 was killed [E1] "+fakeKey[:9]+"\x1b[0m"+fakeKey[9:]
		use(w, 1, toolReport, r)
		finish(w, "tool_use")
	})
	e := perform(t, a.URL, Limits{})
	assert.Equal(t, SourceClaude, e.answer.Source)
	assert.Contains(t, e.prose(), redacted)
	assert.Equal(t, "key "+redacted, e.answer.Risk)
}

func TestToolsOnlyLookAndTheirAnswersGoBack(t *testing.T) {
	a := newActor(t,
		func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			speak(w, 0, "I look at the store. ")
			for i, name := range []string{"pd_stores", "pd_regions", "workload"} {
				use(w, 1+i, name, m{})
			}
			for i, name := range []string{"store_status", "container_state", "container_logs"} {
				use(w, 4+i, name, m{"node": "tikv-2"})
			}
			use(w, 7, "container_state", m{"node": "../etc/passwd"})
			use(w, 8, "shell", m{"command": "rm -rf /"})
			finish(w, "tool_use")
		}, good)
	e := perform(t, a.URL, Limits{})
	assert.Equal(t, SourceClaude, e.answer.Source)
	assert.Equal(t, 2, e.answer.Usage.Turns)
	assert.Equal(t, 9, e.answer.Usage.ToolCalls)
	seen := a.requests()
	require.Len(t, seen, 2)
	var sent struct {
		Messages []struct {
			Content []struct {
				ID      string `json:"tool_use_id"`
				IsError bool   `json:"is_error"`
				Content []struct {
					Text string `json:"text"`
				} `json:"content"`
			} `json:"content"`
		} `json:"messages"`
	}
	require.NoError(t, json.Unmarshal([]byte(seen[1].body), &sent))
	require.Len(t, sent.Messages, 3)
	results := sent.Messages[2].Content
	require.Len(t, results, 8)
	for i, says := range []string{
		`"name":"tikv-2","role":"data","state":"Up"`, `"leaders_before":3,"leaders_at_the_ticket":0`, `"ops":640,"errors":212`,
		`"state":"probe refused"`, `"state":"ended","exit":"signal: killed"`, `"lines":null`, "there is no such node", "there is no such tool",
	} {
		assert.Equal(t, fmt.Sprintf("toolu_%d", 1+i), results[i].ID)
		assert.Contains(t, results[i].Content[0].Text, says)
		assert.Equal(t, i >= 6, results[i].IsError)
	}
}

func TestAReportThatIsNotInFormMayBeRepairedOnce(t *testing.T) {
	a := newActor(t, func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, goodProse)
		r := goodReport()
		r["alternatives"] = []m{}
		use(w, 1, toolReport, r)
		finish(w, "tool_use")
	}, good)
	e := perform(t, a.URL, Limits{})
	assert.Equal(t, SourceClaude, e.answer.Source)
	assert.Contains(t, a.requests()[1].body, "two or three alternatives are needed")
}

func TestAnAnswerWithoutProseIsReadFromItsForm(t *testing.T) {
	a := newActor(t, func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		use(w, 0, toolReport, goodReport())
		finish(w, "tool_use")
	})
	e := perform(t, a.URL, Limits{})
	assert.Equal(t, "The process of tikv-2 was killed [E1].\n", e.prose())
}
