package phone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/safe"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// Bounds of a request.
const (
	headerTimeout = 3 * time.Second
	bodyTimeout   = 5 * time.Second
	writeTimeout  = 2 * time.Second // a phone that does not read for so long is dropped
	idleTimeout   = 15 * time.Second
	maxHeader     = 4 << 10
	maxBody       = 1 << 10
)

const cookieName = "tikv-demo"

// Talk is what the page needs of the talk.
type Talk interface {
	// Newest gives the state, and what is closed when there is a newer one.
	Newest() (protocol.State, <-chan struct{})
	// Join attaches a phone; leave takes it away.
	Join(protocol.Peer) (leave func(), err error)
	// Ask waits for the screen's answer to a tap.
	Ask(context.Context, protocol.Peer, protocol.Intent) protocol.Answer
	// ShowPhone tells consoles where the page is, and how its lock is opened.
	ShowPhone(protocol.Phone, func() bool)
}

// Config is what a server is made of.
type Config struct {
	Address string // IP address and port; port 0 is any free one
	Codes   Codes
	Tongue  words.Tongue
	Talk    Talk
	Now     func() time.Time // time.Now when nil
}

// Server serves the page.
type Server struct {
	cfg    Config
	host   string // as the browser writes it
	door   *door
	seats  *seats
	http   *http.Server
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	patience time.Duration // with a phone that does not read
}

// Listen serves the page at one address until Close.
func Listen(cfg Config) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	l, err := net.Listen("tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("the phone's page: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{cfg: cfg, host: hostOf(l.Addr().(*net.TCPAddr)), ctx: ctx, cancel: cancel, patience: writeTimeout, seats: newSeats()}
	s.door = newDoor(cfg.Codes, cfg.Now, s.show)
	s.http = &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: bodyTimeout + protocol.AnswerWithin,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	s.show(false)
	s.wg.Go(func() {
		_ = safe.Do(func() error { return s.http.Serve(limit(l, s.door.knows)) })
	})
	return s, nil
}

// hostOf writes an address as a browser does in Host and Origin.
func hostOf(a *net.TCPAddr) string {
	if a.Port != 80 {
		return a.String()
	}
	if a.IP.To4() == nil {
		return "[" + a.IP.String() + "]"
	}
	return a.IP.String()
}

// URL gives the page's address without a code.
func (s *Server) URL() string { return "http://" + s.host + "/" }

// show tells consoles where the page is and whether it is locked.
func (s *Server) show(locked bool) {
	s.cfg.Talk.ShowPhone(protocol.Phone{
		Speaker: s.URL() + "#t=" + s.cfg.Codes.Speaker, Clicker: s.URL() + "#t=" + s.cfg.Codes.Clicker, Locked: locked,
	}, s.door.unlock)
}

// Close ends every connection and waits for them.
func (s *Server) Close() error {
	s.cancel()
	err := s.http.Close()
	s.wg.Wait()
	return err
}

// handler is every path that there is.
func (s *Server) handler() http.Handler {
	mux, page := http.NewServeMux(), pageIn(s.cfg.Tongue)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { servePage(w, page) })
	mux.HandleFunc("POST /session", s.posted(s.enter))
	mux.HandleFunc("POST /press", s.posted(s.press))
	mux.HandleFunc("GET /events", s.events)
	return s.guarded(mux)
}

// guarded looks at what every request must have. A page of another origin can send
// requests here, also one whose name was made to point here; it cannot choose Host
// and Origin.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		switch {
		case r.Host != s.host:
			http.Error(w, "this page is at "+s.URL(), http.StatusMisdirectedRequest)
		case r.Header.Get("Origin") != "" && r.Header.Get("Origin") != "http://"+s.host, !sameSite(r):
			http.Error(w, "another site's page cannot do that", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// sameSite says whether the browser says that the request is the page's own, or the
// user's who opens the page. Old browsers say nothing.
func sameSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin":
		return true
	case "none":
		return r.Method == http.MethodGet
	}
	return r.Method == http.MethodGet && r.URL.Path == "/" // a link to the page
}

// secure sets the headers of every answer.
func secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// posted looks at what a request that changes something must have: an Origin, which a
// browser always sends with it, and a type that no form of another site can send.
func (s *Server) posted(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		switch {
		case r.Header.Get("Origin") == "":
			http.Error(w, "the Origin is missing", http.StatusForbidden)
		case err != nil || kind != "application/json":
			http.Error(w, "JSON is expected", http.StatusUnsupportedMediaType)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			next(w, r)
		}
	}
}

// sessionOf gives the session of a request, or answers that there is none.
func (s *Server) sessionOf(w http.ResponseWriter, r *http.Request) *session {
	c, err := r.Cookie(cookieName)
	if err == nil {
		if sess := s.door.find(c.Value); sess != nil {
			return sess
		}
	}
	http.Error(w, s.cfg.Tongue.Word(errCode.Error()), http.StatusUnauthorized)
	return nil
}

// enter exchanges a code for a cookie. Without a code it says whether the cookie is
// good.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code string `json:"code"`
	}
	if !decode(w, r, &in) {
		return
	}
	if in.Code == "" {
		if s.sessionOf(w, r) != nil {
			w.WriteHeader(http.StatusNoContent)
		}
		return
	}
	sess, err := s.door.enter(in.Code, addressOf(r.RemoteAddr))
	switch {
	case errors.Is(err, errLocked):
		http.Error(w, s.cfg.Tongue.Word(err.Error()), http.StatusLocked)
		return
	case err != nil:
		http.Error(w, s.cfg.Tongue.Word(err.Error()), http.StatusUnauthorized)
		return
	}
	// Not Secure: the page has no HTTPS, and such a cookie would not come back.
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: sess.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
}
