package cli

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/doctor"
	"github.com/tikv-demo/tikv-demo/internal/safe"
)

// diskFull is the free space below which a failure is put down to it: a store
// that could not write has freed nothing, and its last words, which go to the
// same disk, are lost.
const diskFull = 1 << 20

// explained puts a failure down to the state directory where it is that: its disk is
// full, or nothing can be written there. What clients see of a full disk are timeouts,
// which tell nobody what to do.
func explained(err error, dir string) error {
	if err == nil {
		return nil
	}
	if says(err, syscall.EDQUOT) { // the disk itself may have room
		return precondition("the disk quota for the state directory %s is used up (%w); make room, or set TIKV_DEMO_STATE_DIR to another disk", dir, err)
	}
	if unusable(err, dir) {
		return precondition("the state directory %s cannot be used: %w; set TIKV_DEMO_STATE_DIR to a directory of yours", dir, err)
	}
	free, e := doctor.Free(dir)
	if says(err, syscall.ENOSPC) || e == nil && free < diskFull {
		return precondition("the disk of the state directory %s is full (%w); make room, or set TIKV_DEMO_STATE_DIR to another disk", dir, err)
	}
	return err
}

// unusable says whether a file of the state directory cannot be made or read.
func unusable(err error, dir string) bool {
	at := (*fs.PathError)(nil)
	if !errors.As(err, &at) || at.Path != dir && !strings.HasPrefix(at.Path, dir+string(filepath.Separator)) {
		return false
	}
	return errors.Is(at, fs.ErrPermission) || errors.Is(at, syscall.EROFS) || errors.Is(at, syscall.ENOTDIR)
}

// says tells an error of the system by its number, or by its text where it comes from
// another process.
func says(err error, is syscall.Errno) bool {
	return errors.Is(err, is) || strings.Contains(err.Error(), is.Error())
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
