package pd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
)

// service implements the part of PD's gRPC API that stores and raw clients use. The
// rest answers Unimplemented.
type service struct {
	pdpb.UnimplementedPDServer
	c   *cluster
	url string
	b   balancer
}

func (s *service) member() *pdpb.Member {
	return &pdpb.Member{Name: memberName, MemberId: s.c.MemberID, PeerUrls: []string{s.url}, ClientUrls: []string{s.url}}
}

func (s *service) fail(t pdpb.ErrorType, format string, a ...any) *pdpb.ResponseHeader {
	return &pdpb.ResponseHeader{ClusterId: s.c.ID, Error: &pdpb.Error{Type: t, Message: fmt.Sprintf(format, a...)}}
}

// GetMembers returns the one member, which leads. Its URL replaces the client's list.
func (s *service) GetMembers(context.Context, *pdpb.GetMembersRequest) (*pdpb.GetMembersResponse, error) {
	m := s.member()
	return &pdpb.GetMembersResponse{Header: s.c.header(), Members: []*pdpb.Member{m}, Leader: m, EtcdLeader: m}, nil
}

// GetClusterInfo reports that PD runs as one service.
func (s *service) GetClusterInfo(context.Context, *pdpb.GetClusterInfoRequest) (*pdpb.GetClusterInfoResponse, error) {
	return &pdpb.GetClusterInfoResponse{Header: s.c.header(), ServiceModes: []pdpb.ServiceMode{pdpb.ServiceMode_PD_SVC_MODE}}, nil
}

// Tso keeps the stream open that clients open. Raw clients request no timestamps.
func (s *service) Tso(stream pdpb.PD_TsoServer) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.Send(&pdpb.TsoResponse{Header: s.fail(pdpb.ErrorType_UNKNOWN, "this PD has no timestamp oracle: raw keys only")}); err != nil {
			return err
		}
	}
}

// IsBootstrapped reports whether the cluster has a first store.
func (s *service) IsBootstrapped(context.Context, *pdpb.IsBootstrappedRequest) (*pdpb.IsBootstrappedResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return &pdpb.IsBootstrappedResponse{Header: s.c.header(), Bootstrapped: s.c.bootstrapped()}, nil
}

// Bootstrap takes the first store and the first region.
func (s *service) Bootstrap(_ context.Context, r *pdpb.BootstrapRequest) (*pdpb.BootstrapResponse, error) {
	if r.GetStore().GetId() == 0 || r.GetRegion().GetId() == 0 || len(r.Region.Peers) != 1 || len(r.Region.StartKey)+len(r.Region.EndKey) > 0 {
		return &pdpb.BootstrapResponse{Header: s.fail(pdpb.ErrorType_UNKNOWN, "a first region has one peer and all keys")}, nil
	}
	err := s.c.bootstrap(r.Store, r.Region)
	if errors.Is(err, errBootstrapped) {
		return &pdpb.BootstrapResponse{Header: s.fail(pdpb.ErrorType_ALREADY_BOOTSTRAPPED, "%v", err)}, nil
	}
	return &pdpb.BootstrapResponse{Header: s.c.header()}, err
}

// AllocID returns a new id.
func (s *service) AllocID(context.Context, *pdpb.AllocIDRequest) (*pdpb.AllocIDResponse, error) {
	id, err := s.c.allocID()
	return &pdpb.AllocIDResponse{Header: s.c.header(), Id: id}, err
}

// PutStore registers a store, or its new address.
func (s *service) PutStore(_ context.Context, r *pdpb.PutStoreRequest) (*pdpb.PutStoreResponse, error) {
	if err := s.c.putStore(r.GetStore()); err != nil {
		return &pdpb.PutStoreResponse{Header: s.fail(pdpb.ErrorType_UNKNOWN, "%v", err)}, nil
	}
	return &pdpb.PutStoreResponse{Header: s.c.header()}, nil
}

// GetStore returns one store.
func (s *service) GetStore(_ context.Context, r *pdpb.GetStoreRequest) (*pdpb.GetStoreResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	st := s.c.StoresByID[r.GetStoreId()]
	if st == nil {
		return &pdpb.GetStoreResponse{Header: s.fail(pdpb.ErrorType_UNKNOWN, "invalid store ID %d, not found", r.GetStoreId())}, nil
	}
	return &pdpb.GetStoreResponse{Header: s.c.header(), Store: st.Meta, Stats: st.Stats}, nil
}

// GetAllStores returns every store.
func (s *service) GetAllStores(context.Context, *pdpb.GetAllStoresRequest) (*pdpb.GetAllStoresResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	out := &pdpb.GetAllStoresResponse{Header: s.c.header()}
	for _, st := range s.c.sorted() {
		out.Stores = append(out.Stores, st.Meta)
	}
	return out, nil
}

// StoreHeartbeat takes a store's heartbeat.
func (s *service) StoreHeartbeat(_ context.Context, r *pdpb.StoreHeartbeatRequest) (*pdpb.StoreHeartbeatResponse, error) {
	if !s.c.storeBeat(r.GetStats()) {
		return &pdpb.StoreHeartbeatResponse{Header: s.fail(pdpb.ErrorType_UNKNOWN, "store %d not found", r.GetStats().GetStoreId())}, nil
	}
	return &pdpb.StoreHeartbeatResponse{Header: s.c.header()}, nil
}

// RegionHeartbeat takes the reports of leaders and answers with operators.
func (s *service) RegionHeartbeat(stream pdpb.PD_RegionHeartbeatServer) error {
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if r.GetRegion() == nil || r.GetLeader() == nil {
			continue
		}
		s.c.regionBeat(r)
		if op := s.b.next(s.c, r); op != nil {
			if err := stream.Send(op); err != nil {
				return err
			}
		}
	}
}

// GetRegion finds a region by a key in it.
func (s *service) GetRegion(_ context.Context, r *pdpb.GetRegionRequest) (*pdpb.GetRegionResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.found(s.c.regionOf(r.GetRegionKey())), nil
}

// GetPrevRegion finds the region before that of a key.
func (s *service) GetPrevRegion(_ context.Context, r *pdpb.GetRegionRequest) (*pdpb.GetRegionResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.found(s.c.regionBefore(r.GetRegionKey())), nil
}

// GetRegionByID finds a region by its id.
func (s *service) GetRegionByID(_ context.Context, r *pdpb.GetRegionByIDRequest) (*pdpb.GetRegionResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.found(s.c.Regions[r.GetRegionId()]), nil
}

func (s *service) found(r *regionInfo) *pdpb.GetRegionResponse {
	out := &pdpb.GetRegionResponse{Header: s.c.header()}
	if r != nil && r.Leader != nil {
		out.Region, out.Leader = r.Meta, r.Leader
	}
	return out
}

// ScanRegions returns the regions from a key on.
func (s *service) ScanRegions(_ context.Context, r *pdpb.ScanRegionsRequest) (*pdpb.ScanRegionsResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	out := &pdpb.ScanRegionsResponse{Header: s.c.header()}
	for _, x := range s.c.byStart {
		before := len(x.Meta.EndKey) > 0 && slices.Compare(x.Meta.EndKey, r.StartKey) <= 0
		after := len(r.EndKey) > 0 && slices.Compare(x.Meta.StartKey, r.EndKey) >= 0
		if before || after || r.Limit > 0 && len(out.Regions) >= int(r.Limit) {
			continue
		}
		lead := x.Leader
		if lead == nil {
			lead = &metapb.Peer{}
		}
		out.Regions = append(out.Regions, &pdpb.Region{Region: x.Meta, Leader: lead})
		out.RegionMetas = append(out.RegionMetas, x.Meta)
		out.Leaders = append(out.Leaders, lead)
	}
	return out, nil
}
