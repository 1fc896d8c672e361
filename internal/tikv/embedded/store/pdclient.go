package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// pdDeadline bounds one call to PD.
const pdDeadline = 2 * time.Second

// pdClient talks to whichever PD member leads.
type pdClient struct {
	log  *slog.Logger
	link *link

	cluster atomic.Uint64 // id of PD's cluster, 0 before PD was reached

	mu    sync.Mutex
	urls  []string
	conn  *grpc.ClientConn
	addrs map[uint64]string // peer address by store
}

func newPDClient(urls []string, ln *link, log *slog.Logger) *pdClient {
	return &pdClient{urls: urls, link: ln, log: log, addrs: map[uint64]string{}}
}

func (c *pdClient) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// leader returns a client of the leading member. It asks any member for it.
func (c *pdClient) leader(ctx context.Context) (pdpb.PDClient, *pdpb.RequestHeader, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		return pdpb.NewPDClient(c.conn), &pdpb.RequestHeader{ClusterId: c.cluster.Load()}, nil
	}
	last := errors.New("no PD address is known")
	for _, u := range c.urls {
		conn, err := c.dial(u)
		if err != nil {
			last = err
			continue
		}
		actx, cancel := context.WithTimeout(ctx, pdDeadline)
		r, err := pdpb.NewPDClient(conn).GetMembers(actx, &pdpb.GetMembersRequest{})
		cancel()
		if err != nil {
			last = err
			_ = conn.Close()
			continue
		}
		if lead := r.GetLeader().GetClientUrls(); len(lead) > 0 && lead[0] != u {
			_ = conn.Close()
			if conn, err = c.dial(lead[0]); err != nil {
				last = err
				continue
			}
		}
		c.conn = conn
		c.cluster.Store(r.GetHeader().GetClusterId())
		return pdpb.NewPDClient(conn), &pdpb.RequestHeader{ClusterId: c.cluster.Load()}, nil
	}
	return nil, nil, fmt.Errorf("PD does not answer: %w", last)
}

func (c *pdClient) dial(u string) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+pdapi.HostPort(u), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy(), grpc.WithContextDialer(c.link.dial))
}

// call makes one call. After an error the next call looks for the leader again.
func call[T interface{ GetHeader() *pdpb.ResponseHeader }](ctx context.Context, c *pdClient, f func(context.Context, pdpb.PDClient, *pdpb.RequestHeader) (T, error)) (T, error) {
	var zero T
	cl, h, err := c.leader(ctx)
	if err != nil {
		return zero, err
	}
	cctx, cancel := context.WithTimeout(ctx, pdDeadline)
	defer cancel()
	r, err := f(cctx, cl, h)
	if err != nil {
		c.close()
		return zero, err
	}
	if e := r.GetHeader().GetError(); e != nil && e.Type != pdpb.ErrorType_OK {
		return r, fmt.Errorf("PD says %s: %s", e.Type, e.Message)
	}
	return r, nil
}

// peerAddress returns the address at which a store takes Raft messages. It asks PD
// each time, because a restarted store has another port, and uses the last answer
// while PD is away.
func (c *pdClient) peerAddress(ctx context.Context, store uint64) (string, error) {
	r, err := call(ctx, c, func(ctx context.Context, cl pdpb.PDClient, h *pdpb.RequestHeader) (*pdpb.GetStoreResponse, error) {
		return cl.GetStore(ctx, &pdpb.GetStoreRequest{Header: h, StoreId: store})
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && r.GetStore().GetPeerAddress() != "" {
		c.addrs[store] = r.GetStore().GetPeerAddress()
	}
	if a := c.addrs[store]; a != "" {
		return a, nil
	}
	return "", fmt.Errorf("store %d is not known yet: %w", store, err)
}

// register bootstraps the cluster if need be, and puts the store.
func (c *pdClient) register(ctx context.Context, st *metapb.Store, first *metapb.Region) error {
	is, err := call(ctx, c, func(ctx context.Context, cl pdpb.PDClient, h *pdpb.RequestHeader) (*pdpb.IsBootstrappedResponse, error) {
		return cl.IsBootstrapped(ctx, &pdpb.IsBootstrappedRequest{Header: h})
	})
	if err != nil {
		return err
	}
	if !is.GetBootstrapped() {
		if first == nil {
			return errors.New("the cluster is not bootstrapped yet")
		}
		if _, err := call(ctx, c, func(ctx context.Context, cl pdpb.PDClient, h *pdpb.RequestHeader) (*pdpb.BootstrapResponse, error) {
			return cl.Bootstrap(ctx, &pdpb.BootstrapRequest{Header: h, Store: st, Region: first})
		}); err != nil {
			return err
		}
	}
	_, err = call(ctx, c, func(ctx context.Context, cl pdpb.PDClient, h *pdpb.RequestHeader) (*pdpb.PutStoreResponse, error) {
		return cl.PutStore(ctx, &pdpb.PutStoreRequest{Header: h, Store: st})
	})
	return err
}
