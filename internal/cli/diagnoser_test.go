package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const testKey = "tikv-demo-test-key-0123456789"

// playsClaude answers any ticket: the component and the evidence of its process
// are read from the question.
func playsClaude(t *testing.T) *httptest.Server {
	target := regexp.MustCompile(`"target":"([^"]+)"`)
	gone := regexp.MustCompile(`"e":"E(\d+)"[^\n]*"text":"tikv-\d: process \d+ is gone`)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var asked struct {
			Messages []struct{ Content []struct{ Text string } }
		}
		if r.Header.Get("X-Api-Key") != testKey || json.Unmarshal(body, &asked) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		question := asked.Messages[0].Content[0].Text
		store, e := target.FindStringSubmatch(question), gone.FindStringSubmatch(question)
		if store == nil || e == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		words := fmt.Sprintf("The process of %s is gone [E%s].", store[1], e[1])
		report, _ := json.Marshal(map[string]any{
			"component": store[1], "fault_type": "process_crashed", "root_cause": words, "evidence": []json.Number{json.Number(e[1])}, "action": "restart", "risk": "none known",
			"alternatives": []map[string]any{{"cause": "frozen", "against": "gone [E" + e[1] + "]", "evidence": []int{}}, {"cause": "cut off", "against": "gone [E" + e[1] + "]", "evidence": []int{}}},
		})
		w.Header().Set("Content-Type", "text/event-stream")
		send := func(kind, data string) {
			_, _ = fmt.Fprintf(w, "event: %s\ndata: {\"type\":%q,%s}\n\n", kind, kind, data)
		}
		send("message_start", `"message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":900,"output_tokens":1}}`)
		send("content_block_start", `"index":0,"content_block":{"type":"text","text":""}`)
		send("content_block_delta", fmt.Sprintf(`"index":0,"delta":{"type":"text_delta","text":%q}`, words+" "))
		send("content_block_stop", `"index":0`)
		send("content_block_start", `"index":1,"content_block":{"type":"tool_use","id":"t","name":"report","input":{}}`)
		send("content_block_delta", fmt.Sprintf(`"index":1,"delta":{"type":"input_json_delta","partial_json":%q}`, report))
		send("content_block_stop", `"index":1`)
		send("message_delta", `"delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":99}`)
		send("message_stop", `"x":0`)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestATalkWithClaudeIsKeptForATalkWithoutANetwork(t *testing.T) {
	long(t)
	t.Parallel()
	state := t.TempDir()
	server := playsClaude(t)
	env := []string{"ANTHROPIC_API_KEY=" + testKey, "ANTHROPIC_BASE_URL=" + server.URL}
	var cost float64
	talk := func(source string) (answer map[string]any, why string) {
		r := callWith(t, state, env, "run", "--auto", "--front", "json", "--seed", "7", "--records", "500", "--price", "3,15")
		require.Equal(t, exitOK, r.status, r.err)
		assert.NotContains(t, r.stdout+r.err, testKey)
		ls := lines(t, r.stdout)
		started := kind(ls, "diagnosis.started")
		require.NotEmpty(t, started)
		answer = one(t, ls, "diagnosis.finished")
		require.Equal(t, source, answer["source"], started)
		require.Equal(t, true, answer["correct"])
		require.EqualValues(t, 1, answer["verified"])
		card := one(t, ls, "fault.opened")["card"].([]any)
		require.Len(t, card, 3, "the answer, the rules, nobody")
		require.Equal(t, source, card[0].(map[string]any)["source"])
		cost, _ = card[0].(map[string]any)["cost_usd"].(float64)
		why, _ = started[len(started)-1]["why"].(string)
		return answer, why
	}
	answer, _ := talk("CLAUDE LIVE")
	require.EqualValues(t, 900, answer["usage"].(map[string]any)["input_tokens"])
	require.InDelta(t, (900*3+99*15)/1e6, cost, 1e-9)

	server.Close()
	_, why := talk("RECORDED")
	require.Contains(t, why, "CLAUDE LIVE: no network: it could not be reached; recorded ")
	require.Contains(t, why, "different run")
	require.Zero(t, cost, "nobody was asked for money")

	require.NoError(t, filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		assert.NotContains(t, string(b), testKey, path)
		return err
	}))
}

func TestTheEndOfALogIsWholeLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("0123456789\n", 20_000)+"last"), 0o600))
	got, err := lastLines(path)
	require.NoError(t, err)
	require.Len(t, got, logLines)
	require.Equal(t, "0123456789", got[0])
	require.Equal(t, "last", got[logLines-1])

	require.NoError(t, os.WriteFile(path, []byte("one\ntwo\n"), 0o600))
	got, err = lastLines(path)
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, got)
	_, err = lastLines(path + ".not")
	require.Error(t, err)
}
