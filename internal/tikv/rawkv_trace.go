package tikv

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/tikv/client-go/v2/tikv"
	"github.com/tikv/client-go/v2/tikvrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

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

	mu       sync.Mutex
	served   map[uint64]string    // region id: address of the store that last served it
	servedAt map[string]time.Time // address: when that store last served anything
	renewAt  map[string]time.Time // address: when renew may look at that store again
}

func newTracedClient(inner tikv.Client, onBroken func(string, error, time.Time)) *tracedClient {
	return &tracedClient{Client: inner, onBroken: onBroken, served: make(map[uint64]string), servedAt: make(map[string]time.Time), renewAt: make(map[string]time.Time)}
}

// SendRequest sends the request and notes the attempt in the operation's trace.
func (c *tracedClient) SendRequest(ctx context.Context, addr string, req *tikvrpc.Request, timeout time.Duration) (*tikvrpc.Response, error) {
	t, traced := ctx.Value(traceKey{}).(*trace)
	if traced {
		timeout = min(timeout, t.patience)
	}
	from := time.Now()
	resp, err := c.Client.SendRequest(ctx, addr, ownCopy(req), timeout)
	a := attempt{address: addr, waited: time.Since(from), outcome: outcomeOf(ctx, resp, err)}
	switch a.outcome {
	case served:
		c.remember(req.RegionId, addr)
	case broken:
		c.onBroken(addr, err, time.Now())
		c.renew(ctx, addr)
	case refused:
		a.keeper = c.keeper(req.RegionId)
		a.doubtful = !definite(resp)
	}
	if traced {
		t.add(a)
		t.in(req.RegionId)
	}
	return resp, err
}

// ownCopy gives an attempt a request of its own. The library sends every attempt
// of an operation as the same object, and for the next one writes the next
// store's name into it, while the one before, given up, may still wait in the
// other connection's queue or be on its way into a frame: the race detector saw
// it, and such a frame tells its store of another region or breaks the stream of
// everybody's requests.
func ownCopy(req *tikvrpc.Request) *tikvrpc.Request {
	own := *req
	switch r := req.Req.(type) {
	case *kvrpcpb.RawGetRequest:
		c := *r
		own.Req = &c
	case *kvrpcpb.RawPutRequest:
		c := *r
		own.Req = &c
	case *kvrpcpb.RawBatchPutRequest:
		c := *r
		own.Req = &c
	default:
		return req // RawKV sends no others
	}
	tikvrpc.AttachContext(&own, &own.Context)
	return &own
}

func (c *tracedClient) remember(region uint64, addr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.served) >= servedLimit {
		clear(c.served)
	}
	c.served[region] = addr
	c.servedAt[addr] = time.Now()
}

// servedSince says whether the store at addr has served anything since then.
func (c *tracedClient) servedSince(addr string, then time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.servedAt[addr].After(then)
}

// How often and for how long renew looks at one store.
const (
	renewEvery = 250 * time.Millisecond
	renewLimit = 100 * time.Millisecond
)

// renew drops the broken connections to a store that is there again. After a
// store's death the library's connections wait between dials, up to 3 s; a
// restarted store that has its leaders back would not be reached for as long.
func (c *tracedClient) renew(ctx context.Context, addr string) {
	c.mu.Lock()
	early := time.Now().Before(c.renewAt[addr])
	if !early {
		c.renewAt[addr] = time.Now().Add(renewEvery)
	}
	c.mu.Unlock()
	if early {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, renewLimit)
	defer cancel()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if _, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}); err == nil {
		_ = c.CloseAddr(addr) // never fails
	}
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
	busy                      // it answered that it has too much to do
	broken                    // the connection failed
	unanswered                // it had not answered when the time was up
)

func outcomeOf(ctx context.Context, resp *tikvrpc.Response, err error) outcome {
	switch {
	case err == nil:
		if regionErr, e := resp.GetRegionError(); e == nil && regionErr != nil {
			if regionErr.GetServerIsBusy() != nil {
				return busy
			}
			return refused
		}
		return served
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unanswered
	}
	return broken
}

// definite says of an answer with a region error that the store did not take the
// request up. Of the others TiKV itself does not know: a stale command or a
// timeout of Raft may have been a proposal that others still carry out.
func definite(resp *tikvrpc.Response) bool {
	e, err := resp.GetRegionError()
	if err != nil || e == nil {
		return false
	}
	return e.NotLeader != nil || e.RegionNotFound != nil || e.KeyNotInRegion != nil ||
		e.EpochNotMatch != nil || e.ServerIsBusy != nil || e.StoreNotMatch != nil
}

// attempt is one request to one store.
type attempt struct {
	address  string
	waited   time.Duration
	outcome  outcome
	keeper   string // when refused: the store that last served the region
	doubtful bool   // when refused: the request may be carried out all the same
}

// trace gathers the attempts of one operation, as a summary of fixed size. The
// parts of a batch run at the same time and share one.
type trace struct {
	began    time.Time
	patience time.Duration // of one attempt

	mu      sync.Mutex
	maybe   bool          // some attempt may have been carried out although nobody said so
	broken  string        // address of the first store whose connection failed: it was asked as the leader
	silent  string        // address of the store that was waited for longest in vain
	waited  time.Duration // so long
	busy    string        // address of the store that first said that it is busy
	keeper  string        // store that had served the region before it was first refused
	refused bool
	server  string // address of the store that answered last
	region  uint64 // that was asked for last, 0 for none
}

type traceKey struct{}

// bounded gives the context that the client library is to work under, so that an
// operation ends when ctx does, and the trace of its attempts.
//
// The library must not see a deadline. When one passes while a request is under
// way, or just before it is sent, it cannot ask the store whether it is alive any
// more (the context is done), takes it for unreachable for about a second, and
// sends everything meant for it to followers, who refuse. Those operations run
// into their deadlines too and put the next store off: with deadlines of 500 ms,
// one dead store of three kept the other two out of service for up to 20 s after
// its regions had new leaders (measured with 2.0.7). A cancelled context it takes
// for its caller's wish and draws no conclusion. So ctx's end is passed on as a
// cancellation, and each attempt is given the larger part of the time: a store
// that is silent for so long is looked into while there is time left to do so.
func bounded(ctx context.Context) (context.Context, *trace, func()) {
	t := &trace{began: time.Now()}
	limit := operationLimit
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline)
	}
	t.patience = limit * 6 / 10
	inner, cancel := context.WithCancel(context.WithValue(context.WithoutCancel(ctx), traceKey{}, t))
	stop := context.AfterFunc(ctx, cancel)
	return inner, t, func() {
		stop()
		cancel()
	}
}

func (t *trace) add(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch a.outcome {
	case served:
		t.server = a.address
	case broken:
		t.maybe = true
		if t.broken == "" {
			t.broken = a.address
		}
	case unanswered:
		t.maybe = true
		if a.waited >= t.waited {
			t.silent, t.waited = a.address, a.waited
		}
	case busy:
		if t.busy == "" {
			t.busy = a.address
		}
	case refused:
		t.refused = true
		t.maybe = t.maybe || a.doubtful
		if t.keeper == "" {
			t.keeper = a.keeper
		}
	}
}

// repeated says whether a request whose outcome is unknown was among the attempts.
func (t *trace) repeated() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.maybe
}

// servedBy gives the address of the store that answered, "" for none.
func (t *trace) servedBy() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.server
}

// in notes the region of an attempt.
func (t *trace) in(region uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.region = region
}

// lastRegion gives the region that was asked for last, 0 for none.
func (t *trace) lastRegion() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.region
}

// nothingDone says of an operation that failed that no store has carried it out
// or still can: each that was asked refused it for a reason from before it
// would have begun.
func (t *trace) nothingDone() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.maybe && t.server == ""
}

// silenceCounts is the shortest wait that is held against a store that had not
// answered at the deadline: an operation that went from store to store may have
// asked the last one a moment before.
const silenceCounts = 100 * time.Millisecond

// verdict gives the kind of a failed operation and the address of the store that
// it is put down to; empty where it is not known. In this order:
//
//   - the first store whose connection failed;
//   - the first store that said that it is busy;
//   - a store that was waited for in vain;
//   - when the stores that answered do not serve the region, the store that last
//     did: after a kill the client knows that store to be dead, does not try it
//     again, and asks the followers, who can only say that they do not lead;
//   - a store that was asked shortly before the deadline.
//
// The last two are guesses. They are not held against a store that served
// anything since the operation began, as alive tells: the time may as well have
// gone into waiting for PD.
func (t *trace) verdict(err error, alive func(address string, since time.Time) bool) (kind, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	unlessAlive := func(address string) string {
		if address == "" || alive(address, t.began) {
			return ""
		}
		return address
	}
	switch {
	case t.broken != "":
		return load.KindUnavailable, t.broken
	case t.busy != "":
		return load.KindBusy, t.busy
	case t.waited >= silenceCounts:
		return load.KindTimeout, t.silent
	case t.refused:
		return load.KindRegion, unlessAlive(t.keeper)
	case t.silent != "", errors.Is(err, context.DeadlineExceeded):
		return load.KindTimeout, unlessAlive(t.silent)
	}
	return load.KindOther, ""
}
