package phone

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/remote"
	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// hall is a talk with its page, on a network of its own.
type hall struct {
	t *testing.T
	*Server
	hub *remote.Hub

	mu    sync.Mutex
	at    time.Time
	asked []protocol.Request
}

func (h *hall) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hall) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// presses gives what reached the screen.
func (h *hall) presses() []protocol.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

// open serves the page; the screen grants whatever has the newest revision.
func open(t *testing.T) *hall { return openIn(t, words.English) }

func openIn(t *testing.T, tongue words.Tongue) *hall {
	t.Helper()
	h := &hall{t: t, hub: remote.NewHub(tongue), at: time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)}
	s, err := Listen(Config{Address: "127.0.0.1:0", Codes: NewCodes(), Tongue: tongue, Talk: h.hub, Now: h.now})
	require.NoError(t, err)
	h.Server = s
	ctx, cancel := context.WithCancel(context.Background())
	var screen sync.WaitGroup
	screen.Go(func() {
		for {
			select {
			case r := <-h.hub.Requests():
				h.mu.Lock()
				h.asked = append(h.asked, r)
				h.mu.Unlock()
				if r.Intent.Rev == 9 {
					r.Reply(protocol.ResultOK, "")
				} else {
					r.Reply(protocol.ResultStale, "the choices have changed; look again")
				}
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		cancel()
		screen.Wait()
	})
	h.hub.Publish(talkState())
	return h
}

func talkState() protocol.State {
	s := protocol.State{
		Rev: 9, Current: 4, Reached: 4, Badge: "LIVE embedded", Health: "PD sees 4 of 4 nodes up",
		Notes: "Say that **PD** was not asked.\n\n[on: ticket] Point at it.\n\n[on: doubt] PD has noticed too.", Marks: []string{"ticket"},
		Gate: "1 of 2 signals agree", Status: "waiting for a ticket",
		Offers: []protocol.Offer{
			{Do: protocol.DoAdvance, Label: "next when ready", Enabled: true, Afar: true},
			{Do: protocol.DoBack, Label: "back", Enabled: true, Afar: true},
			{Do: protocol.DoForce, Label: "force the gate", Enabled: true},
			{Do: protocol.DoPause, Label: "stop the clock for a question", Enabled: true, Afar: true},
			{Do: protocol.DoBlank, Label: "blank the screen", Enabled: true, Afar: true},
		},
		Pace:   protocol.Pace{Elapsed: 754_000, Total: 1_440_000, Behind: true, Said: "2 min behind"},
		Screen: protocol.Screen{Width: 20, Height: 4, Frame: "the audience's frame"},
	}
	for i, title := range []string{"Welcome", "Health", "Load", "Fault", "Who notices?", "Why?", "Recovery", "Complete"} {
		s.Chapters = append(s.Chapters, protocol.Chapter{N: i + 1, Title: title, First: "First line"})
	}
	return s
}

// caller is a browser, or whoever pretends to be one.
type caller struct {
	h      *hall
	client *http.Client
	cookie *http.Cookie
	tapped uint64
}

// from gives a caller with an address of its own.
func (h *hall) from(address string) *caller {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	tr := &http.Transport{DialContext: d.DialContext}
	h.t.Cleanup(tr.CloseIdleConnections)
	return &caller{h: h, client: &http.Client{Transport: tr}}
}

// send sends a request as the page would, changed by with.
func (c *caller) send(method, path, body string, with ...func(*http.Request)) *http.Response {
	c.h.t.Helper()
	r, err := http.NewRequestWithContext(c.h.t.Context(), method, c.h.URL()+strings.TrimPrefix(path, "/"), strings.NewReader(body))
	require.NoError(c.h.t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", strings.TrimSuffix(c.h.URL(), "/"))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	for _, w := range with {
		w(r)
	}
	resp, err := c.client.Do(r)
	require.NoError(c.h.t, err)
	c.h.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// status gives the status of an answer, and reads it to its end.
func status(r *http.Response) int {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<16))
	return r.StatusCode
}

// gets gives the status of the answer to a request.
func (c *caller) gets(method, path, body string, with ...func(*http.Request)) int {
	c.h.t.Helper()
	r := c.send(method, path, body, with...)
	defer r.Body.Close()
	return status(r)
}

// enter exchanges a code for the cookie.
func (c *caller) enter(code string) int {
	c.h.t.Helper()
	r := c.send(http.MethodPost, "/session", fmt.Sprintf(`{"code":%q}`, code))
	defer r.Body.Close()
	for _, k := range r.Cookies() {
		c.cookie = k
	}
	return status(r)
}

// speaker is a phone that was let in.
func (h *hall) speaker() *caller {
	h.t.Helper()
	c := h.from("127.0.0.1")
	require.Equal(h.t, http.StatusNoContent, c.enter(h.cfg.Codes.Speaker))
	c.client.CloseIdleConnections() // one address has a few alone
	return c
}

// tap is one tap on the page, and its answer.
func (c *caller) tap(do string, rev uint64) protocol.Answer {
	c.h.t.Helper()
	c.tapped++
	return c.press(tap{ID: c.tapped, Do: do, Rev: rev, At: c.h.now().UnixMilli()})
}

func (c *caller) press(t tap) protocol.Answer {
	c.h.t.Helper()
	b, err := json.Marshal(t)
	require.NoError(c.h.t, err)
	r := c.send(http.MethodPost, "/press", string(b))
	defer r.Body.Close()
	require.Equal(c.h.t, http.StatusOK, r.StatusCode)
	var a protocol.Answer
	require.NoError(c.h.t, json.NewDecoder(r.Body).Decode(&a))
	return a
}

// stream is the page's stream of views.
type stream struct {
	t *testing.T
	*bufio.Reader
}

func (c *caller) stream() stream {
	c.h.t.Helper()
	r := c.send(http.MethodGet, "/events", "")
	c.h.t.Cleanup(func() { _ = r.Body.Close() })
	require.Equal(c.h.t, http.StatusOK, r.StatusCode)
	require.Equal(c.h.t, "text/event-stream", r.Header.Get("Content-Type"))
	return stream{c.h.t, bufio.NewReaderSize(r.Body, 1<<20)}
}

// next gives the next view that is no beat.
func (s stream) next() (view, string) {
	s.t.Helper()
	for {
		line, err := s.ReadString('\n')
		require.NoError(s.t, err)
		var v view
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			require.NoError(s.t, json.Unmarshal([]byte(text), &v))
			if !v.Beat {
				return v, text
			}
		}
	}
}

func TestASpeakersPhoneSeesTheTalkAndMovesIt(t *testing.T) {
	h := open(t)
	c := h.speaker()
	require.True(t, c.cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, c.cookie.SameSite)
	require.NotContains(t, c.cookie.Value, h.cfg.Codes.Speaker)

	v, text := c.stream().next()
	require.Equal(t, "Who notices?", v.Title)
	require.Equal(t, "5 of 8 · LIVE embedded · PD sees 4 of 4 nodes up", v.Where)
	require.Equal(t, "… 1 of 2 signals agree", v.Gate)
	require.Equal(t, pace{"12:34", "2 min behind, of 24:00", true}, *v.Pace)
	require.Equal(t, button{"Next", "next when ready", true}, v.Next)
	require.Equal(t, button{"Back", "", true}, v.Back, "its name says it already")
	require.Equal(t, []note{{"Point at it.", noteNow}, {Text: "Say that PD was not asked."}, {"on doubt: PD has noticed too.", noteLater}, {"next: Why?: First line", noteLater}}, v.Notes)
	require.NotContains(t, text, "the audience's frame")
	require.NotContains(t, text, h.cfg.Codes.Speaker)
	require.Equal(t, 1, h.hub.Attached())

	require.Equal(t, protocol.ResultOK, c.tap(protocol.DoAdvance, 9).Result)
	require.Equal(t, protocol.ResultOK, c.tap(protocol.DoPause, 9).Result)
	require.Equal(t, protocol.ResultStale, c.tap(protocol.DoAdvance, 8).Result)
	asked := h.presses()
	require.Len(t, asked, 3)
	require.Equal(t, protocol.RolePhone, asked[0].Role)
	require.Equal(t, "127.0.0.1", asked[0].Name)
}

func TestAClickersPageHasNeitherNotesNorPace(t *testing.T) {
	h := open(t)
	c := h.from("127.0.0.1")
	require.Equal(t, http.StatusNoContent, c.enter(h.cfg.Codes.Clicker))
	v, text := c.stream().next()
	require.Equal(t, button{"Next", "next when ready", true}, v.Next)
	for _, secret := range []string{"Say that", "behind", "12:34", "First line"} {
		require.NotContains(t, text, secret)
	}
	require.Equal(t, protocol.ResultRefused, c.tap(protocol.DoPause, 9).Result)
	require.Equal(t, protocol.ResultOK, c.tap(protocol.DoAdvance, 9).Result)
	require.Equal(t, protocol.RoleClicker, h.presses()[0].Role)
}

// What the role may never ask for does not even reach the screen, which would refuse
// it too.
func TestNoPhoneAsksForWhatIsTheLaptops(t *testing.T) {
	h := open(t)
	c := h.speaker()
	for _, do := range []string{
		protocol.DoForce, protocol.DoJump, protocol.DoRetry, protocol.DoQuit, protocol.DoConfirm, protocol.DoDismiss, protocol.DoRestart,
		protocol.DoDecide, protocol.DoChoose, protocol.DoInterrupt, protocol.DoFreeze, protocol.DoUnlock, "", "format the disk",
	} {
		require.Equal(t, protocol.ResultRefused, c.tap(do, 9).Result, do)
	}
	require.Empty(t, h.presses())
}

func TestWhatIsOnOfferButNotToAPhoneSaysWhereItIs(t *testing.T) {
	st := talkState()
	st.Offers[0] = protocol.Offer{Do: protocol.DoAdvance, Label: "break tikv-2", Enabled: true}
	st.Offers[1] = protocol.Offer{Do: protocol.DoBack, Why: "this is the first chapter", Afar: true}
	st.Question = "tikv-2 is still broken. Repair it and leave?"
	v := viewOf(words.English, st, protocol.RolePhone)
	require.Equal(t, button{"Next", "at the laptop: break tikv-2", false}, v.Next)
	require.Equal(t, button{"Back", "this is the first chapter", false}, v.Back)
	require.Equal(t, "At the laptop: "+st.Question, v.Says)
	require.Equal(t, "waiting for a ticket", viewOf(words.English, talkState(), protocol.RolePhone).Says)
	st.Question, st.Status = "", "… 1 of 2 signals agree  Space goes on"
	require.Equal(t, "Space goes on", viewOf(words.English, st, protocol.RolePhone).Says, "what the gate says is said once")
	st.Screen.Blank = st.At.Add(time.Second)
	require.False(t, viewOf(words.English, st, protocol.RolePhone).Next.On)
	require.NotEmpty(t, viewOf(words.English, st, protocol.RoleClicker).Cover)
}

func TestThePageIsOneFileThatLoadsNothing(t *testing.T) {
	h := open(t)
	r := h.from("127.0.0.1").send(http.MethodGet, "/", "")
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Less(t, len(b), 30_000)
	for _, elsewhere := range []string{"http:", "https:", "src=", "href=", "@import", "url(", " style=", " onclick", "innerHTML", "eval(", h.cfg.Codes.Speaker} {
		require.NotContains(t, string(b), elsewhere)
	}
	policy := r.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'; script-src 'sha256-")
	require.NotContains(t, policy, "unsafe")
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	require.Equal(t, "no-referrer", r.Header.Get("Referrer-Policy"))
	for _, path := range []string{"/favicon.ico", "/events/", "/page.html"} {
		require.Equal(t, http.StatusNotFound, h.from("127.0.0.1").gets(http.MethodGet, path, ""), path)
	}
}

func TestClosingEndsEveryStream(t *testing.T) {
	h := open(t)
	s := h.speaker().stream()
	s.next()
	require.NoError(t, h.Close())
	_, err := io.Copy(io.Discard, s)
	requireEnd(t, err)
	require.Eventually(t, func() bool { return h.hub.Attached() == 0 }, 5*time.Second, time.Millisecond)
}
