//go:build browser

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// browser is a phone's browser with one tab.
type browser struct {
	t   *testing.T
	tab context.Context

	mu       sync.Mutex
	requests []*request
	trouble  []string // what the browser's log and console say, but for requests that failed
}

// request is what the page asked for.
type request struct {
	id      network.RequestID
	address string
	over    bool // answered or failed
}

// glass is what the page shows. What is hidden is empty.
type glass struct {
	Title, Where, Lost, Cover, Blank string
	On                               map[string]bool // the buttons that can be tapped
}

const readGlass = `(() => {
	const e = id => document.getElementById(id), text = id => e(id) && !e(id).hidden ? e(id).textContent : "";
	const on = id => !!e(id) && !e(id).disabled;
	return {Title: text("title"), Where: text("where"), Lost: text("lost"), Cover: text("cover"), Blank: text("blank"),
		On: {next: on("next"), back: on("back"), blank: on("blank")}};
})()`

// openBrowser starts Chromium as a phone.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := installed(t, "chromium", "chromium-browser", "google-chrome")
	all, closeAll := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, // there is neither in a container
		chromedp.Flag("no-proxy-server", true))...)
	t.Cleanup(closeAll)
	tab, closeTab := chromedp.NewContext(all)
	t.Cleanup(closeTab)
	tab, cancel := context.WithTimeout(tab, 5*awaitLimit)
	t.Cleanup(cancel)
	b := &browser{t: t, tab: tab}
	require.NoError(t, chromedp.Listen(tab, b.hear))
	require.NoError(t, chromedp.Do(tab, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch)))
	return b
}

// hear keeps what the page asks for, and what the browser complains about.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, &request{id: e.RequestID, address: e.Request.URL})
	case *network.EventLoadingFinished:
		b.end(e.RequestID)
	case *network.EventLoadingFailed:
		b.end(e.RequestID)
	case *cdplog.EventEntryAdded:
		// A request that fails is logged, and some must: the page comes without a cookie,
		// and the talk is killed. What was asked for is looked at apart.
		if e.Entry.Source != "network" {
			b.trouble = append(b.trouble, fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
		}
	case *runtime.EventExceptionThrown:
		b.trouble = append(b.trouble, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.trouble = append(b.trouble, fmt.Sprintf("console: %s", e.Type))
	}
}

func (b *browser) end(id network.RequestID) {
	for _, r := range b.requests {
		r.over = r.over || r.id == id
	}
}

// asked gives the requests to one path up to now.
func (b *browser) asked(path string) (all []request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.requests {
		if strings.HasSuffix(r.address, path) {
			all = append(all, *r)
		}
	}
	return all
}

// opens goes to an address, as after scanning a code.
func (b *browser) opens(address string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.tab, chromedp.Navigate(address)))
}

// evaluated gives the value of an expression in the page.
func evaluated[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.tab, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err)
	return v
}

// becomes waits until the page shows something.
func (b *browser) becomes(what string, ok func(glass) bool) {
	b.t.Helper()
	var g glass
	for until := time.Now().Add(awaitLimit); ; time.Sleep(awaitEvery) {
		if g = evaluated[glass](b, readGlass); ok(g) {
			return
		}
		require.True(b.t, time.Now().Before(until), "the page must show %s: %+v; trouble: %q", what, g, b.troubles())
	}
}

func (b *browser) troubles() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.trouble
}

// sees waits until the page is linked, and says where the talk is.
func (b *browser) sees(where string) {
	b.t.Helper()
	b.becomes(where, func(g glass) bool {
		at, _, _ := strings.Cut(g.Where, " · ") // without the cluster and its health
		return g.Lost == "" && at == where
	})
}

// touches puts a finger on a button, whatever state that is in.
func (b *browser) touches(button string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.tab, chromedp.Tap(chromedp.CSS("#"+button))))
}

// taps touches a button that can be tapped, and gives the talk's answer. A page that has
// just lost the laptop takes no tap: then it is touched again.
func (b *browser) taps(button string) string {
	b.t.Helper()
	before := len(b.asked("/press"))
	for until := time.Now().Add(awaitLimit); len(b.asked("/press")) == before; {
		require.True(b.t, time.Now().Before(until), "a tap on %s must ask the talk for something; trouble: %q", button, b.troubles())
		b.becomes("the button "+button, func(g glass) bool { return g.On[button] })
		time.Sleep(personsPause)
		b.touches(button)
		for wait := time.Now().Add(5 * time.Second); len(b.asked("/press")) == before && time.Now().Before(wait); {
			time.Sleep(awaitEvery)
		}
	}
	require.Eventually(b.t, func() bool { return b.asked("/press")[before].over }, awaitLimit, awaitEvery, "an answer")
	r, err := chromedp.Call(b.tab, network.GetResponseBody, network.GetResponseBodyParams{RequestID: b.asked("/press")[before].id})
	require.NoError(b.t, err)
	var a protocol.Answer
	require.NoError(b.t, json.Unmarshal(r.Body, &a), string(r.Body))
	return a.Result
}

// does taps a button, and again when the choices have changed, as a person does.
func (b *browser) does(button string) {
	b.t.Helper()
	result := b.taps(button)
	for result == protocol.ResultStale {
		result = b.taps(button)
	}
	require.Equal(b.t, protocol.ResultOK, result, button)
}

// requireSecret holds that nobody who looks at the screen, and no script, gets what lets
// a phone in.
func (b *browser) requireSecret(at, code string) {
	b.t.Helper()
	require.Equal(b.t, "http://"+at+"/", evaluated[string](b, "location.href"), "the code is not in the address bar")
	history, err := chromedp.Run(b.tab, chromedp.NavigationEntries())
	require.NoError(b.t, err)
	for _, e := range history.Entries {
		require.NotContains(b.t, e.URL, code, "the code is not in the history")
	}
	require.Empty(b.t, evaluated[string](b, "document.cookie"), "no script reads the cookie")
	kept, err := chromedp.Call(b.tab, network.GetCookies, network.GetCookiesParams{})
	require.NoError(b.t, err)
	require.Len(b.t, kept.Cookies, 1)
	require.True(b.t, kept.Cookies[0].HTTPOnly)
	require.Equal(b.t, network.CookieSameSiteStrict, kept.Cookies[0].SameSite)
}

// requireQuiet holds that the page asked nobody but the talk, and that the browser had
// nothing to complain about: no error, and nothing that the page's policy forbids.
func (b *browser) requireQuiet(at string) {
	b.t.Helper()
	require.Empty(b.t, b.troubles())
	for _, r := range b.asked("") {
		path, ours := strings.CutPrefix(r.address, "http://"+at)
		require.True(b.t, ours, r.address)
		require.Contains(b.t, []string{"/", "/session", "/events", "/press"}, path)
	}
}

// A real browser on the phone's page, while two consoles are attached: the laptop falls
// asleep, and the talk is killed and started again.
func TestABrowserDrivesATalkThatSleepsAndIsKilled(t *testing.T) {
	t.Parallel()
	long(t)
	b := openBrowser(t)
	at, dir, state := freeAddress(t), runtimeDir(t), t.TempDir()
	talk := inHall(t, dir, state, "run", "--remote", at)
	talk.until(state, `"id":"welcome"`)
	talk.shows("the phone's page is at http://" + at + "/")
	consoles := []*screen{inHall(t, dir, state, "console"), inHall(t, dir, state, "console")}
	show := inTurn(t, consoles)
	code := codesOf(t, dir, at).Speaker
	b.opens("http://" + at + "/#t=" + code)
	b.sees("1 of 8")
	b.becomes("the title", func(g glass) bool { return strings.Contains(g.Title, "Welcome") })
	b.requireSecret(at, code)
	show("1 of 8")

	b.goesOn(state, show)
	b.does("back")
	b.sees("1 of 8, looking back; the talk is in 2")
	show("1 of 8")
	b.does("next")
	b.sees("2 of 8")
	b.blanks(show)
	b.sleeps(talk, show)
	b.blanks(show) // later taps come through, so that none before them still waits
	require.NotContains(t, record(t, state), `"id":"load"`, "a tap on a talk that slept moved it")

	require.NoError(t, talk.cmd.Process.Signal(syscall.SIGKILL))
	show("NO LINK")
	taps := len(b.asked("/press"))
	b.isLost()
	b.touches("next")
	state = t.TempDir()
	talk = inHall(t, dir, state, "run", "--remote", at)
	talk.until(state, `"id":"welcome"`)
	b.sees("1 of 8") // by itself, with the code that it had
	show("1 of 8")
	require.Len(t, b.asked("/press"), taps, "a tap was kept for later")
	b.goesOn(state, show)
	b.requireSecret(at, code)

	for _, c := range consoles {
		c.press("\x03")
		require.Zero(t, c.ends())
	}
	talk.leave()
	b.isLost()
	b.requireQuiet(at)
	requireNothingLeft(t, state)
}

// inTurn gives what waits until consoles show something, after what they were waited for
// to show before.
func inTurn(t *testing.T, consoles []*screen) func(what string) {
	marks := make([]int, len(consoles))
	return func(what string) {
		t.Helper()
		for i, c := range consoles {
			require.Eventually(t, func() bool {
				at := strings.Index(c.seen.String()[marks[i]:], what)
				marks[i] += max(0, at)
				return at >= 0
			}, awaitLimit, awaitEvery, what)
		}
	}
}

// goesOn taps Next in the first chapter of a talk.
func (b *browser) goesOn(state string, show func(string)) {
	b.t.Helper()
	require.NotContains(b.t, record(b.t, state), `"Who":"phone"`)
	b.does("next")
	await(b.t, state, `"Who":"phone"`)
	await(b.t, state, `"id":"health"`)
	b.sees("2 of 8")
	show("2 of 8")
}

// isLost waits until the page says that there is no link, and offers nothing.
func (b *browser) isLost() {
	b.t.Helper()
	b.becomes("NO LINK", func(g glass) bool {
		return strings.HasPrefix(g.Lost, "NO LINK for ") && !g.On["next"] && !g.On["back"] && !g.On["blank"]
	})
}

// blanks takes the talk from the audience's screen, and gives it back.
func (b *browser) blanks(show func(string)) {
	b.t.Helper()
	b.does("blank")
	b.becomes("that the screen is blank", func(g glass) bool {
		return strings.HasPrefix(g.Cover, "BLANK: the audience sees nothing") && g.Blank == "Show the screen" && !g.On["next"]
	})
	show("BLANK")
	b.does("blank")
	b.becomes("that the screen is shown", func(g glass) bool { return g.Cover == "" && g.Blank == "Blank" && g.On["blank"] })
}

// sleeps stops the talk, as a lid that is closed does, and taps meanwhile: first while the
// page cannot know it yet, then when it does. Neither tap may come back later.
func (b *browser) sleeps(talk *screen, show func(string)) {
	b.t.Helper()
	taps := len(b.asked("/press"))
	require.NoError(b.t, talk.cmd.Process.Signal(syscall.SIGSTOP))
	b.touches("next")
	b.isLost()
	show("NO LINK")
	sent := len(b.asked("/press"))
	require.LessOrEqual(b.t, sent, taps+1)
	b.touches("next")
	// Once the page looks for the talk again, what it last heard is too old for a tap.
	tries := len(b.asked("/session"))
	require.Eventually(b.t, func() bool { return len(b.asked("/session")) > tries }, awaitLimit, awaitEvery)
	require.NoError(b.t, talk.cmd.Process.Signal(syscall.SIGCONT))
	b.sees("2 of 8")
	require.Len(b.t, b.asked("/press"), sent, "no tap is repeated or kept for later")
}
