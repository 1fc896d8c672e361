package tikv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pingcap/kvproto/pkg/pdpb"
	"github.com/tikv/client-go/v2/rawkv"
	"github.com/tikv/client-go/v2/tikv"
	pd "github.com/tikv/pd/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tikv-demo/tikv-demo/internal/load"
)

// Limits of opening a client. PD's own client would try for minutes and take no
// notice of its context; once one of its endpoints has answered us it needs one
// try.
const (
	openLimit      = 10 * time.Second // when the context has no end of its own
	pdCallLimit    = time.Second
	pdAskPause     = 100 * time.Millisecond
	pdClientTries  = 3
	operationLimit = time.Second // when the context has no end of its own
)

// RawOptions says what OpenRaw opens.
type RawOptions struct {
	// PD lists PD's client URLs, with or without http://.
	PD []string
	// NodeOf gives the name of the node that serves at a store's address
	// (host:port), empty when it knows none; errors are put down to that name.
	// Nil puts them down to the address.
	NodeOf func(address string) string
}

// RawKV is a client of TiKV's raw keys. It is a load.KV and a load.Watcher: its
// errors are *load.OpError and say which node failed. Calls may be made from
// many goroutines.
type RawKV struct {
	opts   RawOptions
	client *rawkv.Client
	plain  rawkv.Client // client as it was made, with the RPC layer that was replaced
	rpc    *tracedClient

	watchMu sync.Mutex
	watch   func(load.OpError)

	endPD func() // ends watchPD and waits for it
}

var (
	_ load.KV      = (*RawKV)(nil)
	_ load.Watcher = (*RawKV)(nil)
)

// OpenRaw connects to the cluster that PD describes. It fails with one line that
// names the endpoints when none of them answers before ctx is done, or within
// 10 s when ctx has no deadline. Close what it returns.
func OpenRaw(ctx context.Context, opts RawOptions) (*RawKV, error) {
	if err := installClientLogs(); err != nil {
		return nil, err
	}
	addrs, err := pdAddrs(opts.PD)
	if err != nil {
		return nil, err
	}
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, openLimit)
		defer cancel()
	}
	if err := awaitPD(ctx, addrs); err != nil {
		return nil, err
	}
	client, err := rawkv.NewClientWithOpts(ctx, addrs, rawkv.WithPDOptions(
		pd.WithCustomTimeoutOption(pdCallLimit), pd.WithMaxErrorRetry(pdClientTries)))
	if err != nil {
		return nil, fmt.Errorf("PD at %s answered and then failed: %w", strings.Join(addrs, ", "), err)
	}
	kv := &RawKV{opts: opts, client: client, plain: *client}
	kv.rpc = newTracedClient(tikv.NewRPCClient(), kv.broken)
	// rawkv has no option for this. ClientProbe is the library's public way to
	// another RPC layer, made for tests; the module's version is pinned.
	rawkv.ClientProbe{Client: client}.SetRPCClient(kv.rpc)
	kv.startWatchingPD()
	return kv, nil
}

// Close ends the client's connections and goroutines. No call may be under way.
func (r *RawKV) Close() error {
	r.Watch(nil)
	r.endPD()
	return errors.Join(r.rpc.Close(), r.plain.Close())
}

// Get gives a key's value; nil says that there is none.
func (r *RawKV) Get(ctx context.Context, key []byte) (value []byte, err error) {
	err = r.do(ctx, func(ctx context.Context) error {
		value, err = r.client.Get(ctx, key)
		return err
	})
	return value, err
}

// Put writes one key. After an error it may or may not be written.
func (r *RawKV) Put(ctx context.Context, key, value []byte) error {
	return r.do(ctx, func(ctx context.Context) error { return r.client.Put(ctx, key, value) })
}

// BatchPut writes several keys, not atomically. After an error any of them may or
// may not be written.
func (r *RawKV) BatchPut(ctx context.Context, keys, values [][]byte) error {
	return r.do(ctx, func(ctx context.Context) error { return r.client.BatchPut(ctx, keys, values) })
}

// Watch has report called for every connection to a store that fails under a
// request, at once, whether or not the operation succeeds elsewhere. One watcher
// at a time; after stop, or after another Watch, the last call has ended. report
// must not block.
func (r *RawKV) Watch(report func(load.OpError)) (stop func()) {
	r.watchMu.Lock()
	defer r.watchMu.Unlock()
	r.watch = report
	return func() {
		r.watchMu.Lock()
		defer r.watchMu.Unlock()
		r.watch = nil
	}
}

func (r *RawKV) broken(address string, err error, at time.Time) {
	r.watchMu.Lock()
	defer r.watchMu.Unlock()
	if r.watch != nil {
		r.watch(load.OpError{Kind: load.KindUnavailable, Node: r.nodeOf(address), At: at, Err: err})
	}
}

// do runs one operation under a deadline and finds out who failed it. Without a
// deadline the client library goes on trying for 20 s.
func (r *RawKV) do(ctx context.Context, op func(context.Context) error) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, operationLimit)
		defer cancel()
	}
	inner, t, release := bounded(ctx)
	defer release()
	err := op(inner)
	load.NoteRegion(ctx, t.lastRegion())
	if err == nil {
		if t.repeated() {
			load.NoteRepeat(ctx)
		}
		load.NoteServed(ctx, r.nodeOf(t.servedBy()))
		return nil
	}
	if ctx.Err() != nil {
		// By then the library's error tells of whatever it was about.
		err = fmt.Errorf("%w (%w)", ctx.Err(), err)
	}
	kind, address := t.verdict(err, r.rpc.servedSince)
	return &load.OpError{Kind: kind, Node: r.nodeOf(address), At: time.Now(), Refused: t.nothingDone(), Err: err}
}

func (r *RawKV) nodeOf(address string) string {
	if r.opts.NodeOf == nil || address == "" {
		return address
	}
	return r.opts.NodeOf(address)
}

// pdAddrs gives host:port for each URL.
func pdAddrs(urls []string) ([]string, error) {
	var addrs []string
	for _, u := range urls {
		addr := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(u), "http://"), "/")
		if addr == "" || strings.Contains(addr, "/") {
			return nil, fmt.Errorf("PD endpoint %q: want http://HOST:PORT or HOST:PORT", u)
		}
		addrs = append(addrs, addr)
	}
	if len(addrs) == 0 {
		return nil, errors.New("no PD endpoint given: name at least one, for example http://127.0.0.1:2379")
	}
	return addrs, nil
}

// awaitPD returns when one endpoint has answered.
func awaitPD(ctx context.Context, addrs []string) error {
	last := errors.New("no answer")
	for {
		for _, addr := range addrs {
			err := askPD(ctx, addr)
			if err == nil {
				return nil
			}
			if ctx.Err() == nil {
				last = err
			}
		}
		timer := time.NewTimer(pdAskPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("PD does not answer at %s: %w; is the cluster up and the endpoint right?", strings.Join(addrs, ", "), last)
		}
	}
}

func askPD(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, pdCallLimit)
	defer cancel()
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	resp, err := pdpb.NewPDClient(conn).GetMembers(ctx, &pdpb.GetMembersRequest{})
	if err != nil {
		return err
	}
	if resp.GetHeader().GetClusterId() == 0 {
		return errors.New("it has no cluster id yet")
	}
	return nil
}
