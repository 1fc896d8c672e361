package store

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pingcap/kvproto/pkg/metapb"
	"github.com/pingcap/kvproto/pkg/pdpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
)

// joinPD is a PD as far as joining goes, with the real one's rule for addresses.
// It calls before and after each change, so that a test can kill whoever asks.
type joinPD struct {
	pdpb.UnimplementedPDServer
	url string

	mu     sync.Mutex
	next   uint64
	stores []*metapb.Store
	turn   func() // at each moment at which the one that joins may die
}

func newJoinPD(t *testing.T) *joinPD {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &joinPD{url: "http://" + l.Addr().String(), turn: func() {}}
	srv := grpc.NewServer(grpc.WaitForHandlers(true))
	pdpb.RegisterPDServer(srv, p)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() { srv.Stop(); require.NoError(t, <-done) })
	return p
}

func (p *joinPD) change(f func() error) *pdpb.ResponseHeader {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn()
	defer p.turn()
	if err := f(); err != nil {
		return &pdpb.ResponseHeader{ClusterId: 1, Error: &pdpb.Error{Type: pdpb.ErrorType_UNKNOWN, Message: err.Error()}}
	}
	return &pdpb.ResponseHeader{ClusterId: 1}
}

func (p *joinPD) put(st *metapb.Store) error {
	for i, other := range p.stores {
		switch {
		case other.Id == st.Id:
			p.stores[i] = st
			return nil
		case other.Address == st.Address:
			return fmt.Errorf("duplicated store address: %v, already registered by %v", st, other)
		}
	}
	p.stores = append(p.stores, st)
	return nil
}

func (p *joinPD) GetMembers(context.Context, *pdpb.GetMembersRequest) (*pdpb.GetMembersResponse, error) {
	m := &pdpb.Member{Name: "pd-1", ClientUrls: []string{p.url}}
	return &pdpb.GetMembersResponse{Header: &pdpb.ResponseHeader{ClusterId: 1}, Members: []*pdpb.Member{m}, Leader: m}, nil
}

func (p *joinPD) AllocID(context.Context, *pdpb.AllocIDRequest) (*pdpb.AllocIDResponse, error) {
	out := &pdpb.AllocIDResponse{}
	out.Header = p.change(func() error { p.next++; out.Id = p.next; return nil })
	return out, nil
}

func (p *joinPD) IsBootstrapped(context.Context, *pdpb.IsBootstrappedRequest) (*pdpb.IsBootstrappedResponse, error) {
	out := &pdpb.IsBootstrappedResponse{}
	out.Header = p.change(func() error { out.Bootstrapped = len(p.stores) > 0; return nil })
	return out, nil
}

func (p *joinPD) Bootstrap(_ context.Context, r *pdpb.BootstrapRequest) (*pdpb.BootstrapResponse, error) {
	return &pdpb.BootstrapResponse{Header: p.change(func() error { return p.put(r.Store) })}, nil
}

func (p *joinPD) PutStore(_ context.Context, r *pdpb.PutStoreRequest) (*pdpb.PutStoreResponse, error) {
	return &pdpb.PutStoreResponse{Header: p.change(func() error { return p.put(r.Store) })}, nil
}

func (p *joinPD) GetAllStores(context.Context, *pdpb.GetAllStoresRequest) (*pdpb.GetAllStoresResponse, error) {
	out := &pdpb.GetAllStoresResponse{}
	out.Header = p.change(func() error { out.Stores = append(out.Stores, p.stores...); return nil })
	return out, nil
}

// joining has one store of three join, at the address "a".
func joining(ctx context.Context, p *joinPD, dir string) (Config, error) {
	log := slog.New(slog.DiscardHandler)
	cfg := Config{Dir: dir, Log: log, Now: time.Now, Join: &Join{Stores: 3}}
	cl := newPDClient([]string{p.url}, newLink(), log)
	defer cl.close()
	err := join(ctx, cl, &cfg, addresses{clients: "a"})
	return cfg, err
}

// A store that dies while it joins, before or after any of PD's changes, joins
// when it is started again: as the first store, which bootstraps the cluster,
// and as the last, which finds it whole.
func TestAStoreThatDiesWhileItJoinsJoinsAgain(t *testing.T) {
	others := []*metapb.Store{{Id: 1001, Address: "b"}, {Id: 1002, Address: "c"}}
	for name, there := range map[string][]*metapb.Store{"first": nil, "last": others} {
		t.Run(name, func(t *testing.T) {
			for moment := 1; ; moment++ {
				p := newJoinPD(t)
				for _, st := range there {
					require.NoError(t, p.put(st))
				}
				dir := t.TempDir()
				ctx, kill := context.WithTimeout(t.Context(), 30*time.Second)
				turns, killed := 0, false
				p.turn = func() {
					if turns++; turns == moment {
						killed = true
						kill()
					}
				}
				if len(there) == 0 && moment > 1 { // the others come, or it would wait for ever
					turn := p.turn
					p.turn = func() {
						turn()
						if len(p.stores) == 1 {
							p.stores = append(p.stores, others...)
						}
					}
				}
				_, err := joining(ctx, p, dir)
				kill()
				p.mu.Lock()
				p.turn = func() {
					if len(p.stores) == 1 {
						p.stores = append(p.stores, others...)
					}
				}
				done := !killed
				p.mu.Unlock()
				if done {
					require.NoError(t, err)
					require.Greater(t, moment, 8, "four changes at the least")
					return
				}
				again, stop := context.WithTimeout(t.Context(), 5*time.Second)
				cfg, err := joining(again, p, dir)
				stop()
				require.NoError(t, err, "killed at moment %d", moment)
				require.Len(t, p.stores, 3, "killed at moment %d", moment)
				require.Len(t, cfg.Layout.Stores, 3)
				restarted, err := joining(t.Context(), p, dir)
				require.NoError(t, err)
				require.Equal(t, cfg.ID, restarted.ID)
				require.Equal(t, cfg.Layout, restarted.Layout)
			}
		})
	}
}

// What was being written when the store died is not taken for what is written.
func TestAHalfWrittenFileIsNotRead(t *testing.T) {
	p := newJoinPD(t)
	require.NoError(t, p.put(&metapb.Store{Id: 1001, Address: "b"}))
	require.NoError(t, p.put(&metapb.Store{Id: 1002, Address: "c"}))
	dir := t.TempDir()
	for _, name := range []string{identityName, layoutName} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".new"), []byte(`{"ver`), 0o600))
	}
	cfg, err := joining(t.Context(), p, dir)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, identityName)))
	_, err = joining(t.Context(), p, dir)
	require.ErrorContains(t, err, "has a layout and no store.json")
	require.NotZero(t, cfg.ID)
}
