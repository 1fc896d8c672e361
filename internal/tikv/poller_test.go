package tikv

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// recordedPD answers as a real PD did in a state: testdata/pd holds what it
// said, as STATE/ENDPOINT.STATUS.json, with _ for each / in the path.
func recordedPD(t *testing.T, state string) *httptest.Server {
	t.Helper()
	answers := map[string]string{}
	files, err := filepath.Glob(filepath.Join("testdata", "pd", state, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		endpoint, _, _ := strings.Cut(filepath.Base(f), ".")
		answers["/pd/api/v1/"+strings.ReplaceAll(endpoint, "_", "/")] = f
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		var status int
		_, err := fmt.Sscanf(strings.Split(filepath.Base(f), ".")[1], "%d", &status)
		if err != nil {
			status = http.StatusTeapot
		}
		b, err := os.ReadFile(f)
		if err != nil {
			status = http.StatusTeapot
		}
		w.WriteHeader(status)
		_, _ = w.Write(b)
	}))
	t.Cleanup(srv.Close)
	return srv
}

func look(t *testing.T, url string) demo.Snapshot {
	t.Helper()
	p := NewHealthPoller(PollerConfig{PD: []string{url}})
	t.Cleanup(p.pd.Close)
	return p.Poll(t.Context())
}

func TestWhatARealPDSaidIsUnderstoodInEveryState(t *testing.T) {
	for _, c := range []struct {
		state  string
		issues bool
		nodes  []string // name, the control plane's word, health, leaders
	}{
		{"notbootstrapped", false, []string{"pd0 healthy up 0"}},
		{"up", false, []string{"pd0 healthy up 0", "store-1 Up up 3", "store-2 Up up 3", "store-3 Up up 3"}},
		{"disconnected", true, []string{"pd0 healthy up 0", "store-1 Up up 3", "store-2 Disconnected suspect 0", "store-3 Up up 6"}},
		{"down", true, []string{"pd0 healthy up 0", "store-1 Up up 3", "store-2 Down down 0", "store-3 Up up 6"}},
	} {
		t.Run(c.state, func(t *testing.T) {
			s := look(t, recordedPD(t, c.state).URL)
			require.Empty(t, s.Error)
			require.False(t, s.LastUpdated.IsZero())
			require.Equal(t, c.issues, s.HasIssues)
			var got []string
			for _, n := range s.Nodes {
				got = append(got, fmt.Sprintf("%s %s %s %d", n.Name, n.State, n.Health, n.Leaders))
			}
			require.Equal(t, c.nodes, got)
		})
	}
}

func TestIDsAndHeartbeatsKeepEveryDigit(t *testing.T) {
	s := look(t, recordedPD(t, "up").URL)
	require.Equal(t, "1073040932951649287", s.Nodes[0].ID)
	require.True(t, s.Nodes[0].Leader)
	require.Equal(t, "127.0.0.1:12379", s.Nodes[0].Address)
	require.Equal(t, "127.0.0.1:12379", s.Nodes[0].StatusAddress)
	require.EqualValues(t, 1795424980196642823, s.Nodes[1].LastBeat.UnixNano())
	require.Equal(t, "tikv0:20180", s.Nodes[1].StatusAddress)
	require.EqualValues(t, 1795424971, s.Nodes[1].StartedAt.Unix())
}

func TestStoresStandInTheOrderOfTheirNames(t *testing.T) {
	named := []string{"tikv-10", "tikv-1", "tikv-2"} // as they are asked for, by id
	p := NewHealthPoller(PollerConfig{PD: []string{recordedPD(t, "up").URL}, NameOf: func(address string) string {
		var id int
		if _, err := fmt.Sscanf(address, "tikv%d:20160", &id); err != nil {
			return ""
		}
		return named[id]
	}})
	t.Cleanup(p.pd.Close)
	var got []string
	for _, n := range p.Poll(t.Context()).Nodes {
		got = append(got, n.Name)
	}
	require.Equal(t, []string{"pd0", "tikv-1", "tikv-2", "tikv-10"}, got)
}

func TestDisksAndSickRegionsAreCounted(t *testing.T) {
	s := look(t, recordedPD(t, "up").URL)
	require.Equal(t, &demo.Regions{Total: 9}, s.Regions)
	for _, n := range s.Nodes[1:] {
		require.EqualValues(t, 100<<30, n.Capacity)
		require.EqualValues(t, 80<<30, n.Available)
		require.InDelta(t, 20<<30, n.LowSpace, 1, "PD's low-space-ratio is 0.8")
	}
	require.Nil(t, look(t, recordedPD(t, "notbootstrapped").URL).Regions, "what PD does not say is not known")
}

// A real PD asks its members one after the other, 3 s each: a frozen one must
// not make the whole cluster unseen.
func TestAMemberThatHangsCostsOnlyWhatPDSaysOfMembers(t *testing.T) {
	good := recordedPD(t, "up")
	stop := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/health") {
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		}
		good.Config.Handler.ServeHTTP(w, r)
	}))
	defer slow.Close()
	defer close(stop)
	s := look(t, slow.URL)
	require.Empty(t, s.Error)
	require.Len(t, s.Nodes, 4)
	require.Equal(t, demo.HealthUnknown, s.Nodes[0].Health)
	require.True(t, s.Nodes[0].Leader)
	require.True(t, s.HasIssues)
}

// TestNothingThatPDMaySayBreaksThePoller plays what goes wrong between two good
// answers: the nodes stay, their age grows, and the error is one clear line.
func TestNothingThatPDMaySayBreaksThePoller(t *testing.T) {
	good := recordedPD(t, "up")
	stop := make(chan struct{})
	zeros := make([]byte, 1<<16)
	for _, c := range []struct {
		name, says string
		serve      http.HandlerFunc
	}{
		{"an error in plain text", "503: no leader", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no leader", http.StatusServiceUnavailable)
		}},
		{"an error as a JSON string", "500: [PD:x]broken", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`"[PD:x]broken"`))
		}},
		{"half a document", "not what was expected", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"count":3,"stores":[{"store":`)) }},
		{"two documents", "", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`[] []`)) }},
		{"a wrong type", "not what was expected", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"stores":"three"}`)) }},
		{"a page of HTML", "not what was expected", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`<html>sign in</html>`)) }},
		{"a redirect", "302", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, good.URL, http.StatusFound) }},
		{"a body without end", "", // a busy machine does not read 4 MiB within a second
			func(w http.ResponseWriter, _ *http.Request) {
				for range 50 << 4 {
					if _, err := w.Write(zeros); err != nil {
						return
					}
				}
			}},
		{"an answer that breaks off", "broke off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{`))
		}},
		{"silence", "no answer within 1s", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-stop:
			}
		}},
		{"escape sequences in its words", "500: red", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte("\x1b[31mred\x1b]0;title"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var broken atomic.Bool
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if broken.Load() {
					c.serve(w, r)
					return
				}
				good.Config.Handler.ServeHTTP(w, r)
			}))
			defer srv.Close()
			p := NewHealthPoller(PollerConfig{PD: []string{srv.URL}})
			defer p.pd.Close()
			before := p.Poll(t.Context())
			require.Empty(t, before.Error)
			broken.Store(true)
			var s demo.Snapshot
			says := func() bool { // a very busy machine may take longer to read it than a poll may take
				s = p.Poll(t.Context())
				require.NotEmpty(t, s.Error)
				return strings.Contains(s.Error, c.says)
			}
			require.Eventually(t, says, time.Minute, time.Millisecond, s.Error)
			require.NotContains(t, s.Error, "\n")
			require.NotContains(t, s.Error, "\x1b")
			require.Equal(t, before.Nodes, s.Nodes, "the last good picture stays")
			require.Equal(t, before.LastUpdated, s.LastUpdated, "and keeps its time")
			require.Positive(t, s.Stale)
			broken.Store(false)
			require.Empty(t, p.Poll(t.Context()).Error)
		})
	}
	close(stop)
}

func TestAMemberThatIsGoneDoesNotMatterWhileAnotherAnswers(t *testing.T) {
	dead := httptest.NewServer(nil)
	dead.Close()
	p := NewHealthPoller(PollerConfig{PD: []string{dead.URL, recordedPD(t, "up").URL}})
	defer p.pd.Close()
	require.Len(t, p.Poll(t.Context()).Nodes, 4)
}

func TestThePollerPublishesUntilItIsStopped(t *testing.T) {
	seen := make(chan demo.Snapshot, 100)
	p := NewHealthPoller(PollerConfig{PD: []string{recordedPD(t, "up").URL}, Interval: time.Millisecond, NameOf: func(a string) string {
		return map[string]string{"tikv0:20160": "the first"}[a]
	}, OnSnapshot: func(s demo.Snapshot) {
		select {
		case seen <- s:
		default:
		}
	}})
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	for range 3 {
		s := <-seen
		_, named := s.Node("the first")
		require.True(t, named)
	}
	p.Stop()
	p.Stop()
	require.NoError(t, <-done)
	require.Len(t, p.Health().Nodes, 4)
}
