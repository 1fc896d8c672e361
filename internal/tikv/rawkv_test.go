package tikv

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tikv/client-go/v2/tikv"
	"github.com/tikv/client-go/v2/tikvrpc"

	"github.com/tikv-demo/tikv-demo/internal/load"
)

func openFake(t testing.TB, c *fakeCluster) *RawKV {
	t.Helper()
	kv, err := OpenRaw(t.Context(), RawOptions{PD: []string{"http://" + c.pdAddr}, NodeOf: c.nodeOf})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, kv.Close()) })
	return kv
}

// withKeys has every region served once, as before any fault on stage.
func withKeys(t testing.TB, kv *RawKV) {
	t.Helper()
	keys := [][]byte{[]byte("a"), []byte("k"), []byte("z")}
	require.NoError(t, kv.BatchPut(t.Context(), keys, [][]byte{[]byte("1"), []byte("2"), []byte("3")}))
}

func failOf(t *testing.T, kv *RawKV, key string) *load.OpError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), load.DefaultOpTimeout)
	defer cancel()
	_, err := kv.Get(ctx, []byte(key))
	var op *load.OpError
	require.ErrorAs(t, err, &op)
	assert.False(t, op.At.IsZero())
	return op
}

func TestKeysAreWrittenReadAndMissed(t *testing.T) {
	kv := openFake(t, newFakeCluster(t))
	withKeys(t, kv)
	require.NoError(t, kv.Put(t.Context(), []byte("k"), []byte("new")))
	for key, want := range map[string]string{"a": "1", "k": "new", "z": "3"} {
		got, err := kv.Get(t.Context(), []byte(key))
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	got, err := kv.Get(t.Context(), []byte("nothing here"))
	require.NoError(t, err)
	assert.Nil(t, got)
}

func TestADeadStoreIsNamedWhileNobodyLeadsItsRegion(t *testing.T) {
	c := newFakeCluster(t)
	kv := openFake(t, c)
	withKeys(t, kv)
	var mu sync.Mutex
	var seen []load.OpError
	stop := kv.Watch(func(e load.OpError) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e)
	})
	c.lead(2, 0)
	c.stores[2].kill()

	// On a busy machine the first deadline may pass before the connection is seen
	// to be broken; the store is named all the same, and nothing is reported early.
	first := failOf(t, kv, "k")
	assert.Contains(t, []string{load.KindUnavailable, load.KindTimeout}, first.Kind)
	assert.Equal(t, "node-2", first.Node)
	for range 3 { // by now the client knows it to be dead and asks the others
		again := failOf(t, kv, "k")
		assert.Equal(t, "node-2", again.Node, "%v", again)
	}
	stop()
	mu.Lock()
	defer mu.Unlock()
	if first.Kind == load.KindUnavailable {
		require.NotEmpty(t, seen, "the broken connection was reported before the operation failed")
		assert.True(t, seen[0].At.Before(first.At))
	}
	for _, e := range seen {
		assert.Equal(t, "node-2", e.Node)
		assert.Equal(t, load.KindUnavailable, e.Kind)
	}
}

func TestADeadStoreWhoseRegionMovedIsReportedThoughNoOperationFails(t *testing.T) {
	c := newFakeCluster(t)
	kv := openFake(t, c)
	withKeys(t, kv)
	seen := make(chan load.OpError, 100)
	defer kv.Watch(func(e load.OpError) { seen <- e })()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	asked := c.stores[2].freeze(t) // so that a request is under way when it dies
	answer := make(chan string, 1)
	go func() {
		got, err := kv.Get(ctx, []byte("k"))
		assert.NoError(t, err)
		answer <- string(got)
	}()
	<-asked
	c.lead(2, 3)
	c.stores[2].kill()
	assert.Equal(t, "2", <-answer)
	require.NotEmpty(t, seen)
	assert.Equal(t, "node-2", (<-seen).Node)
}

func TestAFrozenStoreIsNamedForItsSilence(t *testing.T) {
	c := newFakeCluster(t)
	kv := openFake(t, c)
	withKeys(t, kv)
	c.stores[3].freeze(t)
	e := failOf(t, kv, "z")
	assert.Equal(t, load.KindTimeout, e.Kind)
	assert.Equal(t, "node-3", e.Node)
	require.ErrorIs(t, e, context.DeadlineExceeded)
	_, err := kv.Get(t.Context(), []byte("a"))
	assert.NoError(t, err, "the others go on")
}

// closingClient notes which connections it was told to drop; every request fails.
type closingClient struct {
	tikv.Client
	closed []string
}

func (c *closingClient) CloseAddr(addr string) error {
	c.closed = append(c.closed, addr)
	return nil
}

func (c *closingClient) SendRequest(context.Context, string, *tikvrpc.Request, time.Duration) (*tikvrpc.Response, error) {
	return nil, errors.New("no available connections")
}

func TestBrokenConnectionsAreDroppedOnceTheStoreIsThereAgain(t *testing.T) {
	c := newFakeCluster(t)
	dead, frozen, restarted := c.stores[1], c.stores[2], c.stores[3]
	dead.kill()
	frozen.freeze(t)
	restarted.kill()
	inner := &closingClient{}
	reports := 0
	traced := newTracedClient(inner, func(string, error, time.Time) { reports++ })
	send := func(s *fakeStore) {
		req := tikvrpc.NewRequest(tikvrpc.CmdRawGet, &kvrpcpb.RawGetRequest{Key: []byte("k")})
		_, err := traced.SendRequest(t.Context(), s.addr, req, time.Second)
		require.Error(t, err)
	}
	for _, s := range []*fakeStore{dead, frozen, restarted} {
		send(s)
	}
	assert.Empty(t, inner.closed)
	assert.Equal(t, 3, reports)
	restarted.restart(t)
	require.Eventually(t, func() bool {
		send(restarted)
		return len(inner.closed) > 0
	}, time.Minute, time.Millisecond)
	assert.Equal(t, []string{restarted.addr}, inner.closed)
}

func TestAFrozenStoreIsLeftBehindWhenItsRegionMoves(t *testing.T) {
	c := newFakeCluster(t)
	kv := openFake(t, c)
	withKeys(t, kv)
	c.stores[3].freeze(t)
	c.lead(3, 1)
	// Left to itself the library would find out by its keepalive, after 13 s.
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		ctx, cancel := context.WithTimeout(context.Background(), load.DefaultOpTimeout)
		defer cancel()
		_, err := kv.Get(ctx, []byte("z"))
		require.NoError(t, err)
	}, 10*time.Second, time.Millisecond)
}

func TestAWriteThatWasSentTwiceSaysSo(t *testing.T) {
	c := newFakeCluster(t)
	kv := openFake(t, c)
	withKeys(t, kv)
	c.stores[2].kill()
	c.lead(2, 3)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	inner, tr, release := bounded(ctx)
	defer release()
	require.NoError(t, kv.client.Put(inner, []byte("k"), []byte("new")))
	assert.True(t, tr.repeated())
	inner, tr, release = bounded(ctx)
	defer release()
	require.NoError(t, kv.client.Put(inner, []byte("k"), []byte("newer")))
	assert.False(t, tr.repeated())
}

func TestARegionWithoutLeaderIsPutDownToTheStoreThatServedItLast(t *testing.T) {
	c := newFakeCluster(t)
	kv := openFake(t, c)
	withKeys(t, kv)
	c.lead(1, 2)
	_, err := kv.Get(t.Context(), []byte("a"))
	require.NoError(t, err)
	c.lead(1, 0)
	e := failOf(t, kv, "a")
	assert.Equal(t, load.KindRegion, e.Kind)
	assert.Equal(t, "node-2", e.Node)
}

func TestOpeningWithoutPDSaysSoInOneLineAndInTime(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := l.Addr().String()
	require.NoError(t, l.Close())
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()

	for name, c := range map[string]struct {
		pd   []string
		want string
	}{
		"nobody listens":           {[]string{"http://" + closed}, "PD does not answer at " + closed},
		"nobody answers":           {[]string{silent.Addr().String()}, "PD does not answer at " + silent.Addr().String()},
		"no endpoint":              {nil, "no PD endpoint given"},
		"an endpoint with a path":  {[]string{"http://127.0.0.1:2379/pd"}, "want http://HOST:PORT"},
		"an empty endpoint":        {[]string{""}, "want http://HOST:PORT"},
		"neither of two endpoints": {[]string{closed, silent.Addr().String()}, closed + ", " + silent.Addr().String()},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err := OpenRaw(ctx, RawOptions{PD: c.pd})
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Less(t, time.Since(began), 10*time.Second)
		})
	}
}

func TestOpeningGoesOnUntilPDIsThere(t *testing.T) {
	c := newFakeCluster(t)
	kv, err := OpenRaw(t.Context(), RawOptions{PD: []string{"127.0.0.1:1", c.pdAddr}})
	require.NoError(t, err, "one of the endpoints answers")
	require.NoError(t, kv.Close())
}

func TestWithoutADeadlineAnOperationStillEnds(t *testing.T) {
	c := newFakeCluster(t)
	kv := openFake(t, c)
	withKeys(t, kv)
	c.stores[3].freeze(t)
	began := time.Now()
	_, err := kv.Get(context.Background(), []byte("z"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(began), 15*time.Second, "the client library itself would go on for 20 s")
}

// A write that failed is refused only when nobody can have carried it out.
func TestAFailedOperationWasDoneByNobodyOnlyWhenAllRefusedAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		attempts []attempt
		nothing  bool
	}{
		"never sent":                             {nil, true},
		"refused by all":                         {[]attempt{{"A", 0, refused, "", false}, {"B", 0, refused, "", false}}, true},
		"refused, and it may be carried out yet": {[]attempt{{"A", 0, refused, "", true}, {"B", 0, refused, "", false}}, false},
		"a connection broke":                     {[]attempt{{"A", 0, broken, "", false}, {"B", 0, refused, "", false}}, false},
		"no answer":                              {[]attempt{{"A", 0, unanswered, "", false}}, false},
		"an answer that is an error":             {[]attempt{{"A", 0, served, "", false}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			tr := &trace{}
			for _, a := range c.attempts {
				tr.add(a)
			}
			assert.Equal(t, c.nothing, tr.nothingDone())
		})
	}
	for name, c := range map[string]struct {
		err      *errorpb.Error
		definite bool
	}{
		"not leader": {&errorpb.Error{NotLeader: &errorpb.NotLeader{}}, true},
		"busy":       {&errorpb.Error{ServerIsBusy: &errorpb.ServerIsBusy{}}, true},
		"stale":      {&errorpb.Error{StaleCommand: &errorpb.StaleCommand{}}, false},
		"words only": {&errorpb.Error{Message: "timeout"}, false},
	} {
		assert.Equal(t, c.definite, definite(&tikvrpc.Response{Resp: &kvrpcpb.RawPutResponse{RegionError: c.err}}), name)
	}
}

func TestTheVerdictOnOneOperation(t *testing.T) {
	long, short := 400*time.Millisecond, 5*time.Millisecond
	for name, c := range map[string]struct {
		attempts   []attempt
		err        error
		alive      string
		kind, node string
	}{
		"nothing was tried before the deadline": {nil, context.DeadlineExceeded, "", load.KindTimeout, ""},
		"nothing was tried":                     {nil, errors.New("pd"), "", load.KindOther, ""},
		"a broken connection beats the refusals after it": {
			[]attempt{{"A", short, broken, "", false}, {"B", short, refused, "C", false}}, context.DeadlineExceeded, "", load.KindUnavailable, "A"},
		"a broken connection beats a silence": {
			[]attempt{{"A", short, broken, "", false}, {"B", long, unanswered, "", false}}, context.DeadlineExceeded, "", load.KindUnavailable, "A"},
		"the first broken connection counts, which was the leader's": {
			[]attempt{{"A", short, broken, "", false}, {"B", short, broken, "", false}}, context.DeadlineExceeded, "", load.KindUnavailable, "A"},
		"the store that was asked a moment ago is not blamed": {
			[]attempt{{"B", short, refused, "A", false}, {"C", short, unanswered, "", false}}, context.DeadlineExceeded, "", load.KindRegion, "A"},
		"the longest silence is blamed": {
			[]attempt{{"A", long, unanswered, "", false}, {"B", short, unanswered, "", false}}, context.DeadlineExceeded, "", load.KindTimeout, "A"},
		"one short silence is all there is": {
			[]attempt{{"A", short, unanswered, "", false}}, context.DeadlineExceeded, "", load.KindTimeout, "A"},
		"refused by all, and nobody knows who served it": {
			[]attempt{{"A", short, refused, "", false}}, context.DeadlineExceeded, "", load.KindRegion, ""},
		"an answer that is an error": {
			[]attempt{{"A", short, served, "", false}}, errors.New("disk full"), "", load.KindOther, ""},
		"the store that served it last serves others, so it is not blamed": {
			[]attempt{{"B", short, refused, "A", false}}, context.DeadlineExceeded, "A", load.KindRegion, ""},
		"the first refusal tells who served it before the trouble": {
			[]attempt{{"B", short, refused, "A", false}, {"B", short, refused, "C", false}}, context.DeadlineExceeded, "C", load.KindRegion, "A"},
		"one short silence of a store that serves others": {
			[]attempt{{"A", short, unanswered, "", false}}, context.DeadlineExceeded, "A", load.KindTimeout, ""},
		"a long silence of a store that serves others": {
			[]attempt{{"A", long, unanswered, "", false}}, context.DeadlineExceeded, "A", load.KindTimeout, "A"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := &trace{}
			for _, a := range c.attempts {
				tr.add(a)
			}
			kind, address := tr.verdict(c.err, func(address string, _ time.Time) bool { return address == c.alive })
			assert.Equal(t, c.kind, kind)
			assert.Equal(t, c.node, address)
		})
	}
}

func TestTheClientsLogGoesToTheWriterUpToALimit(t *testing.T) {
	var b bytes.Buffer
	w := &limitedWriter{w: &b}
	line := bytes.Repeat([]byte("x"), 1<<20)
	for range 40 {
		n, err := w.Write(line)
		require.NoError(t, err)
		require.Equal(t, len(line), n)
	}
	assert.LessOrEqual(t, b.Len(), clientLogLimit+200)
	assert.True(t, strings.HasSuffix(b.String(), "16 MB were written\n"))
	assert.Equal(t, 1, strings.Count(b.String(), "dropped"))
}

// keptClient keeps what it is given to send, as the library's queues do.
type keptClient struct {
	tikv.Client
	kept []*tikvrpc.Request
}

func (c *keptClient) SendRequest(_ context.Context, _ string, req *tikvrpc.Request, _ time.Duration) (*tikvrpc.Response, error) {
	c.kept = append(c.kept, req)
	return nil, context.DeadlineExceeded
}

func TestAnAttemptThatWasGivenUpKeepsItsStoreWhenTheNextIsMade(t *testing.T) {
	for _, req := range []*tikvrpc.Request{
		tikvrpc.NewRequest(tikvrpc.CmdRawGet, &kvrpcpb.RawGetRequest{Key: []byte("a")}),
		tikvrpc.NewRequest(tikvrpc.CmdRawPut, &kvrpcpb.RawPutRequest{Key: []byte("a")}),
		tikvrpc.NewRequest(tikvrpc.CmdRawBatchPut, &kvrpcpb.RawBatchPutRequest{}),
	} {
		inner := &keptClient{}
		c := newTracedClient(inner, func(string, error, time.Time) {})
		for _, store := range []uint64{1, 2} {
			require.NoError(t, tikvrpc.SetContext(req, &metapb.Region{Id: 7}, &metapb.Peer{StoreId: store}))
			_, err := c.SendRequest(t.Context(), "", req, time.Second)
			require.Error(t, err)
		}
		for i, sent := range inner.kept {
			batched := sent.ToBatchCommandsRequest()
			require.EqualValues(t, i+1, storeOf(batched), "attempt %d of %s", i+1, req.Type)
		}
	}
}

func storeOf(r *tikvpb.BatchCommandsRequest_Request) uint64 {
	switch c := r.Cmd.(type) {
	case *tikvpb.BatchCommandsRequest_Request_RawGet:
		return c.RawGet.GetContext().GetPeer().GetStoreId()
	case *tikvpb.BatchCommandsRequest_Request_RawPut:
		return c.RawPut.GetContext().GetPeer().GetStoreId()
	case *tikvpb.BatchCommandsRequest_Request_RawBatchPut:
		return c.RawBatchPut.GetContext().GetPeer().GetStoreId()
	}
	return 0
}
