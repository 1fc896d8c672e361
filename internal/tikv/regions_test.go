package tikv

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// largePD is a PD with as many regions as wanted, spread over stores. It gives
// pages of them and counts; whoever asks for all of them is caught.
type largePD struct {
	t       *testing.T
	regions int
	stores  int

	mu    sync.Mutex
	asked map[string]int
	lead  map[int]int // store of a region's leader where it is not the usual one; 0 none
	down  bool
}

func (p *largePD) serve() string {
	p.asked, p.lead = map[string]int{}, map[int]int{}
	mux := http.NewServeMux()
	for path, f := range map[string]func(*http.Request) any{
		"regions/key":  p.page,
		"stores":       func(*http.Request) any { return p.storeList() },
		"stats/region": func(*http.Request) any { return map[string]any{"count": p.regions} },
		"members":      func(*http.Request) any { return map[string]any{"members": []any{}} },
		"health":       func(*http.Request) any { return []any{} },
		"config/schedule": func(*http.Request) any {
			return map[string]any{"low-space-ratio": 0.8}
		},
		"regions/check/{what}": func(*http.Request) any {
			return json.RawMessage(`{"count":0,"regions":[]}`)
		},
	} {
		mux.HandleFunc("GET /pd/api/v1/"+path, func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asked[path]++
			if p.down {
				http.Error(w, "no leader", http.StatusServiceUnavailable)
				return
			}
			_ = json.NewEncoder(w).Encode(f(r))
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.t.Errorf("PD was asked for %s: the talk asks for counts and one bounded page", r.URL)
		http.NotFound(w, r)
	})
	s := httptest.NewServer(mux)
	p.t.Cleanup(s.Close)
	return s.URL
}

func (p *largePD) page(r *http.Request) any {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 128 {
		p.t.Errorf("PD was asked for a page without a bound: %s", r.URL)
	}
	type peer map[string]int
	var list []any
	for i := range min(limit, p.regions) {
		leader, ok := p.lead[i]
		if !ok {
			leader = i%p.stores + 1
		}
		region := map[string]any{"id": 10 + i, "leader": peer{}, "peers": []peer{{"store_id": 1}, {"store_id": 2}, {"store_id": 3}}}
		if leader != 0 {
			region["leader"] = peer{"store_id": leader}
		}
		list = append(list, region)
	}
	return map[string]any{"count": len(list), "regions": list}
}

func (p *largePD) storeList() any {
	var list []any
	for i := range p.stores {
		leaders := p.regions / p.stores
		if i < p.regions%p.stores {
			leaders++
		}
		list = append(list, map[string]any{
			"store":  map[string]any{"id": i + 1, "address": fmt.Sprintf("tikv-%d:20160", i+1), "state_name": "Up"},
			"status": map[string]any{"leader_count": leaders, "region_count": p.regions},
		})
	}
	return map[string]any{"count": len(list), "stores": list}
}

func (p *largePD) times(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

func (p *largePD) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func regionPoller(t *testing.T, url string) *RegionPoller {
	t.Helper()
	p := NewRegionPoller(RegionPollerConfig{PD: []string{url}, Interval: time.Hour})
	t.Cleanup(p.pd.Close)
	return p
}

func TestALargeClusterIsAskedForCountsAndOnePage(t *testing.T) {
	pd := &largePD{t: t, regions: 100_000, stores: 100}
	url := pd.serve()
	p := regionPoller(t, url)
	for range 20 {
		m := p.Poll(t.Context())
		require.Empty(t, m.Error)
		require.Equal(t, 100_000, m.Total)
		require.Len(t, m.Shown, regionsShown)
		require.False(t, m.Whole())
		require.Len(t, m.Nodes, 100)
		require.Equal(t, demo.NodeRegions{Name: "store-100", Leaders: 1000, Regions: 100_000}, m.Nodes[99], "as PD counts them")
	}
	require.Equal(t, 20, pd.times("regions/key"))
	require.Equal(t, 1, pd.times("stats/region"), "regions are not counted at every look")
	require.Equal(t, 1, pd.times("stores"))

	s := look(t, url)
	require.Empty(t, s.Error)
	require.Equal(t, 100_000, s.Regions.Total)
}

func TestAClusterThatJustFillsThePageIsWhole(t *testing.T) {
	for regions, whole := range map[int]bool{127: true, 128: true, 129: false} {
		m := regionPoller(t, (&largePD{t: t, regions: regions, stores: 3}).serve()).Poll(t.Context())
		require.Equal(t, regions, m.Total)
		require.Equal(t, whole, m.Whole(), "%d regions", regions)
	}
}

func TestRegionsAreShownWithTheirLeadersByName(t *testing.T) {
	pd := &largePD{t: t, regions: 9, stores: 3}
	p := NewRegionPoller(RegionPollerConfig{PD: []string{pd.serve()}, NameOf: func(a string) string { return a[:len(a)-len(":20160")] }})
	defer p.pd.Close()
	m := p.Poll(t.Context())
	require.Equal(t, demo.Region{ID: 13, Leader: "tikv-1", Peers: []string{"tikv-1", "tikv-2", "tikv-3"}}, m.Shown[3])
	require.Equal(t, []demo.NodeRegions{{Name: "tikv-1", Leaders: 3, Regions: 9}, {Name: "tikv-2", Leaders: 3, Regions: 9}, {Name: "tikv-3", Leaders: 3, Regions: 9}}, m.Nodes)

	pd.set(func() { pd.lead[3], pd.lead[1] = 0, 7 })
	m = p.Poll(t.Context())
	require.Empty(t, m.Shown[3].Leader, "PD knows of no leader")
	require.Equal(t, "store-7", m.Shown[1].Leader, "a store that is not among PD's stores")
	require.Equal(t, []int{2, 2, 3}, []int{m.Nodes[0].Leaders, m.Nodes[1].Leaders, m.Nodes[2].Leaders}, "the counts are those of the cells")
	require.Equal(t, 2, pd.times("regions/key"))
}

// What a real PD said of its regions while a store was down.
func TestPeersThatPDCallsDownAreToldApart(t *testing.T) {
	said, err := os.ReadFile("testdata/pd/disconnected/regions_check_down-peer.200.json")
	require.NoError(t, err)
	stores, err := os.ReadFile("testdata/pd/disconnected/stores.200.json")
	require.NoError(t, err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/pd/api/v1/stores" {
			_, _ = w.Write(stores)
			return
		}
		_, _ = w.Write(said)
	}))
	defer s.Close()
	m := regionPoller(t, s.URL).Poll(t.Context())
	require.Empty(t, m.Error)
	require.Len(t, m.Shown, 9)
	for _, r := range m.Shown {
		require.Equal(t, []string{"store-2"}, r.Down)
		require.Contains(t, []string{"store-1", "store-3"}, r.Leader)
	}
}

func TestAClusterBeforeItsFirstStoreHasNoRegions(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`"[PD:cluster:ErrNotBootstrapped]TiKV cluster not bootstrapped, please start TiKV first"`))
	}))
	defer s.Close()
	m := regionPoller(t, s.URL).Poll(t.Context())
	require.Empty(t, m.Error)
	require.Zero(t, m.Total)
	require.False(t, m.LastUpdated.IsZero())
}

func TestAMapThatPDDoesNotRenewAgesAndSaysWhy(t *testing.T) {
	pd := &largePD{t: t, regions: 9, stores: 3}
	p := regionPoller(t, pd.serve())
	good := p.Poll(t.Context())
	pd.set(func() { pd.down = true })
	m := p.Poll(t.Context())
	require.Contains(t, m.Error, "503")
	require.Equal(t, good.Shown, m.Shown)
	require.Equal(t, good.LastUpdated, m.LastUpdated)
	require.Positive(t, m.Stale)
	pd.set(func() { pd.down = false })
	require.Empty(t, p.Poll(t.Context()).Error)
}

// A move is seen when it happens, and a map that stays the same is told no more
// often than the nodes' health.
func TestASmallClusterIsAskedMoreOftenAndToldWhenSomethingMoves(t *testing.T) {
	pd := &largePD{t: t, regions: 9, stores: 3}
	url := pd.serve()
	ctx, cancel := context.WithCancel(t.Context())
	told, ended := make(chan demo.RegionMap, 100), make(chan error, 1)
	const interval = 12 * time.Second
	p := NewRegionPoller(RegionPollerConfig{PD: []string{url}, Interval: interval, OnMap: func(m demo.RegionMap) { told <- m }})
	from := time.Now()
	go func() { ended <- p.Run(ctx) }()
	<-told
	pd.set(func() { pd.lead[0] = 2 })
	require.Equal(t, "store-2", (<-told).Shown[0].Leader)
	require.Less(t, time.Since(from), interval)
	require.Equal(t, 1, pd.times("stores"), "between two intervals only the page is asked for")
	cancel()
	require.NoError(t, <-ended)
	require.Empty(t, told)
}
