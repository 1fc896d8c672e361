package embedded

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/pd"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded/store"
)

// jumpy is a wall clock that can be set. Its times have no monotonic part: they
// are as bad as times can be.
type jumpy struct{ ahead atomic.Int64 }

func (j *jumpy) Now() time.Time {
	return time.Now().Round(0).Add(time.Duration(j.ahead.Load()))
}

func (j *jumpy) jump(d time.Duration) { j.ahead.Add(int64(d)) }

// clocked is a cluster within the test's own process, each node with a clock
// that the test sets. A node in a process of its own cannot be lied to: a static
// Go program reads the clock without the C library, so that nothing can be put
// between, and to set the machine's clock would hit everyone on it.
type clocked struct {
	t      *testing.T
	dir    string
	layout store.Layout
	pd     *jumpy
	stores []*jumpy
	url    string
	addrs  []string             // of each store, which it keeps: client-go asks PD for a new one every 30 s only
	end    []context.CancelFunc // of each store; returns when it has ended
}

func startClocked(t *testing.T) *clocked {
	t.Helper()
	c := &clocked{t: t, dir: t.TempDir(), pd: &jumpy{}}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- pd.Run(ctx, pd.Config{Dir: filepath.Join(c.dir, "pd"), Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Now: c.pd.Now, Ready: func(u string) { ready <- u }})
	}()
	c.url = <-ready
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	next := uint64(0)
	var err error
	c.layout, err = store.NewLayout([]string{"tikv-1", "tikv-2", "tikv-3"}, split(9), func() (uint64, error) { next++; return next, nil })
	require.NoError(t, err)
	c.end, c.addrs = make([]context.CancelFunc, 3), []string{"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"}
	serves := make([]chan struct{}, 3)
	c.stores = []*jumpy{{}, {}, {}}
	for i := range 3 {
		serves[i] = c.run(i)
	}
	for _, s := range serves {
		<-s
	}
	requireLeaders(t, c.cluster())
	return c
}

// run starts a store, again or for the first time, and gives a channel that is
// closed when it serves.
func (c *clocked) run(i int) chan struct{} {
	profile, ok := store.Profiles("stage")
	require.True(c.t, ok)
	ctx, cancel := context.WithCancel(context.Background())
	serves, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- store.Run(ctx, store.Config{
			ID: c.layout.Stores[i].ID, Layout: c.layout, Dir: filepath.Join(c.dir, c.layout.Stores[i].Name), Addr: c.addrs[i], StatusAddr: "127.0.0.1:0",
			PD: []string{c.url}, Profile: profile, Log: slog.New(slog.DiscardHandler), Now: c.stores[i].Now,
			Ready: func(addr, _ string) { c.addrs[i] = addr; close(serves) },
		})
		close(done)
	}()
	c.end[i] = func() {
		cancel()
		require.NoError(c.t, <-done)
	}
	c.t.Cleanup(c.end[i])
	return serves
}

// cluster is what the traffic and the waits of other tests want.
func (c *clocked) cluster() *Cluster {
	return &Cluster{cfg: Config{Stores: 3, SplitKeys: split(9)}, pd: []string{c.url}, names: map[string]string{}}
}

func (c *clocked) get(path string, into any) {
	c.t.Helper()
	r, err := http.Get(c.url + "/pd/api/v1/" + path)
	require.NoError(c.t, err)
	defer r.Body.Close()
	require.Equal(c.t, http.StatusOK, r.StatusCode)
	require.NoError(c.t, json.NewDecoder(r.Body).Decode(into))
}

// terms returns the Raft term of each region's leader, as PD heard it. Every
// election raises one. PD keeps them in its file, which a setting makes it write.
func (c *clocked) terms() map[string]uint64 {
	c.t.Helper()
	r, err := http.Post(c.url+"/pd/api/v1/config", "application/json", strings.NewReader("{}"))
	require.NoError(c.t, err)
	require.NoError(c.t, r.Body.Close())
	require.Equal(c.t, http.StatusOK, r.StatusCode)
	b, err := os.ReadFile(filepath.Join(c.dir, "pd", "pd.json"))
	require.NoError(c.t, err)
	var kept struct {
		Regions map[string]struct {
			Term uint64 `json:"term"`
		} `json:"regions"`
	}
	require.NoError(c.t, json.Unmarshal(b, &kept))
	out := map[string]uint64{}
	for id, r := range kept.Regions {
		require.NotZero(c.t, r.Term)
		out[id] = r.Term
	}
	return out
}

// awaitHeartbeats returns when PD has heard of every store by its clock of now.
func (c *clocked) awaitHeartbeats() {
	c.t.Helper()
	then := c.pd.Now()
	require.Eventually(c.t, func() bool {
		var all struct {
			Stores []struct {
				Store struct {
					State string `json:"state_name"`
					Heard int64  `json:"last_heartbeat"`
				} `json:"store"`
			} `json:"stores"`
		}
		c.get("stores", &all)
		for _, s := range all.Stores {
			if s.Store.State != "Up" || s.Store.Heard < then.UnixNano() {
				return false
			}
		}
		return len(all.Stores) == 3
	}, time.Minute, 20*time.Millisecond, "not every store is Up by the new time")
}

// The clocks of PD and of the stores jump by minutes, together, apart, forward
// and back, under load: nobody is elected anew, every region is served, and the
// linearizability checker finds nothing lost and nothing stale. Elections and what stands for
// leases here, the confirmation of every read by a quorum, count ticks of a
// monotonic timer; the balance and the ages of heartbeats do not fear a jump.
func TestClocksThatJump(t *testing.T) {
	c := startClocked(t)
	w := drive(t, c.cluster())
	w.awaitService(t, time.Now())
	c.awaitHeartbeats()
	before := c.terms()
	require.Len(t, before, 9)
	elections := 0
	for _, jumps := range [][4]time.Duration{ // of PD, and of each store
		{10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute},
		{-20 * time.Minute, -20 * time.Minute, -20 * time.Minute, -20 * time.Minute},
		{7 * time.Minute, 0, 0, 0},
		{-45 * time.Minute, 0, 0, 0},
		{0, 5 * time.Minute, -5 * time.Minute, 0},
		{time.Hour, -30 * time.Minute, 15 * time.Minute, 90 * time.Minute},
		{0, 0, -3 * time.Hour, -3 * time.Hour},
	} {
		c.pd.jump(jumps[0])
		for i, s := range c.stores {
			s.jump(jumps[i+1])
		}
		c.awaitHeartbeats()
		w.awaitService(t, time.Now())
		if now := c.terms(); !maps.Equal(before, now) {
			t.Logf("after %v: terms %v, then %v", jumps, before, now)
			before = now
			elections++
		}
	}
	require.LessOrEqual(t, elections, 1, "a busy machine may cost one election; a clock that matters would cost one a jump")

	// A store that ends, and starts again in the past of its own data.
	c.end[1]()
	c.stores[1].jump(-6 * time.Hour)
	<-c.run(1)
	requireLeaders(t, c.cluster())
	w.awaitService(t, time.Now())
	w.check(t)
}

// What a store's clock does decide is when a key expires, as in TiKV. All
// replicas count from the time that the write's entry in the log carries.
func TestATimeToLiveGoesByTheWallClock(t *testing.T) {
	c := startClocked(t)
	cl := client(t, c.cluster())
	ctx := t.Context()
	key := []byte("k500")
	require.NoError(t, cl.PutWithTTL(ctx, key, []byte("v"), 3600))
	require.NoError(t, cl.Put(ctx, []byte("k501"), []byte("for ever")))
	all := func(d time.Duration) {
		for _, s := range c.stores {
			s.jump(d)
		}
	}
	all(-2 * time.Hour)
	left, err := cl.GetKeyTTL(ctx, key)
	require.NoError(t, err)
	require.InDelta(t, 3*3600, *left, 10)
	all(4 * time.Hour)
	v, err := cl.Get(ctx, key)
	require.NoError(t, err)
	require.Nil(t, v)
	v, err = cl.Get(ctx, []byte("k501"))
	require.NoError(t, err)
	require.Equal(t, "for ever", string(v))
}
