package embedded

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/tikv-demo/tikv-demo/internal/load"
)

// What an hour of 1,000 operations a second makes, half of them updates of whole
// records and every 50th update an insert instead.
const (
	hourOps     = 3_600_000
	hourInserts = hourOps / 2 / 50
	// steadyOps is enough for a store to rewrite its log several times: after that
	// nothing grows but by the inserts, which are all written before.
	steadyOps = 400_000
)

// BenchmarkAnHourOfStores plays an hour of the talk's load on a cluster of
// processes, as fast as they take it, and gives the most by which the three
// stores grew together, on disk and in memory, and by which this process did. It
// fails at 300 MB of either. It stops after steadyOps, with all the inserts of an
// hour; TIKV_DEMO_TEST_LONG=1 plays all 3,600,000 operations.
func BenchmarkAnHourOfStores(b *testing.B) {
	ops := steadyOps
	if os.Getenv("TIKV_DEMO_TEST_LONG") != "" {
		ops = hourOps
	}
	for b.Loop() {
		c := startWith(b, Config{Stores: 3, SplitKeys: load.SplitKeys(load.DefaultRecords, 9)})
		cl := client(b, c)
		value, small := make([]byte, 1000), make([]byte, 32)
		each(b, load.DefaultRecords, func(ctx context.Context, i int64) error { return cl.Put(ctx, load.Key(i), value) })

		before := sizes(b, c)
		var most growth
		stop, watched := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(watched)
			for tick := time.Tick(100 * time.Millisecond); ; {
				select {
				case <-tick:
					most.note(before, sizes(b, c))
				case <-stop:
					return
				}
			}
		}()
		each(b, hourInserts, func(ctx context.Context, i int64) error {
			return cl.Put(ctx, fmt.Appendf(load.Key(i%load.DefaultRecords), ":insert%d", i), small)
		})
		from := time.Now()
		each(b, ops, func(ctx context.Context, i int64) error {
			key := load.Key(rand.Int64N(load.DefaultRecords))
			if i%2 == 0 {
				_, err := cl.Get(ctx, key)
				return err
			}
			return cl.Put(ctx, key, value)
		})
		took := time.Since(from)
		close(stop)
		<-watched
		const mb = 1 << 20
		b.ReportMetric(float64(most.disk)/mb, "MB-disk-three-stores")
		b.ReportMetric(float64(most.memory)/mb, "MB-memory-three-stores")
		b.ReportMetric(float64(most.process)/mb, "MB-process")
		b.ReportMetric(float64(ops)/took.Seconds(), "ops/s")
		b.ReportMetric(0, "ns/op")
		require.Less(b, most.disk, int64(300*mb))
		require.Less(b, most.memory, int64(300*mb))
		require.Less(b, most.process, int64(100*mb))
	}
}

// each calls f for 0 to n-1, 64 at a time.
func each(b *testing.B, n int, f func(context.Context, int64) error) {
	b.Helper()
	var next atomic.Int64
	g, ctx := errgroup.WithContext(b.Context())
	for range 64 {
		g.Go(func() error {
			for {
				i := next.Add(1) - 1
				if i >= int64(n) {
					return nil
				}
				if err := f(ctx, i); err != nil {
					return err
				}
			}
		})
	}
	require.NoError(b, g.Wait())
}

// growth is in bytes.
type growth struct{ disk, memory, process int64 }

func (g *growth) note(before, now growth) {
	g.disk = max(g.disk, now.disk-before.disk)
	g.memory = max(g.memory, now.memory-before.memory)
	g.process = max(g.process, now.process-before.process)
}

// sizes returns what the stores' directories hold, and the resident memory of the
// stores and of this process.
func sizes(b *testing.B, c *Cluster) (is growth) {
	for _, p := range c.Processes() {
		if p.Kind != kindStore {
			continue
		}
		is.memory += resident(b, p.PID)
		_ = filepath.WalkDir(filepath.Join(c.dir, p.Name), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil // a log that was replaced meanwhile
			}
			if info, err := d.Info(); err == nil {
				is.disk += info.Size()
			}
			return nil
		})
	}
	is.process = resident(b, os.Getpid())
	return is
}

func resident(b *testing.B, pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		b.Skip("the memory of a process is read from /proc, which this system has not")
	}
	var size, pages int64
	_, err = fmt.Sscan(string(status), &size, &pages)
	require.NoError(b, err)
	return pages * int64(os.Getpagesize())
}
