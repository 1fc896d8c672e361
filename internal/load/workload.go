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
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// KV is the key-value store that the workload runs on. Every call must return soon
// after its context is done. Errors may be or wrap an *OpError, so that they are
// counted by kind and node. Calls are made from many goroutines.
type KV interface {
	// Get returns a key's value, or nil if there is none. An empty value is not nil. A
	// KV that knows which node served the read calls NoteServed.
	Get(ctx context.Context, key []byte) ([]byte, error)
	// Put returns nil only if the write is durable. A KV that repeats a request by
	// itself calls NoteRepeat if it does not know the outcome of the first.
	Put(ctx context.Context, key, value []byte) error
	// BatchPut returns nil only if all writes are durable.
	BatchPut(ctx context.Context, keys, values [][]byte) error
}

// Watcher is a KV that reports a broken connection to a node at once, before an
// operation has failed. stop returns after the last call of report has ended.
type Watcher interface {
	Watch(report func(OpError)) (stop func())
}

// Defaults of Config. OpTimeout is far below the 20 s for which the client library
// would retry, so that a store's death shows as errors soon.
const (
	DefaultRecords   = 10_000
	DefaultTargetOps = 1_000
	DefaultOpTimeout = 500 * time.Millisecond
)

// violationLimit bounds how many violations are reported in a second. All of
// them are counted.
const violationLimit = 100

// Config configures a workload. Zero values get defaults.
type Config struct {
	Records   int           // records loaded before the run
	TargetOps int           // operations that fall due in a second
	InFlight  int           // operations under way at most; by default what falls due in two OpTimeouts
	Seed      int64         // of the sequence of operations
	OpTimeout time.Duration // of one operation, from its start

	// Violated is called at once for every read outside its key's bounds, up to 100
	// times a second, one call at a time. It must not block. It may be nil.
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

// enter makes sure that only one of Prepare, Run and Verify runs.
func (w *Workload) enter() error {
	if !w.busy.CompareAndSwap(false, true) {
		return errors.New("the workload is busy: wait until it ends")
	}
	return nil
}

// errNoRecord means that every record is closed or being written.
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
	m := newMeter(w.cfg.Records, onError)
	if watcher, ok := w.kv.(Watcher); ok {
		defer watcher.Watch(m.report)()
	}
	inFlight := make(chan struct{}, w.cfg.InFlight)
	wg, ctx := safe.Within(ctx)
	defer wg.Stop()
	wg.Go(func() {
		w.schedule(ctx, m, func(op operation) {
			select {
			case inFlight <- struct{}{}:
			default:
				m.shed(1)
				return
			}
			wg.Go(func() {
				defer func() { <-inFlight }()
				w.execute(ctx, m, op)
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
		// This goroutine did not run, as on a laptop that slept. Operations more than a
		// second late are not made up for; they count as shed at once.
		if missed := int64((late - time.Second) / interval); missed > 0 {
			m.shed(missed)
			due = due.Add(time.Duration(missed) * interval)
		}
		op := next.operation()
		op.due = due
		start(op)
	}
}

// execute runs one operation and counts it. It is not cancelled when the run ends, so
// that its outcome is known.
func (w *Workload) execute(ctx context.Context, m *meter, op operation) {
	ctx, told := taking(context.WithoutCancel(ctx))
	began, record := time.Now(), op.record
	var err error
	switch {
	case op.read:
		_, _, err = w.look(ctx, item{n: op.record}, demo.SeenInRun)
	case op.insert, w.ledger.crowded():
		record, err = w.insert(ctx, op.record)
	default:
		record, err = w.update(ctx, op.record)
	}
	if errors.Is(err, errNoRecord) {
		m.shed(1)
		return
	}
	at := place{region: told.inRegion(), record: record, write: !op.read}
	if err != nil {
		m.failed(classify(err), at, began, time.Since(op.due))
		return
	}
	m.succeeded(at, time.Since(op.due))
}

// look reads a key and checks its value against the key's bounds. right reports
// whether it was within them; a read that was not is no error. node is the node that
// served it, if the KV knows it.
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

// report reports a violation.
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

// update writes record n, or another one while that takes no writes, and returns
// which.
func (w *Workload) update(ctx context.Context, n int64) (int64, error) {
	n, version, ok := w.ledger.begin(n)
	if !ok {
		return noRecord, errNoRecord
	}
	it := item{n: n}
	straggler, err := w.put(ctx, Key(n), w.codec.encode(it, version))
	w.ledger.end(n, version, fateOf(err), straggler)
	return n, err
}

// insert writes a key that is never written again. After maxInserts it updates a
// record instead, and returns which.
func (w *Workload) insert(ctx context.Context, n int64) (int64, error) {
	i, ok := w.ledger.beginInsert()
	if !ok {
		return w.update(ctx, n)
	}
	it := item{insert: true, n: i}
	_, err := w.put(ctx, it.key(w.cfg.Records), w.codec.encode(it, 1))
	w.ledger.endInsert(i, fateOf(err))
	return noRecord, err
}

// put writes one key. straggler means that an earlier request of this write may still
// be executed.
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
			s := m.take(at)
			if sample != nil && ctx.Err() == nil {
				sample(at, s)
			}
		case <-ctx.Done():
			return
		}
	}
}
