package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/client"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// wire is the SDK's way to the daemon in a test.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

// fakeDaemon answers the SDK as a daemon with one project of one container does,
// for what a real daemon seldom shows.
type fakeDaemon struct {
	api, least string // the newest and the oldest API that it speaks

	mu      sync.Mutex
	status  string // of the container
	starts  int
	removed bool                                      // somebody removed the whole project
	answer  func(r *http.Request) (int, string, bool) // instead of the usual answer
	asked   []string
}

func newFakeDaemon() *fakeDaemon { return &fakeDaemon{api: "1.41", least: "1.12", status: "running"} }

// docker gives a Docker whose calls go to f.
func (f *fakeDaemon) docker(t *testing.T) *Docker {
	t.Helper()
	api, err := client.NewClientWithOpts(client.WithHost("tcp://127.0.0.1:1"), client.WithAPIVersionNegotiation(),
		client.WithHTTPClient(&http.Client{Transport: wire(f.serve)}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	return &Docker{api: api, project: "p", spoiled: map[string]string{}}
}

var apiPath = regexp.MustCompile(`^/v(1\.\d+)(/.*)$`)

func (f *fakeDaemon) serve(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path, status, body := r.URL.Path, http.StatusOK, ""
	if m := apiPath.FindStringSubmatch(path); m != nil {
		path = m[2]
		if tooOld(m[1], f.least) {
			return f.response(http.StatusBadRequest, `{"message":"client version `+m[1]+` is too old. Minimum supported API version is `+f.least+`, please upgrade your client to a newer version"}`), nil
		}
	}
	f.asked = append(f.asked, r.Method+" "+path)
	if f.answer != nil {
		if status, body, mine := f.answer(r); mine {
			if status == 0 { // it never answers
				f.mu.Unlock()
				<-r.Context().Done()
				f.mu.Lock()
				return nil, r.Context().Err()
			}
			return f.response(status, body), nil
		}
	}
	switch {
	case path == "/_ping":
	case path == "/info":
		body = `{"ID":"daemon-a","MemTotal":8589934592,"NCPU":4}`
	case path == "/version":
		body = `{"Version":"x","ApiVersion":"` + f.api + `","Os":"linux","Arch":"amd64"}`
	case path == "/containers/json":
		body = "[]"
		if !f.removed {
			body = `[{"Id":"0123456789abcdef"}]`
		}
	case strings.HasSuffix(path, "/json"):
		body = f.container()
	case strings.HasSuffix(path, "/kill"):
		status = http.StatusNoContent
		if r.URL.Query().Get("signal") == "SIGKILL" {
			f.status = "exited"
		}
	case strings.HasSuffix(path, "/start"):
		status, f.status = http.StatusNoContent, "running"
		f.starts++
	case strings.HasSuffix(path, "/pause"):
		if f.status == "paused" {
			return f.response(http.StatusConflict, `{"message":"Container 0123456789abcdef is already paused"}`), nil
		}
		status, f.status = http.StatusNoContent, "paused"
	case strings.HasSuffix(path, "/unpause"):
		status, f.status = http.StatusNoContent, "running"
	default:
		status, body = http.StatusNotFound, `{"message":"no such thing"}`
	}
	return f.response(status, body), nil
}

func (f *fakeDaemon) container() string {
	is := map[string]any{
		"Id": "0123456789abcdef",
		"State": map[string]any{
			"Status": f.status, "Running": f.status != "exited", "Paused": f.status == "paused", "StartedAt": fmt.Sprint("start ", f.starts),
		},
		"NetworkSettings": map[string]any{"Networks": map[string]any{"p_default": map[string]any{"NetworkID": "n1", "Aliases": []string{"tikv-1"}}}},
	}
	b, err := json.Marshal(is)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (f *fakeDaemon) response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "Api-Version": {f.api}, "Ostype": {"linux"}},
	}
}

func tooOld(version, least string) bool {
	var a, b int
	_, _ = fmt.Sscanf(version, "1.%d", &a)
	_, _ = fmt.Sscanf(least, "1.%d", &b)
	return a < b
}

func (f *fakeDaemon) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func fakeScene(t *testing.T, f *fakeDaemon) (*Controller, *Docker) {
	t.Helper()
	l, err := OpenLedger(t.TempDir(), "run-1")
	require.NoError(t, err)
	d := f.docker(t)
	return New(Config{Backend: d, Ledger: l, Where: "docker/p"}), d
}

// The fault stop, on a store that takes longer to end than somebody waits.
func TestOnceASignalWasSentNothingIsWithdrawn(t *testing.T) {
	f := newFakeDaemon()
	c, _ := fakeScene(t, f)
	p := demo.Plan{Fault: Stop, Target: "tikv-1"}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := c.Inject(ctx, p)
	require.ErrorContains(t, err, "tikv-1 was sent SIGTERM and has not ended yet")
	require.NotErrorIs(t, err, ErrNotDone)
	open, err := c.Open()
	require.NoError(t, err)
	require.Equal(t, []demo.Plan{p}, open, "it runs as yet, and will end")

	f.set(func() { f.status = "exited" })
	require.NoError(t, c.Lift(t.Context(), p))
	require.Equal(t, 1, f.starts)
}

// What the daemon itself refuses is not open; what it was slow about is.
func TestOnlyWhatTheDaemonRefusedIsWithdrawn(t *testing.T) {
	for name, x := range map[string]struct {
		status int
		body   string
		open   bool
	}{
		"refused":            {http.StatusBadRequest, `{"message":"invalid signal"}`, false},
		"not allowed":        {http.StatusForbidden, `{"message":"authorization denied by plugin"}`, false},
		"failed":             {http.StatusInternalServerError, `{"message":"Cannot kill container: permission denied"}`, false},
		"failed half way":    {http.StatusInternalServerError, `{"message":"Cannot kill container: context deadline exceeded"}`, true},
		"slow to say a word": {0, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeDaemon()
			f.answer = func(r *http.Request) (int, string, bool) {
				return x.status, x.body, strings.HasSuffix(r.URL.Path, "/kill")
			}
			c, _ := fakeScene(t, f)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			require.Error(t, c.Inject(ctx, demo.Plan{Fault: Kill, Target: "tikv-1"}))
			open, err := c.Open()
			require.NoError(t, err)
			require.Equal(t, x.open, len(open) == 1)
		})
	}
}

// A daemon that freezes a container after its caller has stopped waiting.
func TestAFreezeThatComesLateIsMended(t *testing.T) {
	f := newFakeDaemon()
	f.answer = func(r *http.Request) (int, string, bool) { return 0, "", strings.HasSuffix(r.URL.Path, "/pause") }
	c, d := fakeScene(t, f)
	p := demo.Plan{Fault: Pause, Target: "tikv-1"}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.Error(t, c.Inject(ctx, p))
	f.set(func() { f.answer, f.status = nil, "paused" })
	_, err := c.Heal(t.Context())
	require.NoError(t, err)
	is, err := d.Describe(t.Context(), "tikv-1")
	require.NoError(t, err)
	require.True(t, is.Whole(), is)
}

func TestWhatIsSoAlreadyIsNoError(t *testing.T) {
	f := newFakeDaemon()
	d := f.docker(t)
	for range 2 {
		require.NoError(t, d.Pause(t.Context(), "tikv-1"))
	}
	for range 2 {
		require.NoError(t, d.Resume(t.Context(), "tikv-1"))
	}
	for range 2 {
		require.NoError(t, d.Kill(t.Context(), "tikv-1"))
	}
}

// 20.10 speaks up to 1.41; Engine 29 speaks nothing older than 1.44.
func TestOldAndNewDaemonsAreSpokenTo(t *testing.T) {
	for _, v := range []struct{ api, least string }{{"1.41", "1.12"}, {"1.44", "1.24"}, {"1.52", "1.44"}} {
		t.Run(v.api, func(t *testing.T) {
			f := newFakeDaemon()
			f.api, f.least = v.api, v.least
			c, d := fakeScene(t, f)
			ver, err := d.Version(t.Context())
			require.NoError(t, err)
			require.False(t, tooOld(ver.API, v.least), ver.API)
			for _, fault := range []string{Kill, Pause} {
				p := demo.Plan{Fault: fault, Target: "tikv-1"}
				require.NoError(t, c.Inject(t.Context(), p))
				require.NoError(t, c.Lift(t.Context(), p))
			}
			require.Equal(t, "running", f.status)
		})
	}
}

// A program with a loader in it was built with cgo.
func TestAProgramThatNeedsALoaderIsNoHelper(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: programs of Linux alone are looked at")
	}
	sh, err := exec.LookPath("sh")
	require.NoError(t, err)
	program, err := os.ReadFile(sh)
	require.NoError(t, err)
	require.ErrorContains(t, standsAlone(program), "built with cgo")
	require.NoError(t, standsAlone([]byte("no program of Linux")))
}

func TestInContainersAStoreIsFrozenByTheFreezer(t *testing.T) {
	p, err := New(Config{Containers: true}).Plan(cluster(3, 3, 3), Request{Fault: Pause, Target: "tikv-2"})
	require.NoError(t, err)
	require.Equal(t, "freeze the container of tikv-2 (docker pause, the freezer cgroup)", p.Effect)
	require.NotContains(t, p.Undo, "SIGCONT")
	p, err = New(Config{Containers: true}).Plan(cluster(3, 3, 3), Request{Fault: Kill, Target: "tikv-2"})
	require.NoError(t, err)
	require.Equal(t, "SIGKILL to tikv-2", p.Effect)
}

// helperless is a daemon for which this program cannot be its own helper: it has no
// image of it and runs another system, as that of macOS does.
func helperless(t *testing.T) (*fakeDaemon, *Controller, *Docker) {
	t.Helper()
	t.Setenv("TIKV_DEMO_HELPER_IMAGE", "")
	f := newFakeDaemon()
	f.answer = func(r *http.Request) (int, string, bool) {
		if strings.Contains(r.URL.Path, "/images/") {
			return http.StatusNotFound, `{"message":"No such image"}`, true
		}
		return http.StatusOK, `{"Version":"x","ApiVersion":"1.41","Os":"plan9","Arch":"mips"}`, strings.HasSuffix(r.URL.Path, "/version")
	}
	c, d := fakeScene(t, f)
	d.program = filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(d.program, []byte("no program of Linux"), 0o600))
	return f, c, d
}

// A booth that plays every fault came to latency, could neither do it nor undo it, and
// ended there; and no heal could close the line in the ledger.
func TestALineThatWasNeverPutOnIsNotOpen(t *testing.T) {
	for _, fault := range []string{Latency, Loss} {
		t.Run(fault, func(t *testing.T) {
			f, c, d := helperless(t)
			p := demo.Plan{Fault: fault, Target: "tikv-1"}
			for range 2 {
				err := c.Inject(t.Context(), p)
				require.ErrorIs(t, err, ErrNotDone)
				require.ErrorContains(t, err, fault+" tikv-1: the network of tikv-1: the daemon runs plan9/mips and this program is for")
				open, err := c.Open()
				require.NoError(t, err)
				require.Empty(t, open)
				is, err := d.Describe(t.Context(), "tikv-1")
				require.NoError(t, err)
				require.True(t, is.Whole(), is)
				require.NoError(t, c.Lift(t.Context(), p))
				_, err = c.Heal(t.Context())
				require.NoError(t, err)
			}
			require.NotContains(t, f.asked, "POST /containers/create")
			require.NoError(t, c.Inject(t.Context(), demo.Plan{Fault: Pause, Target: "tikv-1"}), "the next round breaks the same store")
		})
	}
}

// A line that another program put on is there until a helper has taken it off.
func TestALineThatADeadRunPutOnStaysOpenWithoutAHelper(t *testing.T) {
	_, c, d := helperless(t)
	p := demo.Plan{Fault: Latency, Target: "tikv-1"}
	home, err := d.Home(t.Context())
	require.NoError(t, err)
	left, err := OpenLedger(filepath.Dir(c.cfg.Ledger.Path()), "run-0")
	require.NoError(t, err)
	require.NoError(t, left.begin(time.Now(), "docker/p", home, p, nil))
	require.NoError(t, left.file.close())
	require.Error(t, c.Inject(t.Context(), p))
	require.NoError(t, c.Lift(t.Context(), p), "of this run's own")
	_, err = c.Heal(t.Context())
	require.ErrorContains(t, err, "the daemon runs plan9/mips")
	open, err := c.Open()
	require.NoError(t, err)
	require.Equal(t, []demo.Plan{p}, open)
}
