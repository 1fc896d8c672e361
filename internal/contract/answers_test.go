package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/pd"
)

// ourPD starts our own PD with an empty data directory and gives its URL.
func ourPD(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- pd.Run(ctx, pd.Config{
			Dir: t.TempDir(), Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Ready: func(u string) { ready <- u },
		})
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	select {
	case u := <-ready:
		return u
	case err := <-done:
		done <- err
		require.NoError(t, err)
		return ""
	}
}

// pair is the real PD and ours, each with three of our stores.
type pair struct {
	t    *testing.T
	url  map[string]string // by who
	pids map[string]map[string]int
}

const (
	real = "the real PD"
	ours = "our PD"
)

// The states that a store goes through are brought about on both PDs by the same
// means, each is awaited, and in each all that our PD answers is held against
// what the real one answers: status, type, every field with its type, and every
// value that does not differ by its nature.
func TestAnswersAreThoseOfTheRealPD(t *testing.T) {
	theirs(t, "tikv-demo")
	p := &pair{t: t, url: map[string]string{real: realPD(t), ours: ourPD(t)}, pids: map[string]map[string]int{}}
	p.compare("not bootstrapped")

	for who, url := range p.url {
		_, p.pids[who] = clusterWithPIDs(t, "--pd", url)
		requireWhole(t, ycsb(t, "load", url), "INSERT")
	}
	loaded := time.Now()
	// The real PD calls a store Preparing for some seconds, and starts its
	// schedulers after that; ours has neither delay.
	p.await("every store serves and leads, and its keys are counted", 60*time.Second, func(c clusterView) bool {
		return c.Stats.Keys == 10000 && len(c.Stats.Leaders) == 3 && sum(c.Stats.Leaders) == 9 && len(c.Schedulers) > 0 &&
			c.all(func(s storeView) bool {
				return s.Store.State == "Up" && s.Store.Node == serving && s.age() < time.Since(loaded)
			})
	})
	p.compare("up")

	p.signal("tikv-3", syscall.SIGSTOP)
	p.await("the stopped store is overdue and leads nothing", 15*time.Second, func(c clusterView) bool {
		return c.store(3).age() > 5*time.Second && c.Stats.Leaders["3"] == 0 && sum(c.Stats.Leaders) == 9
	})
	p.requireState(3, "Up")
	p.compare("stale")

	p.await("the stopped store is Disconnected", 25*time.Second, func(c clusterView) bool { return c.store(3).Store.State == "Disconnected" })
	p.requireState(1, "Up")
	p.compare("disconnected")

	p.set(`{"schedule.max-store-down-time":"21s"}`)
	p.await("the stopped store is Down", 10*time.Second, func(c clusterView) bool { return c.store(3).Store.State == "Down" })
	p.requireState(2, "Up")
	p.compare("down")
	p.set(`{"max-store-down-time":"30m"}`)
	p.requireState(3, "Disconnected")

	p.signal("tikv-3", syscall.SIGCONT)
	p.await("the store is Up again and leads", 30*time.Second, func(c clusterView) bool {
		return c.store(3).Store.State == "Up" && c.Stats.Leaders["3"] > 0 && sum(c.Stats.Leaders) == 9
	})
	p.compare("up again")
}

// clusterView is what a state is recognised by.
type clusterView struct {
	Stores []storeView `json:"stores"`
	Stats  struct {
		Keys    int            `json:"storage_keys"`
		Leaders map[string]int `json:"store_leader_count"`
	}
	Schedulers []string
}

type storeView struct {
	Store struct {
		ID    int    `json:"id"`
		State string `json:"state_name"`
		Heard int64  `json:"last_heartbeat"`
		Node  int    `json:"node_state"`
	} `json:"store"`
}

// serving is PD's number for a store that takes part; 0 is one that prepares.
const serving = 1

func (s storeView) age() time.Duration { return time.Since(time.Unix(0, s.Store.Heard)) }

func (c clusterView) store(id int) storeView {
	for _, s := range c.Stores {
		if s.Store.ID == id {
			return s
		}
	}
	return storeView{}
}

func (c clusterView) all(f func(storeView) bool) bool {
	return len(c.Stores) == 3 && !slices.ContainsFunc(c.Stores, func(s storeView) bool { return !f(s) })
}

func sum(n map[string]int) (all int) {
	for _, x := range n {
		all += x
	}
	return all
}

func (p *pair) view(who string) (c clusterView) {
	p.t.Helper()
	for path, into := range map[string]any{"stores": &c, "stats/region": &c.Stats, "schedulers": &c.Schedulers} {
		status, b := ask(p.t, http.MethodGet, p.url[who]+"/pd/api/v1/"+path, nil)
		require.Equal(p.t, http.StatusOK, status, "%s: %s: %s", who, path, b)
		require.NoError(p.t, json.Unmarshal(b, into))
	}
	return c
}

func (p *pair) await(what string, limit time.Duration, is func(clusterView) bool) {
	p.t.Helper()
	for who := range p.url {
		require.Eventually(p.t, func() bool { return is(p.view(who)) }, limit, 50*time.Millisecond, "%s: %s", who, what)
	}
}

func (p *pair) requireState(store int, want string) {
	p.t.Helper()
	for who := range p.url {
		require.Equal(p.t, want, p.view(who).store(store).Store.State, "%s: store %d", who, store)
	}
}

func (p *pair) signal(name string, sig syscall.Signal) {
	p.t.Helper()
	for who := range p.url {
		require.NotZero(p.t, p.pids[who][name], "%s: %s has no process", who, name)
		require.NoError(p.t, syscall.Kill(p.pids[who][name], sig))
	}
}

func (p *pair) set(settings string) {
	p.t.Helper()
	for who, url := range p.url {
		status, b := ask(p.t, http.MethodPost, url+"/pd/api/v1/config", json.RawMessage(settings))
		require.Equal(p.t, http.StatusOK, status, "%s: %s", who, b)
	}
}

// request is one thing that both PDs are asked.
type request struct {
	method, path string
	body         string
	subset       string // why our answer may have less than the real one's, "" where it may not
}

const (
	fewSettings   = "our PD has only the settings that hold in it"
	fewSchedulers = "our PD moves leaders and nothing else"
)

// requests are all that our PD serves, and what it refuses; but for
// /pd/api/v2/ready, which only later versions of the real one have.
func requests() []request {
	all := []request{
		{path: "schedulers", subset: fewSchedulers},
		{path: "config", subset: fewSettings},
		{path: "config/schedule", subset: fewSettings},
	}
	for _, path := range []string{
		"stores", "store/1", "store/2", "store/3", "store/99", "store/x", "members", "leader", "health", "ping", "status", "version", "cluster", "cluster/status",
		"stats/region", "stats/region?count", "regions", "regions/key", "regions/key?key=&limit=2", "regions/key?limit=x", "region/id/4", "region/id/36", "region/id/99", "region/id/x", "nonsense", "regions/check/nonsense",
		"regions/check/miss-peer", "regions/check/extra-peer", "regions/check/pending-peer", "regions/check/down-peer", "regions/check/learner-peer",
		"regions/check/offline-peer", "regions/check/empty-region", "regions/check/oversized-region", "regions/check/undersized-region",
	} {
		all = append(all, request{path: path})
	}
	for _, path := range []string{"stores", "members", "health", "status", "version", "stats/region", "regions", "region/id/4"} {
		all = append(all, request{method: http.MethodPost, path: path}, request{method: http.MethodPut, path: path})
	}
	for _, body := range []string{
		`{}`, `[]`, `7`, `{"nope":1}`, `{"schedule.nope":1}`, `{"foo.bar":1}`, `{"max-store-down-time":5}`, `{"max-store-down-time":"x"}`,
		`{"tolerant-size-ratio":1}`, `{"schedule.tolerant-size-ratio":1}`,
	} {
		all = append(all, request{method: http.MethodPost, path: "config", body: body})
	}
	return all
}

func (p *pair) compare(state string) {
	p.t.Helper()
	for _, r := range requests() {
		if r.method == "" {
			r.method = http.MethodGet
		}
		p.t.Run(fmt.Sprintf("%s/%s %s%s", state, r.method, r.path, r.body), func(t *testing.T) {
			want, got := look(t, p.url[real], r), look(t, p.url[ours], r)
			require.Equal(t, want.status, got.status, "%s\n%s", want.body, got.body)
			if want.status == http.StatusMethodNotAllowed {
				return // the real one says nothing more
			}
			require.Equal(t, want.kind, got.kind, "the type of the body")
			requireSame(t, want.fields(t), got.fields(t), r.subset != "")
		})
	}
}

// heard is one answer.
type heard struct {
	status int
	kind   string
	body   []byte
}

func look(t *testing.T, url string, r request) heard {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, url+"/pd/api/v1/"+r.path, strings.NewReader(r.body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	b := &bytes.Buffer{}
	_, err = b.ReadFrom(resp.Body)
	require.NoError(t, err)
	return heard{resp.StatusCode, resp.Header.Get("Content-Type"), b.Bytes()}
}
