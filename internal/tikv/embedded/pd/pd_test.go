package pd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is set by hand.
type clock struct {
	mu   sync.Mutex
	now  time.Time
	stop func() // the next one who asks waits here
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	now, stop := c.now, c.stop
	c.stop = nil
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
	return now
}

// hold has the next one who asks for the time wait until leave is closed.
func (c *clock) hold() (entered, leave chan struct{}) {
	entered, leave = make(chan struct{}), make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop = func() { close(entered); <-leave }
	return entered, leave
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// harness is a PD with stores that are played by the test, over the real
// protocol.
type harness struct {
	t     *testing.T
	clock *clock
	url   string
	conn  *grpc.ClientConn
	cl    pdpb.PDClient
	head  *pdpb.RequestHeader
	stop  func()
}

func open(t *testing.T, dir string) *harness {
	t.Helper()
	th := &harness{t: t, clock: &clock{now: time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)}}
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- Run(ctx, Config{Dir: dir, Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Now: th.clock.Now, Ready: func(u string) { ready <- u }})
	}()
	th.url = <-ready
	conn, err := grpc.NewClient("passthrough:///"+strings.TrimPrefix(th.url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	th.conn, th.cl = conn, pdpb.NewPDClient(conn)
	m, err := th.cl.GetMembers(t.Context(), &pdpb.GetMembersRequest{})
	require.NoError(t, err)
	require.NotZero(t, m.Header.ClusterId)
	th.head = &pdpb.RequestHeader{ClusterId: m.Header.ClusterId}
	th.stop = sync.OnceFunc(func() {
		require.NoError(t, conn.Close())
		cancel()
		require.NoError(t, <-done)
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(th.stop)
	return th
}

// get asks over HTTP.
func (th *harness) get(path string) (int, string) {
	th.t.Helper()
	r, err := http.Get(th.url + path)
	require.NoError(th.t, err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(th.t, err)
	return r.StatusCode, string(b)
}

func store(id uint64) *metapb.Store {
	return &metapb.Store{
		Id: id, Address: fmt.Sprintf("127.0.0.1:%d", 20160+id), StatusAddress: fmt.Sprintf("127.0.0.1:%d", 20180+id),
		Version: "8.5.0", GitHash: "x", StartTimestamp: 1767347990, DeployPath: "/",
	}
}

// bootstrap plays three stores with nine regions.
func (th *harness) bootstrap() {
	ctx := th.t.Context()
	first := &metapb.Region{Id: 10, RegionEpoch: &metapb.RegionEpoch{ConfVer: 1, Version: 1}, Peers: []*metapb.Peer{{Id: 101, StoreId: 1}}}
	r, err := th.cl.Bootstrap(ctx, &pdpb.BootstrapRequest{Header: th.head, Store: store(1), Region: first})
	require.NoError(th.t, err)
	require.Nil(th.t, r.Header.Error)
	for id := uint64(1); id <= 3; id++ {
		_, err := th.cl.PutStore(ctx, &pdpb.PutStoreRequest{Header: th.head, Store: store(id)})
		require.NoError(th.t, err)
		th.beat(id)
	}
	stream, err := th.cl.RegionHeartbeat(ctx)
	require.NoError(th.t, err)
	for i := range uint64(9) {
		require.NoError(th.t, stream.Send(region(th.head, i, 1+i%3)))
	}
	require.Eventually(th.t, func() bool {
		_, b := th.get("/pd/api/v1/regions")
		return strings.Contains(b, `"count":9`)
	}, time.Minute, 5*time.Millisecond)
	require.NoError(th.t, stream.CloseSend())
}

func (th *harness) beat(id uint64) {
	now := uint64(th.clock.Now().Unix())
	_, err := th.cl.StoreHeartbeat(th.t.Context(), &pdpb.StoreHeartbeatRequest{Header: th.head, Stats: &pdpb.StoreStats{
		StoreId: id, Capacity: 100 << 30, Available: 80 << 30, UsedSize: 512 << 20, RegionCount: 9,
		Interval: &pdpb.TimeInterval{StartTimestamp: now - 1, EndTimestamp: now},
	}})
	require.NoError(th.t, err)
}

// region is the i-th of nine, led by a store.
func region(h *pdpb.RequestHeader, i, leader uint64) *pdpb.RegionHeartbeatRequest {
	key := func(n uint64) []byte {
		if n == 0 || n == 9 {
			return nil
		}
		return fmt.Appendf(nil, "k%d", n)
	}
	r := &metapb.Region{Id: 10 + i, StartKey: key(i), EndKey: key(i + 1), RegionEpoch: &metapb.RegionEpoch{ConfVer: 2, Version: 2}}
	for s := uint64(1); s <= 3; s++ {
		r.Peers = append(r.Peers, &metapb.Peer{Id: 100 + 10*i + s, StoreId: s})
	}
	return &pdpb.RegionHeartbeatRequest{Header: h, Region: r, Leader: r.Peers[leader-1], Term: 6, ApproximateSize: 32 << 20, ApproximateKeys: 1111}
}

// recordings are what a real PD said, beside the client that reads them.
const recordings = "../../testdata/pd"

// shape reduces an answer to its fields and their types; lists to their first
// element, and the keys of maps by store to one.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if strings.Trim(k, "0123456789") == "" {
				k = "N"
			}
			out[k] = shape(x)
		}
		return out
	case []any:
		if len(v) == 0 {
			return []any{}
		}
		return []any{shape(v[0])}
	case nil:
		return "null"
	default:
		return reflect.TypeOf(v).String()
	}
}

func parsed(t *testing.T, b string) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(b), &v), b)
	return shape(v)
}

// TestAnswersHaveTheFieldsOfARealPDs compares status and shape, field by field,
// in the states that were recorded.
func TestAnswersHaveTheFieldsOfARealPDs(t *testing.T) {
	for _, state := range []string{"notbootstrapped", "up", "disconnected", "down"} {
		t.Run(state, func(t *testing.T) {
			th := open(t, t.TempDir())
			if state != "notbootstrapped" {
				th.bootstrap()
			}
			pass := map[string]time.Duration{"disconnected": 25 * time.Second, "down": 31 * time.Minute}[state]
			th.clock.pass(pass)
			if pass > 0 {
				th.beat(1)
				th.beat(3)
			}
			for endpoint, path := range map[string]string{
				"health": "health", "members": "members", "status": "status", "version": "version", "cluster_status": "cluster/status",
				"stores": "stores", "store_1": "store/1", "stats_region": "stats/region", "schedulers": "schedulers",
			} {
				files, err := filepath.Glob(filepath.Join(recordings, state, endpoint+".*.json"))
				require.NoError(t, err)
				require.Len(t, files, 1, endpoint)
				real, err := os.ReadFile(files[0])
				require.NoError(t, err)
				status, ours := th.get("/pd/api/v1/" + path)
				require.Contains(t, files[0], fmt.Sprintf(".%d.", status), endpoint)
				want, got := parsed(t, string(real)), parsed(t, ours)
				require.Equal(t, want, got, endpoint)
			}
		})
	}
}

func TestAPageOfRegionsBeginsAtTheKeyAndIsNoLongerThanAsked(t *testing.T) {
	th := open(t, t.TempDir())
	status, _ := th.get("/pd/api/v1/regions/key?key=&limit=2")
	require.Equal(t, http.StatusInternalServerError, status, "not bootstrapped")
	th.bootstrap()
	for query, want := range map[string][]uint64{
		"?key=&limit=2":      {10, 11},
		"?key=k7&limit=16":   {17, 18},
		"?key=k3x&limit=1":   {13},
		"":                   {10, 11, 12, 13, 14, 15, 16, 17, 18},
		"?key=&limit=999999": {10, 11, 12, 13, 14, 15, 16, 17, 18},
	} {
		var page struct {
			Count   int
			Regions []struct{ ID uint64 }
		}
		_, b := th.get("/pd/api/v1/regions/key" + query)
		require.NoError(t, json.Unmarshal([]byte(b), &page), b)
		var got []uint64
		for _, r := range page.Regions {
			got = append(got, r.ID)
		}
		require.Equal(t, want, got, query)
		require.Equal(t, len(want), page.Count)
	}
	_, counted := th.get("/pd/api/v1/stats/region?count")
	require.Contains(t, counted, `"count": 9`)
	require.NotContains(t, counted, `"1":`, "nothing but the count")
	status, _ = th.get("/pd/api/v1/regions/key?limit=x")
	require.Equal(t, http.StatusBadRequest, status)
}

func TestStoresAreJudgedByPDsOwnRules(t *testing.T) {
	th := open(t, t.TempDir())
	th.bootstrap()
	for _, c := range []struct {
		pass time.Duration
		want string
	}{{19 * time.Second, "Up"}, {2 * time.Second, "Disconnected"}, {29 * time.Minute, "Disconnected"}, {time.Minute, "Down"}} {
		th.clock.pass(c.pass)
		_, b := th.get("/pd/api/v1/store/2")
		require.Contains(t, b, fmt.Sprintf(`"state_name": %q`, c.want))
	}
	th.beat(2)
	_, b := th.get("/pd/api/v1/store/2")
	require.Contains(t, b, `"state_name": "Up"`)
}

func TestRegionsAreFoundByKeyAlsoTheOneBefore(t *testing.T) {
	th := open(t, t.TempDir())
	th.bootstrap()
	ctx := t.Context()
	for key, want := range map[string]uint64{"": 10, "a": 10, "k1": 11, "k1x": 11, "k8": 18, "z": 18} {
		r, err := th.cl.GetRegion(ctx, &pdpb.GetRegionRequest{Header: th.head, RegionKey: []byte(key)})
		require.NoError(t, err)
		require.Equal(t, want, r.Region.GetId(), key)
	}
	r, err := th.cl.GetPrevRegion(ctx, &pdpb.GetRegionRequest{Header: th.head, RegionKey: []byte("k3")})
	require.NoError(t, err)
	require.EqualValues(t, 12, r.Region.GetId())
	s, err := th.cl.ScanRegions(ctx, &pdpb.ScanRegionsRequest{Header: th.head, StartKey: []byte("k2x"), Limit: 3})
	require.NoError(t, err)
	require.Len(t, s.Regions, 3)
	require.EqualValues(t, 12, s.Regions[0].Region.Id)
}

func TestAKilledPDComesBackWithItsState(t *testing.T) {
	dir := t.TempDir()
	th := open(t, dir)
	th.bootstrap()
	before := th.head.ClusterId
	id, err := th.cl.AllocID(t.Context(), &pdpb.AllocIDRequest{Header: th.head})
	require.NoError(t, err)
	th.stop()

	th = open(t, dir)
	require.Equal(t, before, th.head.ClusterId)
	next, err := th.cl.AllocID(t.Context(), &pdpb.AllocIDRequest{Header: th.head})
	require.NoError(t, err)
	require.Greater(t, next.Id, id.Id, "no id is given twice")
	_, b := th.get("/pd/api/v1/stores")
	require.Contains(t, b, `"count": 3`)
	r, err := th.cl.GetRegion(t.Context(), &pdpb.GetRegionRequest{Header: th.head, RegionKey: []byte("k4")})
	require.NoError(t, err)
	require.EqualValues(t, 14, r.Region.GetId())
}

func TestADamagedStateIsAClearError(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pd.json"), []byte("{"), 0o600))
	err := Run(t.Context(), Config{Dir: dir, Addr: "127.0.0.1:0"})
	require.ErrorContains(t, err, "damaged")
	require.ErrorContains(t, err, "empty data directory")
}

func TestLeadersAreEvenedOutOnceAStoreHasProvenItself(t *testing.T) {
	th := open(t, t.TempDir())
	th.bootstrap()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := th.cl.RegionHeartbeat(ctx)
	require.NoError(t, err)
	// every region is led by store 1; store 2 has just come back
	for i := range uint64(9) {
		require.NoError(t, stream.Send(region(th.head, i, 1)))
	}
	_, err = th.cl.PutStore(ctx, &pdpb.PutStoreRequest{Header: th.head, Store: store(2)})
	require.NoError(t, err)
	th.beat(2)
	th.beat(3)
	th.clock.pass(provenAfter + time.Millisecond)
	for id := uint64(1); id <= 3; id++ {
		th.beat(id)
	}
	require.NoError(t, stream.Send(region(th.head, 4, 1)))
	op, err := stream.Recv()
	require.NoError(t, err)
	require.GreaterOrEqual(t, op.RegionId, uint64(10)) // whichever was heard after the clock had passed
	require.LessOrEqual(t, op.RegionId, uint64(18))
	require.Contains(t, []uint64{2, 3}, op.TransferLeader.GetPeer().GetStoreId())
	require.NoError(t, stream.CloseSend())
}

func TestGarbageOnThePortIsTurnedAway(t *testing.T) {
	th := open(t, t.TempDir())
	c, err := net.Dial("tcp", strings.TrimPrefix(th.url, "http://"))
	require.NoError(t, err)
	_, err = c.Write([]byte("\x00\xff\x00\xffPRI nonsense\r\n\r\n"))
	require.NoError(t, err)
	_, err = io.ReadAll(c)
	if err != nil {
		require.ErrorContains(t, err, "reset")
	}
	require.NoError(t, c.Close())
	status, _ := th.get("/pd/api/v1/health")
	require.Equal(t, http.StatusOK, status)
}

// An address belongs to a store until that is gone for good: it is of no account
// whether PD hears of it.
func TestAnAddressIsGivenToAnotherStoreWhenItsStoreIsGoneForGood(t *testing.T) {
	th := open(t, t.TempDir())
	th.bootstrap()
	put := func(st *metapb.Store) string {
		r, err := th.cl.PutStore(t.Context(), &pdpb.PutStoreRequest{Header: th.head, Store: st})
		require.NoError(t, err)
		return r.GetHeader().GetError().GetMessage()
	}
	other := store(9)
	other.Address = store(2).Address
	require.Contains(t, put(other), "duplicated store address")
	th.clock.pass(time.Hour)
	require.Equal(t, "Down", th.states()[1])
	require.Contains(t, put(other), "duplicated store address", "it is only down")
	for _, gone := range []*metapb.Store{{State: metapb.StoreState_Tombstone}, {State: metapb.StoreState_Offline, PhysicallyDestroyed: true}} {
		st := store(2)
		st.State, st.PhysicallyDestroyed = gone.State, gone.PhysicallyDestroyed
		require.Empty(t, put(st))
		require.Empty(t, put(other))
		other.State = metapb.StoreState_Tombstone // for the next turn
		require.Empty(t, put(other))
		require.Empty(t, put(store(2)))
		other.State = metapb.StoreState_Up
		require.Contains(t, put(other), "duplicated store address")
	}
}
