package cli

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/doctor"
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// diskFull is the free space below which a failure is put down to it: a store
// that could not write has freed nothing, and its last words, which go to the
// same disk, are lost.
const diskFull = 1 << 20

// explained puts a failure down to a full disk where it is one. What clients see
// of that are timeouts, which tell nobody what to do.
func explained(err error, dir string) error {
	if err == nil {
		return nil
	}
	free, e := doctor.Free(dir)
	if errors.Is(err, syscall.ENOSPC) || e == nil && free < diskFull {
		return precondition("the disk of the state directory %s is full (%w); make room, or set TIKV_DEMO_STATE_DIR to another disk", dir, err)
	}
	return err
}

// lookEvery is how often the nodes are looked at while something needs them all.
const lookEvery = 100 * time.Millisecond

// whileAllRun does f, which needs every node, and gives it up when one ends:
// clients only wait for it, until their own limits.
func whileAllRun(ctx context.Context, ended func() error, f func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch safe.Group
	watch.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			if err := ended(); err != nil {
				cancel(err)
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	err := f(ctx)
	cancel(nil)
	watch.Wait()
	if err != nil {
		if why := ended(); why != nil {
			return why
		}
	}
	return err
}
