package load

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// The load phase writes batches of records, a few at a time. A failed batch is
// retried, since a leader may move while the data is loaded.
const (
	batchSize    = 128
	batchWorkers = 4
	batchTries   = 5
	batchTimeout = 5 * time.Second
	batchPause   = 200 * time.Millisecond
)

// Prepare is YCSB's load phase: it writes version 1 of every record, in batches
// along the order of the keys, and calls progress after each batch, never twice
// at the same time. It fails when a batch fails five times.
func (w *Workload) Prepare(ctx context.Context, progress func(done, total int64)) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer w.busy.Store(false)
	w.prepped.Store(false)
	order := w.ledger.order
	w.ledger = newLedger(order)
	tell := newTeller(int64(len(order)), progress)
	g, ctx := safe.WithContext(ctx)
	g.SetLimit(min(batchWorkers, w.cfg.InFlight))
	for batch := range slices.Chunk(order, batchSize) {
		g.Go(func() error {
			if err := w.loadBatch(ctx, batch); err != nil {
				return err
			}
			tell.done(int64(len(batch)))
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("load %d records: %w", w.cfg.Records, err)
	}
	w.prepped.Store(true)
	return nil
}

func (w *Workload) loadBatch(ctx context.Context, batch []int64) error {
	keys := make([][]byte, len(batch))
	values := make([][]byte, len(batch))
	for i, n := range batch {
		keys[i], values[i] = Key(n), w.codec.encode(item{n: n}, 1)
	}
	ctx, told := taking(ctx)
	for try := 1; ; try++ {
		err := ctx.Err()
		if err == nil {
			err = w.putBatch(ctx, keys, values)
		}
		if err == nil {
			for _, n := range batch {
				w.ledger.loaded(n, try > 1 || told.wasRepeated())
			}
			return nil
		}
		if try == batchTries || ctx.Err() != nil {
			return err
		}
		if err := pause(ctx, batchPause); err != nil {
			return err
		}
	}
}

func (w *Workload) putBatch(ctx context.Context, keys, values [][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	return w.kv.BatchPut(ctx, keys, values)
}

// recordsByKey returns the record numbers in key order, so that a batch is in one or
// two regions and not in all of them.
func recordsByKey(records int) []int64 {
	type keyed struct {
		key []byte
		n   int64
	}
	all := make([]keyed, records)
	for n := range all {
		all[n] = keyed{Key(int64(n)), int64(n)}
	}
	slices.SortFunc(all, func(a, b keyed) int { return bytes.Compare(a.key, b.key) })
	order := make([]int64, records)
	for i := range all {
		order[i] = all[i].n
	}
	return order
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
