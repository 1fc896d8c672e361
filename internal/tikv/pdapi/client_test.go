package pdapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorded gives the URL of a PD that answers everything as a real one answered
// once.
func recorded(t *testing.T, answer string) string {
	t.Helper()
	b, err := os.ReadFile("../testdata/pd/" + answer + ".200.json")
	require.NoError(t, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestCountsAreReadFromTheHeadOfAnAnswerOfAnyLength(t *testing.T) {
	pd := New([]string{recorded(t, "disconnected/regions_check_down-peer")})
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
	pd = New([]string{endless.URL})
	defer pd.Close()
	n, err = pd.count(t.Context(), "/")
	require.NoError(t, err)
	require.Equal(t, 123456, n)

	for answer, says := range map[string]string{
		`[]`: "does not begin with a count", `{"regions":[],"count":1}`: "does not begin with a count",
		`{"count":"many"}`: "does not begin with a count", ``: "does not begin with a count",
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
		_, err := New([]string{srv.URL}).count(t.Context(), "/")
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

func TestPDAddresses(t *testing.T) {
	got, err := Parse([]string{"http://a:1,b:2", " http://c:3/ ", "[::1]:4", "http://[fe80::1]:5"})
	require.NoError(t, err)
	require.Equal(t, []string{"http://a:1", "http://b:2", "http://c:3", "http://[::1]:4", "http://[fe80::1]:5"}, got)
	for _, bad := range []string{"", "ftp://a:1", "http://", "http://a:1/pd", "http://a b:1", "http://a:1?x"} {
		_, err := Parse([]string{bad})
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
		_, err := Parse([]string{bad})
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
	pd := New([]string{srv.URL})
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
	one, two := recorded(t, "up/members"), recorded(t, "up/members")
	pd := New([]string{dead.URL, one, two})
	defer pd.Close()
	require.Equal(t, []string{one, two, dead.URL}, pd.Answering(t.Context()))
}

func FuzzStores(f *testing.F) {
	b, err := os.ReadFile("../testdata/pd/up/stores.200.json")
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

func TestTheHostAndPortOfAnAddressAreWhatIsDialled(t *testing.T) {
	for url, want := range map[string]string{"http://pd-1:2379": "pd-1:2379", "http://[::1]:2379/": "[::1]:2379", "127.0.0.1:2379": "127.0.0.1:2379"} {
		require.Equal(t, want, HostPort(url))
	}
}

// endless is a body that never ends.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	return len(b), nil
}

func (*endless) Close() error { return nil }

func TestAnAnswerWithoutEndIsNotReadToItsEnd(t *testing.T) {
	body := &endless{}
	_, err := answer(&http.Response{StatusCode: http.StatusOK, Body: body})
	require.ErrorContains(t, err, "PD's answer is longer than 4 MiB")
	require.LessOrEqual(t, body.read, 5<<20)
}
