package contract

import (
	"strings"
	"testing"
	"time"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tikv/client-go/v2/rawkv"
	pd "github.com/tikv/pd/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// wire speaks to the stores without a client between.
type wire struct {
	region *pd.Region // from b to d
	stores map[uint64]tikvpb.TikvClient
}

func dial(t *testing.T, c *rawkv.Client) *wire {
	t.Helper()
	w := &wire{stores: map[uint64]tikvpb.TikvClient{}}
	all, err := c.GetPDClient().GetAllStores(t.Context())
	require.NoError(t, err)
	for _, s := range all {
		conn, err := grpc.NewClient("passthrough:///"+s.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, conn.Close()) })
		w.stores[s.Id] = tikvpb.NewTikvClient(conn)
	}
	regions, err := c.GetPDClient().ScanRegions(t.Context(), nil, nil, 0)
	require.NoError(t, err)
	require.Len(t, regions, len(borders)+1)
	w.region = regions[1]
	return w
}

// leader gives the leader of the region from b to d, and the context of a
// request for it.
func (w *wire) leader() (tikvpb.TikvClient, *kvrpcpb.Context) {
	return w.stores[w.region.Leader.StoreId], &kvrpcpb.Context{RegionId: w.region.Meta.Id, RegionEpoch: w.region.Meta.RegionEpoch, Peer: w.region.Leader}
}

// What no well-behaved client sends is answered as TiKV answers it, too; and the
// region errors are the protocol's own, with what a client needs to go on.
func TestStoresOnTheWire(t *testing.T) {
	c := rawClient(t)
	fill(t, c)
	w := dial(t, c)
	t.Run("region errors", w.regionErrors)
	t.Run("ranges", w.ranges)
	t.Run("refusals", w.refusals)
	t.Run("batch scan", w.batchScan)
	require.Equal(t, allKeys, everything(t, c))
}

func (w *wire) regionErrors(t *testing.T) {
	get := func(change func(*kvrpcpb.Context), key string) *errorpb.Error {
		t.Helper()
		cl, ctx := w.leader()
		change(ctx)
		r, err := cl.RawGet(t.Context(), &kvrpcpb.RawGetRequest{Context: ctx, Key: []byte(key)})
		require.NoError(t, err)
		return r.RegionError
	}
	require.Nil(t, get(func(*kvrpcpb.Context) {}, "c"))

	e := get(func(c *kvrpcpb.Context) { c.RegionId = 999 }, "c")
	require.EqualValues(t, 999, e.GetRegionNotFound().GetRegionId())
	require.Equal(t, "region 999 not found", e.Message)

	e = get(func(c *kvrpcpb.Context) { c.Peer = &metapb.Peer{Id: 7, StoreId: 99} }, "c")
	require.EqualValues(t, 99, e.GetStoreNotMatch().GetRequestStoreId())

	e = get(func(c *kvrpcpb.Context) { c.RegionEpoch = &metapb.RegionEpoch{ConfVer: 1, Version: 1} }, "c")
	require.Len(t, e.GetEpochNotMatch().GetCurrentRegions(), 1)
	require.Equal(t, "b", string(e.EpochNotMatch.CurrentRegions[0].StartKey))
	require.Equal(t, "d", string(e.EpochNotMatch.CurrentRegions[0].EndKey))
	require.Len(t, e.EpochNotMatch.CurrentRegions[0].Peers, 3)

	e = get(func(c *kvrpcpb.Context) { c.RegionEpoch = nil }, "c")
	require.Contains(t, e.Message, "missing epoch!")

	for _, key := range []string{"a\xff", "d"} { // the end of a region is not in it
		e = get(func(*kvrpcpb.Context) {}, key)
		require.Equal(t, key, string(e.GetKeyNotInRegion().GetKey()))
	}

	_, ctx := w.leader()
	for id, cl := range w.stores {
		if id == ctx.Peer.StoreId {
			continue
		}
		follower := &kvrpcpb.Context{RegionId: ctx.RegionId, RegionEpoch: ctx.RegionEpoch}
		// The region serves with two of its three peers; the third may not have
		// heard yet who leads, and then it names nobody.
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			put, err := cl.RawPut(t.Context(), &kvrpcpb.RawPutRequest{Context: follower, Key: []byte("c"), Value: []byte("x")})
			require.NoError(c, err)
			require.Equal(c, ctx.Peer.StoreId, put.RegionError.GetNotLeader().GetLeader().GetStoreId())
			require.Equal(c, ctx.Peer.Id, put.RegionError.NotLeader.Leader.Id)
		}, time.Minute, 20*time.Millisecond, "a follower names the leader")
	}
}

func (w *wire) ranges(t *testing.T) {
	cl, ctx := w.leader()
	for _, r := range []struct {
		start, end string
		words      string
	}{
		{"c", "", "key  is not in region key range"},
		{"c", "e", "key 65 is not in region key range"},
		{"a", "c", "key 61 is not in region key range"},
		{"c", "c", "invalid delete range command"},
		{"c", "b", "invalid delete range command"},
	} {
		out, err := cl.RawDeleteRange(t.Context(), &kvrpcpb.RawDeleteRangeRequest{Context: ctx, StartKey: []byte(r.start), EndKey: []byte(r.end)})
		require.NoError(t, err)
		require.Contains(t, out.RegionError.GetMessage(), r.words, "%q to %q", r.start, r.end)
	}
	for _, r := range []struct {
		start   string
		reverse bool
		outside bool
	}{{"a", false, true}, {"d", false, false}, {"e", false, true}, {"d", true, false}, {"d\x00", true, true}, {"", true, true}} {
		out, err := cl.RawScan(t.Context(), &kvrpcpb.RawScanRequest{Context: ctx, StartKey: []byte(r.start), Limit: 9, Reverse: r.reverse})
		require.NoError(t, err)
		require.Equal(t, r.outside, out.RegionError.GetKeyNotInRegion() != nil, "%+v", r)
	}
	// a limit is the caller's own business; what a scan gives stays in the region
	out, err := cl.RawScan(t.Context(), &kvrpcpb.RawScanRequest{Context: ctx, StartKey: []byte("b"), Limit: 1 << 31})
	require.NoError(t, err)
	require.Len(t, out.Kvs, 4)
}

func (w *wire) refusals(t *testing.T) {
	cl, ctx := w.leader()
	pairs := []*kvrpcpb.KvPair{{Key: []byte("b")}, {Key: []byte("c")}, {Key: []byte("b\x00")}}
	put, err := cl.RawBatchPut(t.Context(), &kvrpcpb.RawBatchPutRequest{Context: ctx, Pairs: pairs, Ttls: []uint64{1, 2}})
	require.NoError(t, err)
	require.Equal(t, "The length of ttls does not equal to the length of pairs", put.Error)

	v2 := &kvrpcpb.Context{RegionId: ctx.RegionId, RegionEpoch: ctx.RegionEpoch, Peer: ctx.Peer, ApiVersion: kvrpcpb.APIVersion_V2}
	get, err := cl.RawGet(t.Context(), &kvrpcpb.RawGetRequest{Context: v2, Key: []byte("c")})
	require.NoError(t, err)
	require.Equal(t, "Api version in request does not match with TiKV storage, cmd: raw_get, storage: V1ttl, request: V2", get.Error)

	many, err := cl.RawBatchGet(t.Context(), &kvrpcpb.RawBatchGetRequest{Context: ctx, Cf: "nope", Keys: bytesOf("c")})
	require.NoError(t, err)
	require.Len(t, many.Pairs, 1)
	require.Contains(t, many.Pairs[0].GetError().GetAbort(), "invalid cf name: nope")

	sum, err := cl.RawChecksum(t.Context(), &kvrpcpb.RawChecksumRequest{Context: ctx, Algorithm: 7})
	require.NoError(t, err)
	require.Contains(t, sum.Error, "unknown checksum algorithm")

	plugin, err := cl.RawCoprocessor(t.Context(), &kvrpcpb.RawCoprocessorRequest{Context: ctx, CoprName: "mine"})
	require.NoError(t, err)
	require.Equal(t, "No registered coprocessor with name 'mine'", plugin.Error)

	// atomic writes are not measured; the region is what they are held to
	swap, err := cl.RawCompareAndSwap(t.Context(), &kvrpcpb.RawCASRequest{Context: ctx, Key: []byte("e"), PreviousNotExist: true})
	require.NoError(t, err)
	require.NotNil(t, swap.RegionError.GetKeyNotInRegion())
	long := []byte("c" + strings.Repeat("x", 9<<10))
	swap, err = cl.RawCompareAndSwap(t.Context(), &kvrpcpb.RawCASRequest{Context: ctx, Key: long, PreviousNotExist: true, Value: []byte("x")})
	require.NoError(t, err)
	require.True(t, swap.Succeed)
	gone, err := cl.RawDelete(t.Context(), &kvrpcpb.RawDeleteRequest{Context: ctx, Key: long, ForCas: true})
	require.NoError(t, err)
	require.Empty(t, gone.Error)
}

// BatchCommands carries every raw command; a batch scan is one that client-go
// does not send by itself.
func (w *wire) batchScan(t *testing.T) {
	cl, ctx := w.leader()
	stream, err := cl.BatchCommands(t.Context())
	require.NoError(t, err)
	scan := func(reverse bool, limit uint32, ranges ...string) []string {
		t.Helper()
		req := &kvrpcpb.RawBatchScanRequest{Context: ctx, EachLimit: limit, Reverse: reverse}
		for i := 0; i < len(ranges); i += 2 {
			req.Ranges = append(req.Ranges, &kvrpcpb.KeyRange{StartKey: []byte(ranges[i]), EndKey: []byte(ranges[i+1])})
		}
		require.NoError(t, stream.Send(&tikvpb.BatchCommandsRequest{
			RequestIds: []uint64{5}, Requests: []*tikvpb.BatchCommandsRequest_Request{{Cmd: &tikvpb.BatchCommandsRequest_Request_RawBatchScan{RawBatchScan: req}}},
		}))
		in, err := stream.Recv()
		require.NoError(t, err)
		require.Equal(t, []uint64{5}, in.RequestIds)
		out := []string{}
		for _, kv := range in.Responses[0].GetRawBatchScan().GetKvs() {
			out = append(out, string(kv.Key)+kv.GetError().GetAbort())
		}
		return out
	}
	require.Equal(t, []string{"b", "b\x00", "c", "c\xff"}, scan(false, 9, "b", "", "c", ""), "a range ends where the next one starts")
	require.Equal(t, []string{"b", "c"}, scan(false, 1, "b", "b\x00", "c", "d"))
	require.Equal(t, []string{"c\xff", "b\x00", "b"}, scan(true, 2, "d", "c\xff", "c", "b"))
	require.Equal(t, []string{"Invalid KeyRanges"}, scan(false, 9, "c", "b"))
	require.NoError(t, stream.CloseSend())
}
