package cli

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/screentest"
)

// largeCluster is an embedded cluster that runs on its own and seems to have 100
// stores and 1,000 regions: all are polled, probed and drawn.
func largeCluster(b *testing.B) *screentest.Large {
	b.Helper()
	if runtime.GOOS != "linux" {
		b.Skip("skipped: the added stores need all of 127.0.0.0/8")
	}
	pd, _ := aCluster(b, b.TempDir())
	l, err := screentest.NewLarge(pd, 100, 1000)
	require.NoError(b, err)
	b.Cleanup(l.Close)
	return l
}

// onLarge starts a talk on that cluster.
func onLarge(b *testing.B, l *screentest.Large, size [2]uint16) *screentest.Terminal {
	b.Helper()
	return terminal(b, size, program, "run", "--theme", "dark", "--cluster", "external", "--pd", l.URL)
}

// The bars hold for a large cluster too: a key to the first byte of its frame, with
// load, map and chart on; the first frame; and the share of a core while the second
// chapter shows all stores and nobody presses a key.
func BenchmarkScreenOfALargeCluster(b *testing.B) {
	beside := yardstick(b)
	for _, size := range screenSizes {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			l := largeCluster(b)
			small := terminal(b, size, beside)
			_, err := small.Await("page 0.")
			require.NoError(b, err)
			t := onLarge(b, l, size)
			at, err := t.Await("Welcome")
			require.NoError(b, err)
			first := at.Sub(t.Started)
			_, err = t.Press(" ", "100 of 100")
			require.NoError(b, err)
			_, err = t.Await("100 of 100 leading")
			require.NoError(b, err)
			_, err = t.Await("1000 regions")
			require.NoError(b, err)
			looks := l.Looks.Load()
			quiet := shareOfACore(b, t)
			require.Greater(b, l.Looks.Load(), looks, "PD is polled meanwhile")
			_, err = t.Press(" ", "baseline")
			require.NoError(b, err)
			_, err = t.Await("countdown")
			require.NoError(b, err)
			keysBeside(b, t, small)
			b.ReportMetric(float64(first.Microseconds())/1000, "first-frame-ms")
			b.ReportMetric(quiet, "health-%-of-a-core")
			b.ReportMetric(shareOfACore(b, small), "yardstick-%-of-a-core")
		})
	}
}
