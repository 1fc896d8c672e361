package load

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// verifyPatience bounds how long one record may stay unreadable. A key that
// cannot be read is neither kept nor lost, and no count is given then.
const (
	verifyPatience = 15 * time.Second
	verifyPause    = 100 * time.Millisecond
	verifyChunk    = 100
)

// Verify reads again every record that has an acknowledged write: Acked is the
// number of acknowledged writes, those of the load phase included, Checked the
// number of records read again, Lost the number of them whose last acknowledged
// version is gone (absent, damaged, or older than it). Call it after Run ended.
// progress is never called twice at the same time. Verify fails when a record
// cannot be read for 15 s; what it counted until then is returned with the error.
func (w *Workload) Verify(ctx context.Context, progress func(done, total int64)) (demo.LedgerVerified, error) {
	if err := w.enter(); err != nil {
		return demo.LedgerVerified{}, err
	}
	defer w.busy.Store(false)

	records := make([]int64, 0, w.cfg.Records)
	for n := range int64(w.cfg.Records) {
		if w.ledger.floor(n) > 0 {
			records = append(records, n)
		}
	}
	var checked, lost atomic.Int64
	tell := newTeller(int64(len(records)), progress)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(w.cfg.Threads)
	for chunk := range slices.Chunk(records, verifyChunk) {
		g.Go(func() error {
			for _, n := range chunk {
				value, err := w.readAgain(ctx, n)
				if err != nil {
					return err
				}
				checked.Add(1)
				if !w.ledger.intact(n, w.codec.decode(n, value)) {
					lost.Add(1)
				}
			}
			tell.done(int64(len(chunk)))
			return nil
		})
	}
	err := g.Wait()
	out := demo.LedgerVerified{Acked: w.ledger.acknowledged(), Checked: checked.Load(), Lost: lost.Load()}
	if err != nil {
		return out, fmt.Errorf("check the acknowledged writes: %w", err)
	}
	return out, nil
}

func (w *Workload) readAgain(ctx context.Context, n int64) ([]byte, error) {
	began := time.Now()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		value, err := w.get(ctx, n)
		if err == nil {
			return value, nil
		}
		if time.Since(began) > verifyPatience {
			return nil, fmt.Errorf("%s cannot be read for %s: %w", Key(n), verifyPatience, err)
		}
		if err := pause(ctx, verifyPause); err != nil {
			return nil, err
		}
	}
}

func (w *Workload) get(ctx context.Context, n int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.OpTimeout)
	defer cancel()
	return w.kv.Get(ctx, Key(n))
}
