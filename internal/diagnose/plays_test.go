package diagnose

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// plays are the ways in which Claude, or the network, is bad: who answers in
// the end, and what the label says of why.
var plays = map[string]struct {
	acts   func(a *actor) []act
	limits Limits
	why    string
}{
	"401": {acts: one(refuses(401, "authentication_error")), why: "the key was refused"},
	"403": {acts: one(refuses(403, "permission_error")), why: "the key was refused"},
	"429 with a long retry-after": {
		acts: one(refuses(429, "rate_limit_error", "Retry-After", "3600")), why: "rate limited: it asks to wait 1h0m0s",
	},
	"429 with a retry-after that is no number": {
		acts: one(refuses(429, "rate_limit_error", "Retry-After", "in "+fakeKey)), why: "rate limited;",
	},
	"a header that is none":                      {acts: one(refuses(429, "rate_limit_error", "Retry-After", "\x1b[31m"+fakeKey)), why: "its answer could not be read"},
	"a connection that is cut before it answers": {acts: one(cutAfter(func(http.ResponseWriter, *http.Request) {})), why: "its answer was cut off"},
	"529":           {acts: one(refuses(529, "overloaded_error")), why: "overloaded"},
	"500":           {acts: one(refuses(500, "api_error")), why: "it answered with status 500"},
	"no such model": {acts: one(refuses(404, "not_found_error")), why: "it knows no such model"},
	"a 400":         {acts: one(refuses(400, "invalid_request_error")), why: "it did not accept the question"},
	"overloaded in mid-stream": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, goodProse)
		sse(w, "error", m{"type": "error", "error": m{"type": "overloaded_error", "message": fakeKey}})
	}), why: "overloaded"},
	"an error in mid-stream that is no JSON": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		_, _ = fmt.Fprintf(w, "event: error\ndata: %s\n\n", fakeKey)
	}), why: "it broke off with an error of its own"},
	"a connection that is cut": {acts: one(cutAfter(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, goodProse)
	})), why: "its answer was cut off"},
	"a stream that ends without its end": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, goodProse)
		use(w, 1, toolReport, goodReport())
	}), why: "its answer was cut off"},
	"a stream with nothing in it": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
	}), why: "its answer was cut off"},
	"events that make no sense": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		sse(w, "content_block_delta", m{"type": "content_block_delta", "index": 7, "delta": m{"type": "text_delta", "text": "x"}})
	}), why: "its answer makes no sense"},
	"the limit of tokens": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, goodProse)
		finish(w, "max_tokens")
	}), why: "its answer was cut off at the limit of tokens"},
	"200 with HTML": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, "<html>Welcome to the hotel</html>")
	}), why: "a captive portal?"},
	"silence": {
		acts: func(a *actor) []act { return []act{a.hang} }, limits: Limits{FirstWord: 50 * time.Millisecond}, why: "too slow: not a word within 50ms",
	},
	"silence in mid-answer": {acts: func(a *actor) []act {
		return []act{func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			speak(w, 0, goodProse)
			a.hang(w, r)
		}}
	}, limits: Limits{Silence: 50 * time.Millisecond}, why: "too slow: it fell silent for 50ms"},
	"pings and nothing else": {acts: func(a *actor) []act {
		return []act{func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			speak(w, 0, goodProse)
			for r.Context().Err() == nil {
				sse(w, "ping", m{"type": "ping"})
			}
		}}
	}, limits: Limits{Silence: 50 * time.Millisecond}, why: "too slow: it fell silent for 50ms"},
	"thinking and not a word": {acts: func(a *actor) []act {
		return []act{func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			sse(w, "content_block_start", m{"type": "content_block_start", "index": 0, "content_block": m{"type": "thinking", "thinking": "", "signature": ""}})
			a.hang(w, r)
		}}
	}, limits: Limits{FirstWord: 50 * time.Millisecond}, why: "too slow: not a word within 50ms"},
	"a talk that never ends": {acts: func(a *actor) []act {
		return []act{func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			for i := 0; r.Context().Err() == nil; i++ {
				speak(w, i, "")
			}
		}}
	}, limits: Limits{Total: 100 * time.Millisecond, Wire: 1 << 40, Report: 1 << 40, FirstWord: time.Minute}, why: "too slow: not done within 100ms"},
	"a refusal": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, "I cannot help with that. ")
		finish(w, "refusal")
	}), why: "it refused to answer"},
	"a 5 MB answer": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, slices.Repeat([]string{strings.Repeat("blah ", 2000)}, 500)...)
	}), limits: patient, why: "its answer is longer than is read"},
	"5 MB in one event": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, strings.Repeat("x", 5<<20))
	}), limits: patient, why: "its answer is longer than is read"},
	"5 MB of a tool's input": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, goodProse)
		use(w, 1, toolReport, m{"risk": strings.Repeat("x", 5<<20)})
	}), limits: patient, why: "its answer is longer than is read"},
	"invented evidence": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, "The disk of tikv-2 is full [E77]. It lost 4711 regions [E1]. ")
		r := goodReport()
		r["root_cause"], r["evidence"] = "Its log says \"no space left\" [E78].", []int{77, 78}
		use(w, 1, toolReport, r)
		finish(w, "tool_use")
	}), why: "the evidence verifies only 2 of its 6 claims"},
	"a tool that is called 1,000 times at once": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		for i := range 1000 {
			use(w, i, "pd_stores", m{})
		}
		finish(w, "tool_use")
	}), why: "it called tools over 16 times"},
	"a tool that is called 1,000 times, one by one": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		use(w, 0, "pd_stores", m{})
		finish(w, "tool_use")
	}), why: "it asked 6 times and gave no answer"},
	"talk and no report": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		speak(w, 0, goodProse)
		finish(w, "end_turn")
	}), why: "it talked and gave no report"},
	"an action that is not on offer": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		r := goodReport()
		r["action"] = "delete_volumes"
		use(w, 0, toolReport, r)
		finish(w, "tool_use")
	}), why: "its report is not in form: action is not in the list"},
	"a component that does not exist": {acts: one(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		r := goodReport()
		r["component"] = "tikv-2\x1b]0;owned"
		use(w, 0, toolReport, r)
		finish(w, "tool_use")
	}), why: "its report is not in form: component is not one of the nodes"},
}

// patient is for answers that take a slow machine long to read: what is tried is
// their length.
var patient = Limits{Total: 5 * time.Minute, FirstWord: 5 * time.Minute, Silence: 5 * time.Minute}

func one(a act) func(*actor) []act { return func(*actor) []act { return []act{a} } }

func TestHoweverBadlyClaudeIsPlayedTheRulesAnswerAndTheLabelSaysWhy(t *testing.T) {
	for name, p := range plays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newActor(t)
			a.acts = p.acts(a)
			e := perform(t, a.URL, p.limits)
			t.Log(e.sources(), e.why())
			assert.Equal(t, SourceRules, e.sources()[len(e.sources())-1])
			assert.Contains(t, e.why(), SourceClaude+": ")
			assert.Contains(t, e.why(), p.why)
			assert.Contains(t, e.why(), "no answer was recorded for process crashed")
			assert.Equal(t, SourceRules, e.answer.Source)
			assert.Equal(t, "restart tikv-2", e.answer.Action.String())
			assert.InDelta(t, 1.0, e.answer.Verified, 0)
			assert.LessOrEqual(t, len(a.requests()), Limits{}.orDefaults().Turns, "nothing is tried again")
			assert.NoDirExists(t, e.dir, "nothing of it is kept")
		})
	}
}
