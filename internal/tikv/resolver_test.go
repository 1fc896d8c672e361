package tikv

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pingcap/kvproto/pkg/pdpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// inContainers has a cluster tell names that nobody here can resolve, as one in
// containers does, and gives where they are.
func (c *fakeCluster) inContainers(t *testing.T) (at map[string]string) {
	at = map[string]string{"pd-1.invalid:2379": c.pdAddr}
	c.pdAddr = "pd-1.invalid:2379"
	for _, s := range c.stores {
		name := fmt.Sprintf("tikv-%d.invalid:20160", s.id)
		at[name], s.addr = s.addr, name
	}
	t.Cleanup(func() { MapAddresses(nil) })
	return at
}

func TestNamesOfContainersAreDialledWhereTheyArePublished(t *testing.T) {
	c := newFakeCluster(t)
	at := c.inContainers(t)
	MapAddresses(func(address string) string {
		if to, ok := at[address]; ok {
			return to
		}
		return address
	})
	kv, err := OpenRaw(t.Context(), RawOptions{PD: []string{at["pd-1.invalid:2379"]}, NodeOf: c.nodeOf})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, kv.Close()) })
	for _, key := range []string{"a", "k", "z"} {
		require.NoError(t, kv.Put(t.Context(), []byte(key), []byte("v")), key)
	}

	// A store that dies and returns is found again: the client's own probe of it
	// dials by the same map.
	s := c.stores[2]
	s.kill()
	require.Error(t, kv.Put(t.Context(), []byte("k"), []byte("v")))
	l, err := net.Listen("tcp", at["tikv-2.invalid:20160"])
	require.NoError(t, err)
	serveOn(t, s.newServer(), l)
	require.Eventually(t, func() bool { return kv.Put(t.Context(), []byte("k"), []byte("v")) == nil }, 20*time.Second, 50*time.Millisecond)
}

func TestWithoutAMapAddressesStay(t *testing.T) {
	MapAddresses(nil)
	require.Equal(t, "tikv-1:20160", mapAddress("tikv-1:20160"))
}

func TestTheStatusAddressIsWhereItIsPublished(t *testing.T) {
	pd := recordedPD(t, "up")
	p := NewHealthPoller(PollerConfig{PD: []string{pd.URL}, Resolve: func(address string) string { return "published-" + address }})
	t.Cleanup(p.pd.Close)
	var stores []demo.Node
	for _, n := range p.Poll(t.Context()).Nodes {
		if n.Type == "tikv" {
			stores = append(stores, n)
		}
	}
	require.NotEmpty(t, stores)
	for i, n := range look(t, pd.URL).Nodes[1:] {
		require.Equal(t, n.Address, stores[i].Address)
		require.Equal(t, "published-"+n.StatusAddress, stores[i].StatusAddress)
	}
}

// oneOfTwo is one of two members of PD over one cluster.
type oneOfTwo struct {
	*fakeCluster
	addrs  *[2]string
	leader *atomic.Int32
	asked  atomic.Int64
}

func (p *oneOfTwo) GetMembers(context.Context, *pdpb.GetMembersRequest) (*pdpb.GetMembersResponse, error) {
	out := &pdpb.GetMembersResponse{Header: fakeHeader}
	for i, a := range p.addrs {
		out.Members = append(out.Members, &pdpb.Member{Name: fmt.Sprint(i), MemberId: uint64(i) + 1, ClientUrls: []string{"http://" + a}, PeerUrls: []string{"http://" + a}})
	}
	out.Leader = out.Members[p.leader.Load()]
	out.EtcdLeader = out.Leader
	return out, nil
}

func (p *oneOfTwo) GetAllStores(ctx context.Context, r *pdpb.GetAllStoresRequest) (*pdpb.GetAllStoresResponse, error) {
	p.asked.Add(1)
	return p.fakeCluster.GetAllStores(ctx, r)
}

// A client that has no question to PD learns all the same that PD is led by
// somebody else, before it has one.
func TestPDsNewLeaderIsKnownBeforeItIsNeeded(t *testing.T) {
	c := newFakeCluster(t)
	var addrs [2]string
	var leader atomic.Int32
	var members [2]*oneOfTwo
	var servers [2]*grpc.Server
	for i := range members {
		members[i] = &oneOfTwo{fakeCluster: c, addrs: &addrs, leader: &leader}
		servers[i] = grpc.NewServer()
		pdpb.RegisterPDServer(servers[i], members[i])
		addrs[i] = serve(t, servers[i])
	}
	kv, err := OpenRaw(t.Context(), RawOptions{PD: addrs[:], NodeOf: c.nodeOf})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, kv.Close()) })
	require.Eventually(t, func() bool { return members[0].asked.Load() > 0 }, 10*time.Second, 10*time.Millisecond)
	require.Zero(t, members[1].asked.Load())
	leader.Store(1)
	servers[0].Stop()
	require.Eventually(t, func() bool { return members[1].asked.Load() > 0 }, 20*time.Second, 10*time.Millisecond)
}
