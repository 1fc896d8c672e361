package screentest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Large makes a small cluster look large: it stands before the cluster's PD, and adds
// stores and regions to what that answers over HTTP. Calls by gRPC go to the PD itself,
// so load runs on the stores that are there. The added ones answer at status ports.
type Large struct {
	URL             string
	Stores, Regions int          // that the cluster seems to have
	Looks           atomic.Int64 // how often the stores were asked for

	real   *url.URL
	server *httptest.Server
	port   string
}

// NewLarge stands before the PD at real until Close. Every added store has an address
// of its own, for which it uses that Linux answers at all of 127.0.0.0/8.
func NewLarge(real string, stores, regions int) (*Large, error) {
	l := &Large{Stores: stores, Regions: regions}
	var err error
	if l.real, err = url.Parse(real); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return nil, err
	}
	_, l.port, _ = net.SplitHostPort(listener.Addr().String())
	l.URL = "http://127.0.0.1:" + l.port
	l.server = &httptest.Server{Listener: splitter{listener, l.real.Host}, Config: &http.Server{Handler: l.handler()}}
	l.server.Start()
	l.server.URL = l.URL
	return l, nil
}

// Close ends it.
func (l *Large) Close() { l.server.Close() }

func (l *Large) handler() http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(l.real)
	mux := http.NewServeMux()
	mux.Handle("/", proxy)
	mux.HandleFunc("GET /status", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /pd/api/v1/stores", l.changed(l.stores))
	mux.HandleFunc("GET /pd/api/v1/regions/key", l.changed(l.regions))
	mux.HandleFunc("GET /pd/api/v1/stats/region", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"count": l.Regions, "store_leader_count": map[string]int{"1": l.Regions}})
	})
	return mux
}

// changed answers as the PD does, changed.
func (l *Large) changed(change func(*http.Request, map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get(l.real.JoinPath(r.URL.Path).String() + "?" + r.URL.RawQuery)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		var body map[string]any
		d := json.NewDecoder(resp.Body)
		d.UseNumber() // ids have more digits than a float
		if err := d.Decode(&body); err != nil || resp.StatusCode != http.StatusOK {
			http.Error(w, fmt.Sprintf("PD answered %d: %v", resp.StatusCode, err), http.StatusBadGateway)
			return
		}
		change(r, body)
		_ = json.NewEncoder(w).Encode(body)
	}
}

// firstAdded is the id of the first store that is added, and of the first region.
const firstAdded = 100_000

func (l *Large) stores(_ *http.Request, body map[string]any) {
	l.Looks.Add(1)
	list, _ := body["stores"].([]any)
	for i := range l.Stores - len(list) {
		address := fmt.Sprintf("127.0.1.%d:%s", i+1, l.port)
		list = append(list, map[string]any{
			"store": map[string]any{
				"id": firstAdded + i, "address": address, "status_address": address, "state_name": "Up",
				"start_timestamp": 1, "last_heartbeat": time.Now().UnixNano(),
			},
			"status": map[string]any{"leader_count": l.Regions / l.Stores, "region_count": 3 * l.Regions / l.Stores},
		})
	}
	body["stores"], body["count"] = list, len(list)
}

func (l *Large) regions(r *http.Request, body map[string]any) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	list, _ := body["regions"].([]any)
	for i := range min(limit, l.Regions) - len(list) {
		at := func(n int) map[string]any { return map[string]any{"store_id": firstAdded + (i+n)%(l.Stores-3)} }
		list = append(list, map[string]any{"id": firstAdded + i, "leader": at(0), "peers": []any{at(0), at(1), at(2)}})
	}
	body["regions"], body["count"] = list, len(list)
}

// splitter hands calls by gRPC on to another place, and gives the rest to a server.
type splitter struct {
	net.Listener
	grpc string
}

// Accept waits for a connection that is not gRPC's. Each is looked at on its own: one
// that says nothing holds up nobody else.
func (s splitter) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &sniffed{Conn: c, grpc: s.grpc}, nil
}

// preface is what HTTP/2, and so gRPC, begins with.
const preface = "PRI * HTTP/2"

// sniffed is a connection that looks at its first bytes when it is first read.
type sniffed struct {
	net.Conn
	grpc string
	read *bufio.Reader
}

func (s *sniffed) Read(b []byte) (int, error) {
	if s.read == nil {
		s.read = bufio.NewReader(s.Conn)
		if head, err := s.read.Peek(len(preface)); err == nil && bytes.HasPrefix(head, []byte(preface)) {
			s.passOn()
			return 0, io.EOF
		}
	}
	return s.read.Read(b)
}

// passOn carries bytes both ways until either side ends.
func (s *sniffed) passOn() {
	there, err := net.Dial("tcp", strings.TrimPrefix(s.grpc, "http://"))
	if err != nil {
		return
	}
	defer there.Close()
	go func() { // ends with the connection
		_, _ = io.Copy(s.Conn, there)
		_ = s.Close()
	}()
	_, _ = io.Copy(there, s.read)
}
