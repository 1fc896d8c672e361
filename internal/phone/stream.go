package phone

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// events sends the newest view, at most one in StateEvery, and a line every second:
// server-sent events.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	sess := s.sessionOf(w, r)
	if sess == nil {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	free, ok := s.seats.take(ctx, s.patience+time.Second, sess, cancel)
	if !ok {
		http.Error(w, fmt.Sprintf("%d phones are attached already", streamsOfAll), http.StatusServiceUnavailable)
		return
	}
	defer free()
	leave, err := s.cfg.Talk.Join(protocol.Peer{Role: sess.role, Name: sess.address, Since: s.cfg.Now()})
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer leave()
	sess.open(cancel)

	line := http.NewResponseController(w)
	if line.SetReadDeadline(time.Time{}) != nil { // the stream outlives the time for a request
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(v *view) bool {
		now := beat{Beat: v == nil, At: s.cfg.Now().UnixMilli(), Last: sess.lastTap()}
		var what any = now
		if v != nil {
			v.beat = now
			what = v
		}
		b, err := json.Marshal(what)
		if err != nil || line.SetWriteDeadline(time.Now().Add(s.patience)) != nil {
			return false
		}
		if _, err := w.Write(append(append([]byte("data: "), b...), "\n\n"...)); err != nil {
			return false
		}
		return line.Flush() == nil
	}
	protocol.Follow(ctx, s.cfg.Talk.Newest, func(st *protocol.State) bool {
		if st == nil {
			return send(nil)
		}
		v := viewOf(s.cfg.Tongue, *st, sess.role)
		return send(&v)
	})
}
