package load

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// KV is what the workload needs of a store of keys. Every call must return soon
// after its context is done. Errors may be an *OpError, or wrap one, so that
// they are counted by kind and by node. Calls are made from many goroutines.
type KV interface {
	// Get gives a key's value; nil says that there is none, and an empty one is not
	// nil. A KV that knows the node that served it calls NoteServed.
	Get(ctx context.Context, key []byte) ([]byte, error)
	// Put returns nil only when the write is durable. A KV that sends a request
	// again by itself calls NoteRepeat when it does not know what came of the first.
	Put(ctx context.Context, key, value []byte) error
	// BatchPut returns nil only when all of the writes are durable.
	BatchPut(ctx context.Context, keys, values [][]byte) error
}

// Watcher is a KV that can tell of a broken connection to a node at once, before
// any operation has failed of it. The call of stop returns when the last call of
// report has ended.
type Watcher interface {
	Watch(report func(OpError)) (stop func())
}

// Defaults of Config. OpTimeout is far below the 20 s for which the client
// library would go on trying: a store that dies shows as errors within that time.
const (
	DefaultRecords   = 10_000
	DefaultTargetOps = 1_000
	DefaultOpTimeout = 500 * time.Millisecond
)

// violationLimit bounds how many violations are reported in a second. All of
// them are counted.
const violationLimit = 100

// Config sizes a workload; what is zero gets its default.
type Config struct {
	Records   int           // records loaded before the run
	TargetOps int           // operations that fall due in a second
	InFlight  int           // operations under way at most; by default what falls due in two OpTimeouts
	Seed      int64         // of the sequence of operations
	OpTimeout time.Duration // of one operation, from its start

	// Violated is told at once of every read that broke its key's bounds, up to 100
	// a second, one call at a time. It must not block. It may be nil.
	Violated func(at time.Time, v demo.Violation)
}

func (c Config) withDefaults() Config {
	if c.Records <= 0 {
		c.Records = DefaultRecords
	}
	if c.TargetOps <= 0 {
		c.TargetOps = DefaultTargetOps
	}
	if c.OpTimeout <= 0 {
		c.OpTimeout = DefaultOpTimeout
	}
	if c.InFlight <= 0 {
		c.InFlight = max(1, int(2*c.OpTimeout.Seconds()*float64(c.TargetOps)))
	}
	if c.Violated == nil {
		c.Violated = func(time.Time, demo.Violation) {}
	}
	return c
}

// Workload is YCSB's workload A: 50% reads and 50% updates of whole records,
// whose keys follow a scrambled zipfian distribution; every insertEvery-th update
// is an insert of a small value under a key of its own instead. Call Prepare, Run
// and Verify in this order and one at a time.
type Workload struct {
	cfg     Config
	kv      KV
	codec   codec
	ledger  *ledger
	busy    atomic.Bool
	prepped atomic.Bool

	violationMu sync.Mutex
	violations  limiter
}

// New makes a workload. It does nothing yet.
func New(cfg Config, kv KV) *Workload {
	cfg = cfg.withDefaults()
	var run [8]byte
	_, _ = crand.Read(run[:]) // never fails
	return &Workload{
		cfg:    cfg,
		kv:     kv,
		codec:  newCodec(binary.BigEndian.Uint64(run[:]), rand.New(rand.NewPCG(uint64(cfg.Seed), 1))),
		ledger: newLedger(recordsByKey(cfg.Records)),
	}
}

// enter keeps the three verbs apart.
func (w *Workload) enter() error {
	if !w.busy.CompareAndSwap(false, true) {
		return errors.New("the workload is busy: wait until it ends")
	}
	return nil
}

// errNoRecord says that every record is closed or being written.
var errNoRecord = errors.New("no record is free for a write")

// Run runs the workload until ctx is done and returns nil when its last
// operation and its last callback have ended, at most one OpTimeout later. sample
// is called once a second with that second's figures; Ops are the operations that
// succeeded, and the latencies are those of all that ended. onError is called as
// errors happen, up to 100 a second for each node, and not for what was shed. If
// the KV is a Watcher, onError hears of broken connections as well; these are not
// operations and not counted. Neither is called twice at the same time, and
// neither may block, for the workload waits. Either may be nil.
func (w *Workload) Run(ctx context.Context, sample func(at time.Time, s demo.LoadSample), onError func(OpError)) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer w.busy.Store(false)
	if !w.prepped.Load() {
		return errors.New("the workload has no data: prepare it before it runs")
	}
	m := newMeter(onError)
	if watcher, ok := w.kv.(Watcher); ok {
		defer watcher.Watch(m.report)()
	}
	inFlight := make(chan struct{}, w.cfg.InFlight)
	var wg sync.WaitGroup
	wg.Go(func() {
		w.schedule(ctx, m, func(op operation) {
			select {
			case inFlight <- struct{}{}:
			default:
				m.shed(1)
				return
			}
			wg.Go(func() {
				w.perform(ctx, m, op)
				<-inFlight
			})
		})
	})
	wg.Go(func() { sampleEachSecond(ctx, m, sample) })
	wg.Wait()
	return nil
}

// schedule starts operations at the times when they are due. The sequence
// depends on the seed alone.
func (w *Workload) schedule(ctx context.Context, m *meter, start func(operation)) {
	next := newSequence(w.cfg)
	interval := time.Second / time.Duration(w.cfg.TargetOps)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for due := time.Now(); ; due = due.Add(interval) {
		late := time.Since(due)
		if late < 0 {
			timer.Reset(-late)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		} else if ctx.Err() != nil {
			return
		}
		// This goroutine itself did not run, as on a laptop that slept. What is more
		// than a second old is not made up for, and counted at once.
		if missed := int64((late - time.Second) / interval); missed > 0 {
			m.shed(missed)
			due = due.Add(time.Duration(missed) * interval)
		}
		op := next.operation()
		op.due = due
		start(op)
	}
}

// perform runs one operation and counts it. What is in flight when the run ends
// is let finish, so that its outcome is known.
func (w *Workload) perform(ctx context.Context, m *meter, op operation) {
	ctx = context.WithoutCancel(ctx)
	var err error
	switch {
	case op.read:
		_, _, err = w.look(ctx, item{n: op.record}, demo.SeenInRun)
	case op.insert, w.ledger.crowded():
		err = w.insert(ctx, op.record)
	default:
		err = w.update(ctx, op.record)
	}
	switch {
	case errors.Is(err, errNoRecord):
		m.shed(1)
	case err != nil:
		m.failed(classify(err), time.Since(op.due))
	default:
		m.succeeded(op.read, time.Since(op.due))
	}
}

// look reads a key and holds its value against the key's bounds. right says
// whether it was within them; a read that was not is no error. node is the node
// that served it, where the KV knows it.
func (w *Workload) look(ctx context.Context, it item, when string) (node string, right bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.OpTimeout)
	defer cancel()
	ctx, told := taking(ctx)
	key := it.key(w.cfg.Records)
	lower := w.ledger.lower(it)
	value, err := w.kv.Get(ctx, key)
	if err != nil {
		return "", false, err
	}
	v, wrong := w.ledger.check(it, lower, w.codec.decode(it, value), when)
	if wrong {
		v.Key, v.Store = string(key), told.servedBy()
		w.report(v)
	}
	return told.servedBy(), !wrong, nil
}

// report tells of a violation.
func (w *Workload) report(v demo.Violation) {
	w.violationMu.Lock()
	defer w.violationMu.Unlock()
	if at := time.Now(); w.violations.allow(at, violationLimit) {
		w.cfg.Violated(at, v)
	}
}

// limiter counts what happens in a second.
type limiter struct {
	from  time.Time
	count int
}

func (l *limiter) allow(at time.Time, limit int) bool {
	if at.Sub(l.from) >= time.Second {
		l.from, l.count = at, 0
	}
	l.count++
	return l.count <= limit
}

func (w *Workload) update(ctx context.Context, n int64) error {
	n, version, ok := w.ledger.begin(n)
	if !ok {
		return errNoRecord
	}
	it := item{n: n}
	straggler, err := w.put(ctx, Key(n), w.codec.encode(it, version))
	w.ledger.end(n, version, fateOf(err), straggler)
	return err
}

// insert writes a key that is never written again; when there are enough of
// them, it is an update after all.
func (w *Workload) insert(ctx context.Context, n int64) error {
	i, ok := w.ledger.beginInsert()
	if !ok {
		return w.update(ctx, n)
	}
	it := item{insert: true, n: i}
	_, err := w.put(ctx, it.key(w.cfg.Records), w.codec.encode(it, 1))
	w.ledger.endInsert(i, fateOf(err))
	return err
}

// put writes one key. straggler says that an earlier request of this write may
// still be carried out.
func (w *Workload) put(ctx context.Context, key, value []byte) (straggler bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.OpTimeout)
	defer cancel()
	ctx, told := taking(ctx)
	err = w.kv.Put(ctx, key, value)
	return told.wasRepeated(), err
}

func sampleEachSecond(ctx context.Context, m *meter, sample func(time.Time, demo.LoadSample)) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case at := <-tick.C:
			s := m.take()
			if sample != nil && ctx.Err() == nil {
				sample(at, s)
			}
		case <-ctx.Done():
			return
		}
	}
}
