package load

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
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
	// Get gives a key's value; nil says that there is none.
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
	DefaultThreads   = 16
	DefaultOpTimeout = 500 * time.Millisecond
)

// Config sizes a workload; what is zero gets its default.
type Config struct {
	Records   int           // records loaded before the run
	TargetOps int           // operations that fall due in a second
	Threads   int           // operations in flight at most
	Seed      int64         // of the sequence of operations
	OpTimeout time.Duration // of one operation, from its start
}

func (c Config) withDefaults() Config {
	if c.Records <= 0 {
		c.Records = DefaultRecords
	}
	if c.TargetOps <= 0 {
		c.TargetOps = DefaultTargetOps
	}
	if c.Threads <= 0 {
		c.Threads = DefaultThreads
	}
	if c.OpTimeout <= 0 {
		c.OpTimeout = DefaultOpTimeout
	}
	return c
}

// Workload is YCSB's workload A: 50% reads and 50% updates of whole records,
// whose keys follow a scrambled zipfian distribution. Call Prepare, Run and
// Verify in this order and one at a time.
type Workload struct {
	cfg     Config
	kv      KV
	codec   codec
	ledger  *ledger
	busy    atomic.Bool
	prepped atomic.Bool
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
		ledger: newLedger(cfg.Records),
	}
}

// enter keeps the three verbs apart.
func (w *Workload) enter() error {
	if !w.busy.CompareAndSwap(false, true) {
		return errors.New("the workload is busy: wait until it ends")
	}
	return nil
}

// operation is one read or update that fell due.
type operation struct {
	due    time.Time
	read   bool
	record int64
}

// Run runs the workload until ctx is done and returns nil when its last
// operation and its last callback have ended, at most three OpTimeouts later. sample is
// called once a second with that second's figures; latencies and Ops are of the
// operations that succeeded. onError is called as errors happen, up to 100 a
// second for each node, and not for what was shed. If the KV is a Watcher, onError
// hears of broken connections as well; these are not operations and not counted.
// Neither is called twice at the same time, and neither may block, for the
// workload waits. Either may be nil.
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
	backlog := make(chan operation, w.cfg.TargetOps)

	var wg sync.WaitGroup
	for range w.cfg.Threads {
		wg.Go(func() {
			for op := range backlog {
				if ctx.Err() != nil {
					return
				}
				w.perform(ctx, m, op)
			}
		})
	}
	wg.Go(func() {
		defer close(backlog)
		w.schedule(ctx, m, backlog)
	})
	wg.Go(func() { sampleEachSecond(ctx, m, sample) })
	wg.Wait()
	return nil
}

// schedule puts operations into the backlog at the times when they are due. The
// sequence depends on the seed alone.
func (w *Workload) schedule(ctx context.Context, m *meter, backlog chan operation) {
	r := rand.New(rand.NewPCG(uint64(w.cfg.Seed), 2))
	zipf := newScrambledZipfian(int64(w.cfg.Records))
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
		// This goroutine itself did not run, as on a laptop that slept: what fell
		// out of the backlog meanwhile is counted at once.
		if missed := int64((late - 2*time.Second) / interval); missed > 0 {
			m.shed(missed)
			due = due.Add(time.Duration(missed) * interval)
		}
		op := operation{due: due, read: r.Uint32()&1 == 0, record: zipf.next(r)}
		select {
		case backlog <- op:
			continue
		default:
		}
		select {
		case <-backlog:
			m.shed(1)
		default: // a worker was faster
		}
		backlog <- op // there is room: nobody else sends
	}
}

// perform runs one operation and counts it. What is in flight when the run ends
// is let finish, so that its outcome is known.
func (w *Workload) perform(ctx context.Context, m *meter, op operation) {
	ctx = context.WithoutCancel(ctx)
	var err error
	if op.read {
		err = w.read(ctx, op.record)
	} else {
		err = w.update(ctx, op.record)
	}
	if err != nil {
		m.failed(classify(err))
		return
	}
	m.succeeded(op.read, time.Since(op.due))
}

func (w *Workload) read(ctx context.Context, n int64) error {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.OpTimeout)
	defer cancel()
	floor := w.ledger.floor(n)
	value, err := w.kv.Get(ctx, Key(n))
	if err != nil {
		return err
	}
	if version := w.codec.decode(n, value); version < floor {
		return &OpError{Kind: KindStale, Err: fmt.Errorf("%s reads version %d after %d was acknowledged", Key(n), version, floor)}
	}
	return nil
}

func (w *Workload) update(ctx context.Context, n int64) error {
	// Twice as long as the write that it waits for can take: when that one fails,
	// this one goes on to another record.
	waiting, stop := context.WithTimeout(ctx, 2*w.cfg.OpTimeout)
	n, version, err := w.ledger.begin(waiting, n)
	stop()
	if err != nil {
		return fmt.Errorf("wait for an earlier write of the same record: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, w.cfg.OpTimeout)
	defer cancel()
	ctx, repeated := heedRepeats(ctx)
	err = w.kv.Put(ctx, Key(n), w.codec.encode(n, version))
	w.ledger.end(n, version, err == nil, !repeated.Load())
	return err
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
