package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/phone"
)

// pocket is a phone on the page of a talk.
type pocket struct {
	t      testing.TB
	at     string // host and port
	cookie *http.Cookie
	taps   int
	view   struct {
		At    int64  `json:"at"`
		Rev   uint64 `json:"rev"`
		Where string `json:"where"`
		Beat  bool   `json:"beat"`
	}
}

func (p *pocket) send(method, path, body string) *http.Response {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.at+path, strings.NewReader(body))
	require.NoError(p.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://"+p.at)
	if p.cookie != nil {
		r.AddCookie(p.cookie)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// enters exchanges the code for a cookie.
func (p *pocket) enters(code string) {
	p.t.Helper()
	p.cookie = nil
	r := p.send(http.MethodPost, "/session", fmt.Sprintf(`{"code":%q}`, code))
	require.NoError(p.t, r.Body.Close())
	require.Equal(p.t, http.StatusNoContent, r.StatusCode)
	p.cookie = r.Cookies()[0]
}

// sees waits until the page says where the talk is.
func (p *pocket) sees(where string) {
	p.t.Helper()
	r := p.send(http.MethodGet, "/events", "")
	defer r.Body.Close()
	require.Equal(p.t, http.StatusOK, r.StatusCode)
	defer time.AfterFunc(awaitLimit, func() { _ = r.Body.Close() }).Stop()
	lines := bufio.NewReader(r.Body)
	for {
		line, err := lines.ReadString('\n')
		require.NoError(p.t, err, "waiting for %q, seen %+v", where, p.view)
		text, data := strings.CutPrefix(line, "data: ")
		before := p.view
		if data {
			require.NoError(p.t, json.Unmarshal([]byte(text), &p.view))
			p.view.Where, _, _ = strings.Cut(p.view.Where, " · ") // without the cluster and its health
			if p.view.Beat {
				p.view.Rev, p.view.Where = before.Rev, before.Where
			}
		}
		if p.view.Where == where {
			return
		}
	}
}

// taps taps a button, and gives what came of it.
func (p *pocket) tap(do string) string {
	p.t.Helper()
	p.taps++
	r := p.send(http.MethodPost, "/press", fmt.Sprintf(`{"id":%d,"do":%q,"rev":%d,"at":%d}`, p.taps, do, p.view.Rev, p.view.At))
	defer r.Body.Close()
	var a struct{ Result string }
	require.NoError(p.t, json.NewDecoder(r.Body).Decode(&a))
	return a.Result
}

// goesOn taps Next as a person does: when the choices have changed in the meantime, as they
// do when the cluster comes up, they look again and tap again.
func (p *pocket) goesOn() {
	p.t.Helper()
	result := p.tap("advance")
	for result == "stale" {
		p.sees(p.view.Where)
		result = p.tap("advance")
	}
	require.Equal(p.t, "ok", result)
}

// goesOn presses Space on a console until the record tells of what comes of it.
func (s *screen) goesOn(state, id string) {
	s.t.Helper()
	s.pressesUntil(" ", 3*time.Second, func() bool { return strings.Contains(record(s.t, state), id) }, id)
}

// pressesUntil presses keys as a person does: again, when nothing has come of them. On a
// busy machine two presses are read at once, and count as one; on a console the choices
// may have changed in the meantime, and once more before the second press, which writes
// nothing new on the screen. What was taken is not taken twice: it is not on offer any more.
func (s *screen) pressesUntil(keys string, patience time.Duration, holds func() bool, what string) {
	s.t.Helper()
	s.press(keys)
	pressed := time.Now()
	require.Eventually(s.t, func() bool {
		if holds() {
			return true
		}
		if time.Since(pressed) > patience {
			pressed = time.Now()
			s.press(keys)
		}
		return false
	}, awaitLimit, awaitEvery, what)
}

// runtimeDir gives a runtime directory. Its name is short: that of a socket has a limit.
func runtimeDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// freeAddress gives an address of this machine alone, which nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// codesOf gives what lets phones in to a talk.
func codesOf(t testing.TB, dir, at string) (codes phone.Codes) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "tikv-demo", "phone-"+at+".json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &codes))
	return codes
}

// inHall starts the program on a terminal, with a runtime directory of its own.
func inHall(t *testing.T, dir, state string, args ...string) *screen {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state, "TERM=xterm-256color", "XDG_RUNTIME_DIR="+dir)
	return inTerminal(t, cmd)
}

// Two consoles and a phone on one talk, which is killed and started again.
func TestTwoConsolesAndAPhoneFindATalkAgainThatWasKilled(t *testing.T) {
	t.Parallel()
	at, dir := freeAddress(t), runtimeDir(t)
	state, again := t.TempDir(), t.TempDir()

	talk := inHall(t, dir, state, "run", "--remote", at)
	talk.until(state, `"id":"welcome"`)
	talk.shows("the phone's page is at http://" + at + "/")
	codes := codesOf(t, dir, at)
	p := &pocket{t: t, at: at}
	p.enters(codes.Speaker)
	p.sees("1 of 8")
	first, second := inHall(t, dir, state, "console"), inHall(t, dir, state, "console")
	for _, c := range []*screen{first, second} {
		c.shows("1 of 8")
	}
	p.goesOn()
	talk.until(state, `"id":"health"`)
	talk.until(state, `"Who":"phone"`)
	p.sees("2 of 8")
	for _, c := range []*screen{first, second} {
		c.shows("2 of 8")
	}
	require.Equal(t, "refused", p.tap("quit"))
	require.Equal(t, "refused", p.tap("force"))
	require.NotContains(t, talk.seen.String(), codes.Speaker, "the audience never sees the code")
	require.NotContains(t, talk.seen.String(), codes.Clicker)

	require.NoError(t, talk.cmd.Process.Signal(syscall.SIGKILL))
	for _, c := range []*screen{first, second} {
		c.shows("NO LINK")
	}
	marks := []int{len(first.seen.String()), len(second.seen.String())}
	talk = inHall(t, dir, again, "run", "--remote", at)
	talk.until(again, `"id":"welcome"`)
	p.enters(codes.Speaker)
	p.taps = 0
	p.sees("1 of 8")
	for i, c := range []*screen{first, second} {
		require.Eventually(t, func() bool { return strings.Contains(c.seen.String()[marks[i]:], "1 of 8") }, awaitLimit, awaitEvery)
	}
	second.goesOn(again, `"id":"health"`)
	p.sees("2 of 8")
	first.press("P")
	first.shows("The phone")

	for _, c := range []*screen{first, second} {
		c.press("\x03")
		require.Zero(t, c.ends())
	}
	talk.press("q")
	require.Zero(t, talk.ends())
	_, err := net.Dial("tcp", at)
	require.Error(t, err)
	require.NoFileExists(t, filepath.Join(dir, "tikv-demo", "phone-"+at+".json"))
	requireNothingLeft(t, again)
}

func TestWhereThePhonesPageCannotBeIsSaid(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	for args, says := range map[string]string{
		"--remote=0.0.0.0":        "every network",
		"--remote 203.0.113.99":   "is no address of this machine",
		"--remote=evil.example:1": "neither an address nor an interface",
	} {
		s := onScreen(t, t.TempDir(), append([]string{"run"}, strings.Fields(args)...)...)
		require.Equal(t, exitUsage, s.ends())
		s.shows(says)
	}
	s := onScreen(t, t.TempDir(), "run", "--remote", l.Addr().String())
	require.Equal(t, exitPrecondition, s.ends())
	s.shows("choose another port")
	r := call(t, t.TempDir(), "--remote", "127.0.0.1", "--front", "plain")
	require.Equal(t, exitUsage, r.status)
	require.Contains(t, r.err, "it does not go with --front plain")
}

func TestTheAddressMayFollowTheFlag(t *testing.T) {
	for given, is := range map[string]string{
		"--remote 10.0.0.1 --auto":       "--remote=10.0.0.1 --auto",
		"run --remote 10.0.0.1:80 talks": "run --remote=10.0.0.1:80 talks",
		"run --remote talks":             "run --remote talks",
		"run --remote ask":               "run --remote=ask",
		"run --remote":                   "run --remote",
		"run -- --remote 10.0.0.1":       "run -- --remote 10.0.0.1",
	} {
		require.Equal(t, strings.Fields(is), joinRemote(strings.Fields(given)))
	}
}
