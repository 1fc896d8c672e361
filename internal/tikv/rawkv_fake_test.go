package tikv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/pingcap/kvproto/pkg/errorpb"
	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// fakeCluster speaks as much of PD's and TiKV's protocols as rawkv needs, in this
// process, and fails to order: three stores on one map of keys, three regions,
// region n led by store n.
type fakeCluster struct {
	pdpb.UnimplementedPDServer
	pd     *grpc.Server
	pdAddr string
	stores map[uint64]*fakeStore

	mu      sync.Mutex
	borders [4][]byte
	leaders map[uint64]uint64 // region: store; 0: none
	values  map[string][]byte
}

// newFakeCluster starts one whose regions are cut at "h" and "p".
func newFakeCluster(t testing.TB) *fakeCluster {
	return newFakeClusterCutAt(t, []byte("h"), []byte("p"))
}

func newFakeClusterCutAt(t testing.TB, first, second []byte) *fakeCluster {
	c := &fakeCluster{
		borders: [4][]byte{nil, first, second, nil},
		pd:      grpc.NewServer(),
		stores:  make(map[uint64]*fakeStore),
		leaders: map[uint64]uint64{1: 1, 2: 2, 3: 3},
		values:  make(map[string][]byte),
	}
	pdpb.RegisterPDServer(c.pd, c)
	c.pdAddr = serve(t, c.pd)
	for id := range uint64(3) {
		s := &fakeStore{id: id + 1, cluster: c, thaw: make(chan struct{})}
		s.server = s.newServer()
		s.addr = serve(t, s.server)
		c.stores[s.id] = s
	}
	return c
}

func serve(t testing.TB, s *grpc.Server) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveOn(t, s, l)
	return l.Addr().String()
}

func serveOn(t testing.TB, s *grpc.Server, l net.Listener) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Stop()
		<-done
	})
}

func (c *fakeCluster) nodeOf(address string) string {
	for _, s := range c.stores {
		if s.addr == address {
			return fmt.Sprintf("node-%d", s.id)
		}
	}
	return ""
}

func (c *fakeCluster) lead(region, store uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaders[region] = store
}

func (c *fakeCluster) region(key []byte) (*metapb.Region, *metapb.Peer) {
	id := uint64(1)
	for id < 3 && bytes.Compare(key, c.borders[id]) >= 0 {
		id++
	}
	r := &metapb.Region{Id: id, StartKey: c.borders[id-1], EndKey: c.borders[id], RegionEpoch: &metapb.RegionEpoch{ConfVer: 1, Version: 1}}
	for store := range uint64(3) {
		r.Peers = append(r.Peers, &metapb.Peer{Id: id*10 + store + 1, StoreId: store + 1})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if leader := c.leaders[id]; leader > 0 {
		return r, r.Peers[leader-1]
	}
	return r, nil
}

var fakeHeader = &pdpb.ResponseHeader{ClusterId: 7}

func (c *fakeCluster) GetMembers(context.Context, *pdpb.GetMembersRequest) (*pdpb.GetMembersResponse, error) {
	m := &pdpb.Member{Name: "pd", MemberId: 1, ClientUrls: []string{"http://" + c.pdAddr}, PeerUrls: []string{"http://" + c.pdAddr}}
	return &pdpb.GetMembersResponse{Header: fakeHeader, Members: []*pdpb.Member{m}, Leader: m, EtcdLeader: m}, nil
}

func (c *fakeCluster) GetRegion(_ context.Context, r *pdpb.GetRegionRequest) (*pdpb.GetRegionResponse, error) {
	region, leader := c.region(r.RegionKey)
	return &pdpb.GetRegionResponse{Header: fakeHeader, Region: region, Leader: leader}, nil
}

func (c *fakeCluster) GetStore(_ context.Context, r *pdpb.GetStoreRequest) (*pdpb.GetStoreResponse, error) {
	return &pdpb.GetStoreResponse{Header: fakeHeader, Store: c.stores[r.StoreId].meta()}, nil
}

func (c *fakeCluster) GetAllStores(context.Context, *pdpb.GetAllStoresRequest) (*pdpb.GetAllStoresResponse, error) {
	out := &pdpb.GetAllStoresResponse{Header: fakeHeader}
	for _, s := range c.stores {
		out.Stores = append(out.Stores, s.meta())
	}
	return out, nil
}

// fakeStore is one store.
type fakeStore struct {
	tikvpb.UnimplementedTikvServer
	id      uint64
	addr    string
	cluster *fakeCluster
	server  *grpc.Server

	mu     sync.Mutex
	frozen func() // not nil: it answers nothing; told of each request
	thaw   chan struct{}
}

func (s *fakeStore) meta() *metapb.Store {
	return &metapb.Store{Id: s.id, Address: s.addr, State: metapb.StoreState_Up, Version: "8.5.7"}
}

// kill ends the store as SIGKILL would: its connections break and nobody listens.
func (s *fakeStore) kill() { s.server.Stop() }

// restart has it serve again at its address.
func (s *fakeStore) restart(t testing.TB) {
	l, err := net.Listen("tcp", s.addr)
	require.NoError(t, err)
	s.server = s.newServer()
	serveOn(t, s.server, l)
}

func (s *fakeStore) newServer() *grpc.Server {
	server := grpc.NewServer()
	tikvpb.RegisterTikvServer(server, s)
	healthpb.RegisterHealthServer(server, fakeHealth{fakeStore: s})
	return server
}

// freeze leaves every request unanswered until the test ends, as SIGSTOP would.
// What it gives is closed when the first has come in.
func (s *fakeStore) freeze(t testing.TB) (asked <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := make(chan struct{})
	s.frozen = sync.OnceFunc(func() { close(first) })
	t.Cleanup(func() { close(s.thaw) })
	return first
}

// answering returns when the store answers at all.
func (s *fakeStore) answering(ctx context.Context) error {
	s.mu.Lock()
	frozen := s.frozen
	s.mu.Unlock()
	if frozen == nil {
		return nil
	}
	frozen()
	select {
	case <-s.thaw:
		return errors.New("the test is over")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fakeHealth is the store's health service.
type fakeHealth struct {
	healthpb.UnimplementedHealthServer
	*fakeStore
}

func (h fakeHealth) Check(ctx context.Context, _ *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}, h.answering(ctx)
}

// BatchCommands answers each message as a whole.
func (s *fakeStore) BatchCommands(stream tikvpb.Tikv_BatchCommandsServer) error {
	for {
		req, err := stream.Recv()
		if err != nil {
			return err
		}
		if err := s.answering(stream.Context()); err != nil {
			return err
		}
		resp := &tikvpb.BatchCommandsResponse{RequestIds: req.RequestIds}
		for _, r := range req.Requests {
			resp.Responses = append(resp.Responses, s.answer(r))
		}
		if err := stream.Send(resp); err != nil {
			return err
		}
	}
}

func (s *fakeStore) answer(r *tikvpb.BatchCommandsRequest_Request) *tikvpb.BatchCommandsResponse_Response {
	c := s.cluster
	switch cmd := r.Cmd.(type) {
	case *tikvpb.BatchCommandsRequest_Request_RawGet:
		out := &kvrpcpb.RawGetResponse{RegionError: s.refusal(cmd.RawGet.Key)}
		if out.RegionError == nil {
			c.mu.Lock()
			value, ok := c.values[string(cmd.RawGet.Key)]
			c.mu.Unlock()
			out.Value, out.NotFound = value, !ok
		}
		return &tikvpb.BatchCommandsResponse_Response{Cmd: &tikvpb.BatchCommandsResponse_Response_RawGet{RawGet: out}}
	case *tikvpb.BatchCommandsRequest_Request_RawPut:
		out := &kvrpcpb.RawPutResponse{RegionError: s.refusal(cmd.RawPut.Key)}
		if out.RegionError == nil {
			c.mu.Lock()
			c.values[string(cmd.RawPut.Key)] = cmd.RawPut.Value
			c.mu.Unlock()
		}
		return &tikvpb.BatchCommandsResponse_Response{Cmd: &tikvpb.BatchCommandsResponse_Response_RawPut{RawPut: out}}
	case *tikvpb.BatchCommandsRequest_Request_RawBatchPut:
		out := &kvrpcpb.RawBatchPutResponse{RegionError: s.refusal(cmd.RawBatchPut.Pairs[0].Key)}
		if out.RegionError == nil {
			c.mu.Lock()
			for _, p := range cmd.RawBatchPut.Pairs {
				c.values[string(p.Key)] = p.Value
			}
			c.mu.Unlock()
		}
		return &tikvpb.BatchCommandsResponse_Response{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchPut{RawBatchPut: out}}
	}
	return &tikvpb.BatchCommandsResponse_Response{}
}

func (s *fakeStore) refusal(key []byte) *errorpb.Error {
	region, leader := s.cluster.region(key)
	if leader.GetStoreId() == s.id {
		return nil
	}
	return &errorpb.Error{Message: "not leader", NotLeader: &errorpb.NotLeader{RegionId: region.Id, Leader: leader}}
}
