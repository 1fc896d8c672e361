package phone

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Set(name, value)
		}
	}
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

const goodTap = `{"id":1,"do":"advance","rev":9,"at":1772618400000}`

func TestWithoutACodeNobodySeesOrMovesAnything(t *testing.T) {
	h := open(t)
	c := h.from("127.0.0.1")
	try := func() {
		require.Equal(t, http.StatusUnauthorized, c.gets(http.MethodGet, "/events", ""))
		require.Equal(t, http.StatusUnauthorized, c.gets(http.MethodPost, "/press", goodTap))
		require.Equal(t, http.StatusUnauthorized, c.gets(http.MethodPost, "/session", `{}`))
	}
	try()
	require.Equal(t, http.StatusUnauthorized, c.enter(strings.Repeat("A", 22)))
	require.Nil(t, c.cookie)
	c.cookie = &http.Cookie{Name: cookieName, Value: h.cfg.Codes.Speaker} // a code is no cookie
	try()
	require.Empty(t, h.presses())
	require.Zero(t, h.hub.Attached())
}

// A page whose name was made to point at the laptop has its own name as Host.
func TestAnotherHostIsRefused(t *testing.T) {
	h := open(t)
	c := h.speaker()
	_, port, _ := net.SplitHostPort(h.host)
	for _, name := range []string{"evil.example", "evil.example:" + port, "localhost:" + port, "127.0.0.1", "127.0.0.1:1", "127.0.0.1." + ":" + port} {
		for _, got := range []int{
			c.gets(http.MethodGet, "/", "", host(name)), c.gets(http.MethodGet, "/events", "", host(name)),
			c.gets(http.MethodPost, "/press", goodTap, host(name), header("Origin", "http://"+name)),
			c.gets(http.MethodPost, "/session", fmt.Sprintf(`{"code":%q}`, h.cfg.Codes.Speaker), host(name)),
		} {
			require.Equal(t, http.StatusMisdirectedRequest, got, name)
		}
	}
	require.Empty(t, h.presses())
}

// The cookie is given, as a browser without SameSite would.
func TestAnotherSitesFormIsRefused(t *testing.T) {
	h := open(t)
	c := h.speaker()
	for name, with := range map[string][]func(*http.Request){
		"its own origin":            {header("Origin", "http://evil.example")},
		"a sandboxed frame":         {header("Origin", "null")},
		"no origin":                 {header("Origin", "")},
		"another port":              {header("Origin", "http://127.0.0.1:1")},
		"https":                     {header("Origin", "https://"+h.host)},
		"a form":                    {header("Content-Type", "application/x-www-form-urlencoded")},
		"a form of plain text":      {header("Content-Type", "text/plain")},
		"a form with a file":        {header("Content-Type", "multipart/form-data; boundary=x")},
		"no type":                   {header("Content-Type", "")},
		"what the browser says":     {header("Sec-Fetch-Site", "cross-site")},
		"another name of this site": {header("Sec-Fetch-Site", "same-site")},
		"typed in by hand":          {header("Sec-Fetch-Site", "none")},
	} {
		for _, path := range []string{"/press", "/session"} {
			got := c.gets(http.MethodPost, path, goodTap, with...)
			require.Contains(t, []int{http.StatusForbidden, http.StatusUnsupportedMediaType}, got, "%s: %s", name, path)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodOptions} {
		r := c.send(method, "/press", goodTap, header("Origin", "http://"+h.host))
		defer r.Body.Close()
		require.Empty(t, r.Header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, http.StatusMethodNotAllowed, status(r))
	}
	require.Equal(t, http.StatusForbidden, c.gets(http.MethodGet, "/events", "", header("Origin", "http://evil.example")))
	require.Equal(t, http.StatusForbidden, c.gets(http.MethodGet, "/events", "", header("Sec-Fetch-Site", "cross-site")))
	require.Empty(t, h.presses())
}

func TestARequestThatIsSentAgainMovesNothing(t *testing.T) {
	h := open(t)
	c := h.speaker()
	now := h.now().UnixMilli()
	require.Equal(t, protocol.ResultOK, c.press(tap{ID: 5, Do: protocol.DoBlank, Rev: 9, At: now}).Result)
	for _, id := range []uint64{5, 4, 0} {
		a := c.press(tap{ID: id, Do: protocol.DoBlank, Rev: 9, At: now})
		require.Equal(t, protocol.ResultStale, a.Result)
		require.Equal(t, "this tap was answered before", a.Why)
	}
	require.Len(t, h.presses(), 1)
	v, _ := c.stream().next()
	require.Equal(t, uint64(5), v.Last, "a page that was loaded again goes on from there")
}

// A phone that was locked may send a tap when it wakes up.
func TestATapOnWhatIsOldMovesNothing(t *testing.T) {
	h := open(t)
	c := h.speaker()
	seen := h.now().UnixMilli()
	h.later(tapFresh + time.Millisecond)
	a := c.press(tap{ID: 1, Do: protocol.DoAdvance, Rev: 9, At: seen})
	require.Equal(t, protocol.Answer{ID: 1, Result: protocol.ResultStale, Why: "the page was asleep; look, then tap again"}, a)
	a = c.press(tap{ID: 2, Do: protocol.DoAdvance, Rev: 9, At: h.now().Add(time.Hour).UnixMilli()})
	require.Equal(t, protocol.ResultStale, a.Result, "nobody has seen what comes later")
	require.Empty(t, h.presses())
	require.Equal(t, protocol.ResultOK, c.press(tap{ID: 3, Do: protocol.DoAdvance, Rev: 9, At: h.now().UnixMilli()}).Result)
}

func TestTenWrongCodesInAMinuteLockTheDoorUntilAKeyOnTheLaptop(t *testing.T) {
	h := open(t)
	inside := h.speaker()
	guess := h.from("127.0.0.1")
	for range failuresKept - 1 {
		require.Equal(t, http.StatusUnauthorized, guess.enter("guess"))
	}
	h.later(failuresIn)
	require.Equal(t, http.StatusUnauthorized, guess.enter("guess"), "those are a minute old")
	require.Equal(t, http.StatusNoContent, h.from("127.0.0.1").enter(h.cfg.Codes.Speaker))
	for i := range failuresKept - 1 {
		guess.cookie = &http.Cookie{Name: cookieName, Value: fmt.Sprint("guess", i)} // a guessed cookie is no better
		require.Equal(t, http.StatusUnauthorized, guess.gets(http.MethodGet, "/events", ""))
	}
	late := h.from("127.0.0.1")
	require.Equal(t, http.StatusLocked, late.enter(h.cfg.Codes.Speaker), "the right code too")
	h.later(24 * time.Hour)
	require.Equal(t, http.StatusLocked, late.enter(h.cfg.Codes.Speaker), "time does not open it")
	require.Equal(t, protocol.ResultOK, inside.tap(protocol.DoAdvance, 9).Result, "the hall cannot take the phone away from the speaker")
	st, _ := h.hub.Newest()
	require.True(t, st.Phone.Locked)

	was, err := h.hub.Unlock()
	require.NoError(t, err)
	require.True(t, was)
	st, _ = h.hub.Newest()
	require.False(t, st.Phone.Locked)
	require.Equal(t, http.StatusNoContent, late.enter(h.cfg.Codes.Speaker))
}

func TestBodiesAndHeadersThatAreTooLargeAreRefused(t *testing.T) {
	h := open(t)
	c := h.speaker()
	require.Equal(t, http.StatusRequestEntityTooLarge, c.gets(http.MethodPost, "/press", `{"do":"`+strings.Repeat("a", maxBody)+`"}`))
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, c.gets(http.MethodPost, "/press", goodTap, header("X-Long", strings.Repeat("a", 64<<10))))
	for _, body := range []string{"", "null", "[]", `"x"`, `{"id":-1}`, `{"id":1e99}`, goodTap + goodTap, `{"id":1,"do":"advance","rev":9,"role":"console"}`, strings.Repeat("[", 1000), "\x00"} {
		got := c.gets(http.MethodPost, "/press", body)
		if body == "null" { // an object without fields: an old tap
			require.Equal(t, http.StatusOK, got)
			continue
		}
		require.Equal(t, http.StatusBadRequest, got, "%q", body)
	}
	require.Empty(t, h.presses())

	// A body without an end is cut off, and so is a request without one.
	endless := &endless{}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL()+"session", endless)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://"+h.host)
	if resp, err := c.client.Do(r); err == nil { // or the connection is gone before the answer is read
		defer resp.Body.Close()
		require.Equal(t, http.StatusRequestEntityTooLarge, status(resp))
	}
	require.Less(t, endless.given.Load(), int64(16<<20))
}

// endless gives a string for ever.
type endless struct{ given atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	if e.given.Load() == 0 {
		n = copy(p, `{"code":"`)
	}
	n += copy(p[n:], bytes.Repeat([]byte("a"), len(p)-n))
	e.given.Add(int64(n))
	return n, nil
}

func TestAPhoneThatDoesNotReadIsDroppedAndDelaysNobody(t *testing.T) {
	h := open(t)
	h.patience = 5 * time.Second // longer than a busy machine keeps the good one from reading
	deaf, good := h.speaker(), h.speaker()
	conn, err := net.Dial("tcp", h.host)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4096))
	_, err = fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: %s\r\nCookie: %s=%s\r\n\r\n", h.host, cookieName, deaf.cookie.Value)
	require.NoError(t, err)
	s := good.stream()
	require.Eventually(t, func() bool { return h.hub.Attached() == 2 }, 5*time.Second, time.Millisecond)
	st := talkState()
	st.Status = strings.Repeat("x", 1<<20) // more than the buffers of a connection take, ten times over
	for range 10 {
		h.hub.Publish(st)
		s.next()
	}
	require.Eventually(t, func() bool { return h.hub.Attached() == 1 }, time.Minute, 10*time.Millisecond)
	st.Status = ""
	h.hub.Publish(st)
	s.next()
	require.Equal(t, protocol.ResultOK, good.tap(protocol.DoAdvance, 9).Result)
}

// A thousand connections that say nothing, from one address and from many: who was
// let in gets through, and so does a phone that comes from elsewhere.
func TestAThousandConnectionsKeepNobodyOut(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs more than one loopback address")
	}
	h := open(t)
	inside := h.speaker()
	inside.client.CloseIdleConnections()
	flood := func(n, addresses int) {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := i; j < n; j += 8 {
					d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+j%addresses))}}
					if c, err := d.Dial("tcp", h.host); err == nil {
						t.Cleanup(func() { _ = c.Close() })
						_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: ")
					}
				}
			})
		}
		wg.Wait()
	}
	flood(500, 1)
	require.Equal(t, http.StatusNoContent, h.from("127.0.0.2").enter(h.cfg.Codes.Clicker))
	flood(500, 100)
	require.Equal(t, protocol.ResultOK, inside.tap(protocol.DoAdvance, 9).Result)
	v, _ := inside.stream().next()
	require.Equal(t, "Who notices?", v.Title)
}

func TestATapThatWaitsKeepsNoOtherWaiting(t *testing.T) {
	h := open(t)
	c := h.speaker()
	sess := h.door.find(c.cookie.Value)
	sess.tapping.Lock()
	require.Equal(t, "the tap before is not answered yet", c.tap(protocol.DoAdvance, 9).Why)
	sess.tapping.Unlock()
	require.Equal(t, protocol.ResultOK, c.tap(protocol.DoAdvance, 9).Result)
}

func TestOldSessionsAndStreamsMakeRoom(t *testing.T) {
	h := open(t)
	first := h.speaker()
	s := first.stream()
	s.next()
	for range sessionsOfRole {
		h.later(time.Second)
		h.speaker()
	}
	_, err := io.Copy(io.Discard, s)
	requireEnd(t, err)
	require.Equal(t, http.StatusUnauthorized, first.gets(http.MethodGet, "/events", ""))

	c := h.speaker()
	old := c.stream()
	h.hub.Publish(protocol.State{}) // the talk hears that somebody is there again
	for range streamsKept {
		c.stream().next()
	}
	_, err = io.Copy(io.Discard, old)
	requireEnd(t, err)
}

// clicker is a phone that was let in with the clicker's code, at an address of its own.
func (h *hall) clicker(n int) *caller {
	h.t.Helper()
	if runtime.GOOS != "linux" {
		h.t.Skip("needs more than one loopback address")
	}
	c := h.from(fmt.Sprint("127.0.2.", n+1))
	require.Equal(h.t, http.StatusNoContent, c.enter(h.cfg.Codes.Clicker))
	return c
}

func TestWhoHasTheClickersCodeCannotPutTheSpeakersPhoneOut(t *testing.T) {
	h := open(t)
	speaker := h.speaker()
	s := speaker.stream()
	s.next()
	c := h.clicker(0)
	for range 4 * sessionsOfRole {
		h.later(time.Second)
		require.Equal(t, http.StatusNoContent, c.enter(h.cfg.Codes.Clicker))
	}
	require.Equal(t, protocol.ResultOK, speaker.tap(protocol.DoAdvance, 9).Result)
	st := talkState()
	st.Status = "still here"
	h.hub.Publish(st)
	v, _ := s.next()
	require.Equal(t, "Who notices?", v.Title)
}

// The page of a phone that had to make room asks again with its old cookie, and then
// with its code. However often that happens, it is no guessing.
func TestAPhoneThatHadToMakeRoomDoesNotLockTheDoor(t *testing.T) {
	h := open(t)
	mine, other := h.clicker(0), h.clicker(1)
	for range 2 * failuresKept {
		for range 8 * sessionsOfRole {
			h.later(time.Millisecond)
			require.Equal(t, http.StatusNoContent, other.enter(h.cfg.Codes.Clicker))
		}
		require.Equal(t, http.StatusUnauthorized, mine.gets(http.MethodPost, "/session", `{}`))
		require.Equal(t, http.StatusNoContent, mine.enter(h.cfg.Codes.Clicker))
	}
	st, _ := h.hub.Newest()
	require.False(t, st.Phone.Locked)
}

func TestPhonesLeaveRoomForConsolesAndClickersForTheSpeaker(t *testing.T) {
	h := open(t)
	var in []stream
	var last *caller
	refused := 0
	for i := range sessionsOfRole {
		h.later(time.Second)
		c := h.clicker(i)
		for range streamsKept {
			r := c.send(http.MethodGet, "/events", "") //nolint:bodyclose // send closes it at the end
			if r.StatusCode == http.StatusServiceUnavailable {
				refused++
				continue
			}
			require.Equal(t, http.StatusOK, r.StatusCode)
			in, last = append(in, stream{t, bufio.NewReaderSize(r.Body, 1<<20)}), c
		}
	}
	require.Len(t, in, streamsOfAll)
	require.Equal(t, sessionsOfRole*streamsKept-streamsOfAll, refused)
	leave, err := h.hub.Join(protocol.Peer{Role: protocol.RoleConsole, Name: "console"})
	require.NoError(t, err, "a console finds a seat")
	leave()

	s := h.speaker().stream()
	s.next()
	_, err = io.Copy(io.Discard, in[0])
	requireEnd(t, err) // the oldest clicker makes room
	require.Equal(t, streamsOfAll, h.hub.Attached())

	last.stream().next() // a phone that lost its network takes its own place
	require.Equal(t, streamsOfAll, h.hub.Attached())
	h.hub.Publish(talkState())
	s.next()
}

func requireEnd(t *testing.T, err error) {
	t.Helper()
	require.True(t, err == nil || errors.Is(err, io.ErrUnexpectedEOF), err)
}

// A flood must not take the file descriptors of the talk: beyond the bounds connections
// are closed at once, and there is room for who was let in.
func TestConnectionsHaveBounds(t *testing.T) {
	l := limit(nil, func(address string) bool { return address == "inside" })
	open := 0
	for range 2 * connsOfOne {
		if l.take("one") {
			open++
		}
	}
	require.Equal(t, connsOfOne, open)
	for i := range 1000 {
		if l.take(fmt.Sprint(i)) {
			open++
		}
	}
	require.Equal(t, connsKept, open)
	require.True(t, l.take("inside"))
	l.free("inside")
	require.False(t, l.take("another"))
	l.free("one")
	require.True(t, l.take("another"))
}
