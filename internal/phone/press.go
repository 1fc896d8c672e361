package phone

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// tapFresh is how old what its user saw may be when a tap arrives. A page gets a line
// every second, so an older one was asleep, or its tap was on the way for too long.
const tapFresh = 5 * time.Second

// tap is one press of a button on the page.
type tap struct {
	ID  uint64 `json:"id"` // grows with each tap
	Do  string `json:"do"`
	Rev uint64 `json:"rev"` // as its user saw it
	At  int64  `json:"at"`  // of the latest line that the page had, as that line said
}

// press asks the talk for what was tapped.
func (s *Server) press(w http.ResponseWriter, r *http.Request) {
	sess := s.sessionOf(w, r)
	if sess == nil {
		return
	}
	var t tap
	if !decode(w, r, &t) {
		return
	}
	if !sess.tapping.TryLock() {
		reply(w, protocol.Answer{ID: t.ID, Result: protocol.ResultRefused, Why: s.cfg.Tongue.Say("the tap before is not answered yet")})
		return
	}
	defer sess.tapping.Unlock()
	reply(w, s.answer(r, sess, t))
}

func (s *Server) answer(r *http.Request, sess *session, t tap) protocol.Answer {
	age := s.cfg.Now().Sub(time.UnixMilli(t.At))
	switch {
	case !sess.taken(t.ID):
		return protocol.Answer{ID: t.ID, Result: protocol.ResultStale, Why: s.cfg.Tongue.Say("this tap was answered before")}
	case age > tapFresh || age < -time.Second:
		return protocol.Answer{ID: t.ID, Result: protocol.ResultStale, Why: s.cfg.Tongue.Say("the page was asleep; look, then tap again")}
	case !protocol.May(sess.role, t.Do):
		return protocol.Answer{ID: t.ID, Result: protocol.ResultRefused, Why: s.cfg.Tongue.AtLaptop()}
	}
	peer := protocol.Peer{Role: sess.role, Name: sess.address}
	return s.cfg.Talk.Ask(r.Context(), peer, protocol.Intent{ID: t.ID, Do: t.Do, Rev: t.Rev})
}

func reply(w http.ResponseWriter, a protocol.Answer) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // a phone that is gone is no trouble of ours
}

// decode reads the one JSON object of a request, or answers what is wrong with it.
func decode(w http.ResponseWriter, r *http.Request, to any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(to)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one object")
		}
	}
	tooBig := (*http.MaxBytesError)(nil)
	switch {
	case err == nil:
		return true
	case errors.As(err, &tooBig):
		http.Error(w, "that is too long", http.StatusRequestEntityTooLarge)
	default:
		http.Error(w, "that is not what this page sends", http.StatusBadRequest)
	}
	return false
}
