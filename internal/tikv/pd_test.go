package tikv

import (
	"context"
	"encoding/json"
	"errors"
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

func TestCountsAreReadFromTheHeadOfAnAnswerOfAnyLength(t *testing.T) {
	pd := NewPD([]string{recordedPD(t, "disconnected").URL})
	defer pd.Close()
	n, err := pd.count(t.Context(), "/pd/api/v1/regions/check/down-peer")
	require.NoError(t, err)
	require.Equal(t, 9, n)

	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write([]byte(`{"count":123456,"regions":[`))
		for err == nil {
			_, err = w.Write([]byte(`{"id":1},`))
		}
	}))
	defer endless.Close()
	pd = NewPD([]string{endless.URL})
	defer pd.Close()
	n, err = pd.count(t.Context(), "/")
	require.NoError(t, err)
	require.Equal(t, 123456, n)

	for answer, says := range map[string]string{
		`[]`: "does not begin with a count", `{"regions":[],"count":1}`: "does not begin with a count",
		`{"count":"many"}`: "does not begin with a count", ``: "does not begin with a count",
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
		_, err := NewPD([]string{srv.URL}).count(t.Context(), "/")
		require.ErrorContains(t, err, says, answer)
		srv.Close()
	}
}

func TestSizesAreReadAsPDWritesThem(t *testing.T) {
	for words, want := range map[string]uint64{
		`"58.5GiB"`: 58.5 * (1 << 30), `"512MiB"`: 512 << 20, `"0B"`: 0, `"1KiB"`: 1024, `"1.5TiB"`: 1.5 * (1 << 40),
		`"plenty"`: 0, `"-1GiB"`: 0, `12`: 0, `null`: 0, `"9e99EiB"`: 0, `"NaNB"`: 0, `"5GB"`: 0,
	} {
		var s Size
		require.NoError(t, json.Unmarshal([]byte(words), &s), words)
		require.EqualValues(t, want, s, words)
	}
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
		{"a body without end", "longer than 4 MiB", func(w http.ResponseWriter, _ *http.Request) {
			for range 50 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
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
			s := p.Poll(t.Context())
			require.NotEmpty(t, s.Error)
			require.Contains(t, s.Error, c.says)
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

func TestPDAddresses(t *testing.T) {
	got, err := ParsePD([]string{"http://a:1,b:2", " http://c:3/ ", "[::1]:4", "http://[fe80::1]:5"})
	require.NoError(t, err)
	require.Equal(t, []string{"http://a:1", "http://b:2", "http://c:3", "http://[::1]:4", "http://[fe80::1]:5"}, got)
	for _, bad := range []string{"", "ftp://a:1", "http://", "http://a:1/pd", "http://a b:1", "http://a:1?x"} {
		_, err := ParsePD([]string{bad})
		require.ErrorContains(t, err, "is not a PD address; give http://HOST:PORT", bad)
	}
	for bad, says := range map[string]string{
		"https://a:1":               "TLS, which is not supported",
		"http://a:1,https://b:2":    `"https://b:2" asks for TLS`,
		"http://[fe80::1%25eth0]:1": "IPv6 zone",
		"[fe80::1%eth0]:1":          "IPv6 zone",
		"http://a":                  "no valid port",
		"a:0":                       "no valid port",
		"http://a:99999":            "no valid port",
		"http://me:secret@a:1":      "is not a PD address",
	} {
		_, err := ParsePD([]string{bad})
		require.ErrorContains(t, err, says, bad)
	}
}

// A message never ends at its colon: where PD says nothing, the status does.
func TestAnAnswerWithoutWordsIsExplained(t *testing.T) {
	status, location := 0, ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(status)
	}))
	defer srv.Close()
	pd := NewPD([]string{srv.URL})
	defer pd.Close()
	for _, c := range []struct {
		status         int
		location, says string
	}{
		{307, "", "PD answered 307: Temporary Redirect"},
		{307, "https://login.example/?from=pd", "PD answered 307: it redirects to https://login.example/?from=pd; if PD is there, give that host and port with --pd"},
		{302, "http://pd-2:2379/x", "PD answered 302: it redirects to http://pd-2:2379/x; if PD"},
		{503, "", "PD answered 503: Service Unavailable"},
		{599, "", "PD answered 599: without a word"},
	} {
		status, location = c.status, c.location
		_, err := pd.Stores(t.Context())
		require.ErrorContains(t, err, c.says)
	}
}

func TestEndpointsThatAnswerComeFirst(t *testing.T) {
	dead := httptest.NewServer(nil)
	dead.Close()
	one, two := recordedPD(t, "up").URL, recordedPD(t, "up").URL
	pd := NewPD([]string{dead.URL, one, two})
	defer pd.Close()
	require.Equal(t, []string{one, two, dead.URL}, pd.Answering(t.Context()))
}

func TestTheProbeTellsRefusedFromSilentFromServing(t *testing.T) {
	serve := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer serve.Close()
	at := func(url string) demo.Node { return demo.Node{StatusAddress: strings.TrimPrefix(url, "http://")} }
	require.NoError(t, Probe(t.Context(), at(serve.URL)))

	sick := httptest.NewServer(http.NotFoundHandler())
	defer sick.Close()
	require.ErrorContains(t, Probe(t.Context(), at(sick.URL)), "answered 404")

	gone := httptest.NewServer(nil)
	gone.Close()
	require.ErrorContains(t, Probe(t.Context(), at(gone.URL)), "refused")

	// A member of PD answers by itself whether it leads or not; any answer is a
	// sign of life, also of a version that has no such path.
	var path, header string
	member := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, header = r.URL.Path, r.Header.Get("PD-Allow-follower-handle")
		http.NotFound(w, r)
	}))
	defer member.Close()
	control := at(member.URL)
	control.Role = demo.RoleControl
	require.NoError(t, Probe(t.Context(), control))
	require.Equal(t, "/pd/api/v1/ping", path)
	require.NotEmpty(t, header)
	control.StatusAddress = strings.TrimPrefix(gone.URL, "http://")
	require.ErrorContains(t, Probe(t.Context(), control), "refused")

	hang := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := Probe(ctx, at(silent.URL))
	require.ErrorContains(t, err, "no answer within")
	require.True(t, errors.Is(ctx.Err(), context.DeadlineExceeded))
	close(hang)
	silent.Close()
}

func FuzzStores(f *testing.F) {
	b, err := os.ReadFile("testdata/pd/up/stores.200.json")
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte(`{"stores":[{"store":{"id":18446744073709551615}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r struct {
			Stores []Store `json:"stores"`
		}
		if decode(b, &r) != nil {
			return
		}
		_, err := json.Marshal(r) // whatever is understood can be told
		require.NoError(t, err)
	})
}
