package diagnose

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeKey is what must never be seen anywhere.
const fakeKey = "tikv-demo-test-key-0123456789"

// actor is a server that plays Claude, one act for each request in order; the
// last act is repeated.
type actor struct {
	*httptest.Server
	mu   sync.Mutex
	acts []act
	seen []seenRequest
	over chan struct{} // closed at the end, so that no act hangs
}

type seenRequest struct {
	key, body string
}

type act func(w http.ResponseWriter, r *http.Request)

func newActor(t *testing.T, acts ...act) *actor {
	a := &actor{acts: acts, over: make(chan struct{})}
	a.Server = httptest.NewServer(a)
	t.Cleanup(func() {
		close(a.over)
		a.Close()
	})
	return a
}

func (a *actor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	i := min(len(a.seen), len(a.acts)-1)
	a.seen = append(a.seen, seenRequest{r.Header.Get("X-Api-Key"), string(body)})
	a.mu.Unlock()
	a.acts[i](w, r)
}

func (a *actor) requests() []seenRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]seenRequest(nil), a.seen...)
}

// hang says nothing until the client leaves.
func (a *actor) hang(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-a.over:
	}
}

// sse writes one event of a stream.
func sse(w http.ResponseWriter, kind string, data any) {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, b)
	_ = http.NewResponseController(w).Flush()
}

type m = map[string]any

// begin opens a message.
func begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	sse(w, "message_start", m{"type": "message_start", "message": m{
		"id": "msg_1", "type": "message", "role": "assistant", "model": "actor", "content": []any{},
		"stop_reason": nil, "stop_sequence": nil, "usage": m{"input_tokens": 900, "output_tokens": 1},
	}})
}

// speak is a block of text in chunks.
func speak(w http.ResponseWriter, index int, chunks ...string) {
	sse(w, "content_block_start", m{"type": "content_block_start", "index": index, "content_block": m{"type": "text", "text": ""}})
	for _, c := range chunks {
		sse(w, "content_block_delta", m{"type": "content_block_delta", "index": index, "delta": m{"type": "text_delta", "text": c}})
	}
	sse(w, "content_block_stop", m{"type": "content_block_stop", "index": index})
}

// use is the call of a tool, its input in two pieces.
func use(w http.ResponseWriter, index int, name string, input any) {
	b, _ := json.Marshal(input)
	sse(w, "content_block_start", m{"type": "content_block_start", "index": index, "content_block": m{"type": "tool_use", "id": fmt.Sprintf("toolu_%d", index), "name": name, "input": m{}}})
	for _, piece := range []string{string(b[:len(b)/2]), string(b[len(b)/2:])} {
		sse(w, "content_block_delta", m{"type": "content_block_delta", "index": index, "delta": m{"type": "input_json_delta", "partial_json": piece}})
	}
	sse(w, "content_block_stop", m{"type": "content_block_stop", "index": index})
}

func finish(w http.ResponseWriter, reason string) {
	sse(w, "message_delta", m{"type": "message_delta", "delta": m{"stop_reason": reason, "stop_sequence": nil}, "usage": m{"output_tokens": 120}})
	sse(w, "message_stop", m{"type": "message_stop"})
}

// goodReport fits the evidence of killed.
func goodReport() m {
	return m{
		"component": "tikv-2", "fault_type": "process_crashed", "root_cause": "The process of tikv-2 was killed [E1].", "evidence": []int{1, 2},
		"alternatives": []m{
			{"cause": "frozen", "against": "its process is gone [E1]", "evidence": []int{1}},
			{"cause": "cut off", "against": "its port refuses [E2]", "evidence": []int{2}},
		},
		"action": "restart", "risk": "It may take a moment to lead again.",
	}
}

const goodProse = "The process of tikv-2 is gone [E1]. Its status port refuses connections [E2]. "

// good is Claude as we hope for.
func good(w http.ResponseWriter, _ *http.Request) {
	begin(w)
	speak(w, 0, goodProse[:17], goodProse[17:40], goodProse[40:])
	use(w, 1, toolReport, goodReport())
	finish(w, "tool_use")
}

// refuses answers with a status and an error of the API's form.
func refuses(status int, kind string, headers ...string) act {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"type":"error","error":{"type":%q,"message":"your key is %s"}}`, kind, r.Header.Get("X-Api-Key"))
	}
}

// cutAfter ends the connection in mid-answer, without the chunk that ends it.
func cutAfter(a act) act {
	return func(w http.ResponseWriter, r *http.Request) {
		a(w, r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
}

// killed is the evidence of a store that was killed: E1 its process, E2 its port.
func killed(t *testing.T) Bundle {
	s := newStage(t)
	observed["a store that was killed has crashed"].script(s)
	ticket := storeDown("tikv-2")
	ticket.ID = "T-1"
	b := s.w.Freeze(t.Context(), second(62), ticket)
	require.True(t, strings.HasPrefix(b.Items[0].Text, "tikv-2: process 4713 is gone"))
	require.Contains(t, b.Items[1].Text, "refuses connections")
	return b
}
