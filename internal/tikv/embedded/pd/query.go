package pd

import (
	"errors"
	"io"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// PD clients since 2025 find regions over the stream QueryRegion. The kvproto that
// client-go v2.0.7 needs does not have it: that client uses a field of
// kvrpcpb.Context which was removed in 2023, and the stream was added in 2024. So
// the three messages are defined here, with the field numbers of pdpb.proto.
const queryRegionMethod = "/pdpb.PD/QueryRegion"

// queryRegionRequest asks for regions by key, by the key behind them, and by id.
type queryRegionRequest struct {
	Header      *pdpb.RequestHeader `protobuf:"bytes,1,opt,name=header,proto3"`
	NeedBuckets bool                `protobuf:"varint,2,opt,name=need_buckets,proto3"`
	IDs         []uint64            `protobuf:"varint,3,rep,packed,name=ids,proto3"`
	Keys        [][]byte            `protobuf:"bytes,4,rep,name=keys,proto3"`
	PrevKeys    [][]byte            `protobuf:"bytes,5,rep,name=prev_keys,proto3"`
}

// queryRegionResponse has an id for each key, 0 if there is none, and each region
// once.
type queryRegionResponse struct {
	Header       *pdpb.ResponseHeader       `protobuf:"bytes,1,opt,name=header,proto3"`
	KeyIDMap     []uint64                   `protobuf:"varint,2,rep,packed,name=key_id_map,proto3"`
	PrevKeyIDMap []uint64                   `protobuf:"varint,3,rep,packed,name=prev_key_id_map,proto3"`
	RegionsByID  map[uint64]*regionResponse `protobuf:"bytes,4,rep,name=regions_by_id,proto3" protobuf_key:"varint,1,opt,name=key,proto3" protobuf_val:"bytes,2,opt,name=value,proto3"`
}

// regionResponse is one region, without down peers, pending peers and buckets, which
// this PD does not track.
type regionResponse struct {
	Region *metapb.Region `protobuf:"bytes,1,opt,name=region,proto3"`
	Leader *metapb.Peer   `protobuf:"bytes,2,opt,name=leader,proto3"`
}

// The methods that gRPC's codec needs.
func (m *queryRegionRequest) Reset()         { *m = queryRegionRequest{} }
func (m *queryRegionRequest) String() string { return "QueryRegionRequest" }
func (*queryRegionRequest) ProtoMessage()    {}

func (m *queryRegionResponse) Reset()         { *m = queryRegionResponse{} }
func (m *queryRegionResponse) String() string { return "QueryRegionResponse" }
func (*queryRegionResponse) ProtoMessage()    {}

func (m *regionResponse) Reset()         { *m = regionResponse{} }
func (m *regionResponse) String() string { return "RegionResponse" }
func (*regionResponse) ProtoMessage()    {}

// newer serves methods that the generated code does not have.
func (s *service) newer(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	if method != queryRegionMethod {
		return status.Errorf(codes.Unimplemented, "%s is not served here", method)
	}
	for {
		var r queryRegionRequest
		if err := stream.RecvMsg(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(s.queryRegion(&r)); err != nil {
			return err
		}
	}
}

func (s *service) queryRegion(r *queryRegionRequest) *queryRegionResponse {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	out := &queryRegionResponse{Header: s.c.header(), RegionsByID: map[uint64]*regionResponse{}}
	add := func(x *regionInfo) uint64 {
		if x == nil || x.Leader == nil {
			return 0
		}
		out.RegionsByID[x.Meta.Id] = &regionResponse{Region: x.Meta, Leader: x.Leader}
		return x.Meta.Id
	}
	for _, key := range r.Keys {
		out.KeyIDMap = append(out.KeyIDMap, add(s.c.regionOf(key)))
	}
	for _, key := range r.PrevKeys {
		out.PrevKeyIDMap = append(out.PrevKeyIDMap, add(s.c.regionBefore(key)))
	}
	for _, id := range r.IDs {
		add(s.c.Regions[id])
	}
	return out
}
