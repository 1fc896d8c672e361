package pd

import (
	"encoding/hex"
	"testing"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
)

// asBytes is what gRPC puts on the wire for a message.
func asBytes(t *testing.T, v any) string {
	t.Helper()
	b, err := encoding.GetCodecV2("proto").Marshal(v)
	require.NoError(t, err)
	return hex.EncodeToString(b.Materialize())
}

// The bytes are those of kvproto v0.0.0-20260608025309-50b863799195.
func TestTheMessagesOfQueryRegionAreKvprotos(t *testing.T) {
	request := "0a02080710011a030c8f4e22016122036b35782a036b35782a0161"
	response := "0a02080712020a0f1a020e00220e080a120a0a02080a120408651001"
	ask := &queryRegionRequest{
		Header: &pdpb.RequestHeader{ClusterId: 7}, NeedBuckets: true, IDs: []uint64{12, 9999},
		Keys: [][]byte{[]byte("a"), []byte("k5x")}, PrevKeys: [][]byte{[]byte("k5x"), []byte("a")},
	}
	require.Equal(t, request, asBytes(t, ask))
	require.Equal(t, response, asBytes(t, &queryRegionResponse{
		Header: &pdpb.ResponseHeader{ClusterId: 7}, KeyIDMap: []uint64{10, 15}, PrevKeyIDMap: []uint64{14, 0},
		RegionsByID: map[uint64]*regionResponse{10: {Region: &metapb.Region{Id: 10}, Leader: &metapb.Peer{Id: 101, StoreId: 1}}},
	}))
	b, err := hex.DecodeString(request)
	require.NoError(t, err)
	var read queryRegionRequest
	require.NoError(t, encoding.GetCodecV2("proto").Unmarshal(mem.BufferSlice{mem.SliceBuffer(b)}, &read))
	require.Equal(t, ask.Keys, read.Keys)
	require.Equal(t, ask.PrevKeys, read.PrevKeys)
	require.Equal(t, ask.IDs, read.IDs)
}

func TestRegionsAreFoundOverTheStreamOfNewerClients(t *testing.T) {
	th := open(t, t.TempDir())
	stream, err := th.conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, queryRegionMethod)
	require.NoError(t, err)
	ask := func(r *queryRegionRequest) *queryRegionResponse {
		r.Header = th.head
		require.NoError(t, stream.SendMsg(r))
		var out queryRegionResponse
		require.NoError(t, stream.RecvMsg(&out))
		require.Equal(t, th.head.ClusterId, out.Header.GetClusterId())
		return &out
	}
	none := ask(&queryRegionRequest{Keys: [][]byte{[]byte("a")}})
	require.Equal(t, []uint64{0}, none.KeyIDMap, "before there is a region")
	require.Empty(t, none.RegionsByID)

	th.bootstrap()
	r := ask(&queryRegionRequest{
		IDs:      []uint64{12, 9999},
		Keys:     [][]byte{[]byte("a"), []byte("k5x"), nil, []byte("zzz")},
		PrevKeys: [][]byte{[]byte("k5x"), []byte("a")},
	})
	require.Equal(t, []uint64{10, 15, 10, 18}, r.KeyIDMap)
	require.Equal(t, []uint64{14, 0}, r.PrevKeyIDMap)
	require.Len(t, r.RegionsByID, 5, "10, 12, 14, 15 and 18")
	require.Equal(t, []byte("k5"), r.RegionsByID[15].Region.GetStartKey())
	require.Equal(t, []byte("k6"), r.RegionsByID[15].Region.GetEndKey())
	require.EqualValues(t, 1+5%3, r.RegionsByID[15].Leader.GetStoreId())
	require.NoError(t, stream.CloseSend())

	err = th.conn.Invoke(t.Context(), "/pdpb.PD/NoSuchThing", &pdpb.GetMembersRequest{}, &pdpb.GetMembersResponse{})
	require.Equal(t, codes.Unimplemented, status.Code(err))
}
