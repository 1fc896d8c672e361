package tikv

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tikv/client-go/v2/tikv"
	"github.com/tikv/client-go/v2/tikvrpc"

	"github.com/tikv-demo/tikv-demo/internal/load"
)

// servedLimit bounds how many regions are remembered.
const servedLimit = 1 << 16

// tracedClient stands between rawkv and the client library's RPC layer and sees
// every request that is sent to a store: which store, how long, what came of it.
// rawkv's own errors do not say which store failed, and one operation may try
// several.
type tracedClient struct {
	tikv.Client
	onBroken func(address string, err error, at time.Time)

	mu     sync.Mutex
	served map[uint64]string // region id: address of the store that last served it
}

func newTracedClient(inner tikv.Client, onBroken func(string, error, time.Time)) *tracedClient {
	return &tracedClient{Client: inner, onBroken: onBroken, served: make(map[uint64]string)}
}

// SendRequest sends the request and notes the attempt in the operation's trace.
func (c *tracedClient) SendRequest(ctx context.Context, addr string, req *tikvrpc.Request, timeout time.Duration) (*tikvrpc.Response, error) {
	from := time.Now()
	resp, err := c.Client.SendRequest(ctx, addr, req, timeout)
	a := attempt{address: addr, waited: time.Since(from), outcome: outcomeOf(ctx, resp, err)}
	switch a.outcome {
	case served:
		c.remember(req.RegionId, addr)
	case broken:
		c.onBroken(addr, err, time.Now())
	case refused:
		a.keeper = c.keeper(req.RegionId)
	}
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		t.add(a)
	}
	return resp, err
}

func (c *tracedClient) remember(region uint64, addr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.served) >= servedLimit {
		clear(c.served)
	}
	c.served[region] = addr
}

func (c *tracedClient) keeper(region uint64) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.served[region]
}

// outcome is what came of one request to one store.
type outcome int

const (
	served     outcome = iota // it answered
	refused                   // it answered that it does not serve the region
	broken                    // the connection failed
	unanswered                // it had not answered when the time was up
)

func outcomeOf(ctx context.Context, resp *tikvrpc.Response, err error) outcome {
	switch {
	case err == nil:
		if regionErr, e := resp.GetRegionError(); e == nil && regionErr != nil {
			return refused
		}
		return served
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unanswered
	}
	return broken
}

// attempt is one request to one store.
type attempt struct {
	address string
	waited  time.Duration
	outcome outcome
	keeper  string // when refused: the store that last served the region
}

// trace gathers the attempts of one operation, as a summary of fixed size. The
// parts of a batch run at the same time and share one.
type trace struct {
	mu      sync.Mutex
	broken  string        // address of the last store whose connection failed
	silent  string        // address of the store that was waited for longest in vain
	waited  time.Duration // so long
	keeper  string        // store that last served the region that was refused
	refused bool
}

type traceKey struct{}

func withTrace(ctx context.Context) (context.Context, *trace) {
	t := &trace{}
	return context.WithValue(ctx, traceKey{}, t), t
}

func (t *trace) add(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch a.outcome {
	case broken:
		t.broken = a.address
	case unanswered:
		if a.waited >= t.waited {
			t.silent, t.waited = a.address, a.waited
		}
	case refused:
		t.refused = true
		if a.keeper != "" {
			t.keeper = a.keeper
		}
	}
}

// silenceCounts is the shortest wait that is held against a store that had not
// answered at the deadline: an operation that went from store to store may have
// asked the last one a moment before.
const silenceCounts = 100 * time.Millisecond

// verdict gives the kind of a failed operation and the address of the store that
// it is put down to; empty where it is not known. In this order:
//
//   - a store whose connection failed;
//   - a store that was waited for in vain;
//   - when the stores that answered do not serve the region, the store that last
//     did: after a kill the client knows that store to be dead, does not try it
//     again, and asks the followers, who can only say that they do not lead.
//
// What remains is an operation that found no store to ask, as when PD is silent.
func (t *trace) verdict(err error) (kind, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.broken != "":
		return load.KindUnavailable, t.broken
	case t.silent != "" && (t.waited >= silenceCounts || !t.refused):
		return load.KindTimeout, t.silent
	case t.refused:
		return load.KindRegion, t.keeper
	case errors.Is(err, context.DeadlineExceeded):
		return load.KindTimeout, ""
	}
	return load.KindOther, ""
}
