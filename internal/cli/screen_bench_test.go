package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/screentest"
)

// The bars of the screen, measured on the real program with load, map and chart
// on, and beside it a small Bubble Tea program in the same run: the ratio says
// what the machine does not.

var screenSizes = [][2]uint16{{120, 36}, {200, 55}}

// yardstick builds the program that the screen is measured beside.
func yardstick(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "yardstick")
	out, err := exec.Command("go", "build", "-o", path, "github.com/tikv-demo/tikv-demo/internal/screentest/yardstick").CombinedOutput()
	require.NoError(b, err, string(out))
	return path
}

// terminal starts a program for the length of a benchmark.
func terminal(b *testing.B, size [2]uint16, name string, args ...string) *screentest.Terminal {
	b.Helper()
	return terminalWith(b, nil, size, name, args...)
}

// terminalWith does so with more in the environment.
func terminalWith(b *testing.B, env []string, size [2]uint16, name string, args ...string) *screentest.Terminal {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+b.TempDir(), "TIKV_DEMO_TARGET_OPS=1000", "TIKV_DEMO_RECORDS=10000", "TERM=xterm-256color", "COLORTERM=truecolor")
	cmd.Env = append(cmd.Env, env...)
	t, err := screentest.Start(cmd, size[0], size[1])
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, t.Stop()) })
	return t
}

// underLoad gives the program where it waits for its presenter with load, map and
// chart on: before the fault. The chapter of the load goes on by itself.
func underLoad(b *testing.B, size [2]uint16) *screentest.Terminal {
	b.Helper()
	t := terminal(b, size, program, "run", "--theme", "dark")
	goUnderLoad(b, t)
	return t
}

// goUnderLoad brings a talk there from its first chapter.
func goUnderLoad(b *testing.B, t *screentest.Terminal) {
	b.Helper()
	for _, step := range [][2]string{{"", "Welcome"}, {" ", "nodes up"}, {" ", "baseline"}, {"", "starts the countdown"}} {
		if step[0] != "" {
			_, err := t.Press(step[0], step[1])
			require.NoError(b, err, step)
			time.Sleep(time.Second) // a burst of presses counts as one
			continue
		}
		_, err := t.Await(step[1])
		require.NoError(b, err, step)
	}
}

// answers measures how soon keys are answered: after each, what must be shown. The
// pauses between them are random, as a person's are.
func answers(b *testing.B, t *screentest.Terminal, n int, keys ...[2]string) []time.Duration {
	b.Helper()
	var took []time.Duration
	for i := range n {
		for _, k := range keys {
			shows := k[1]
			if shows == "page" {
				shows = fmt.Sprintf("page %d.", len(took)+1)
			}
			d, err := t.Press(k[0], shows)
			require.NoError(b, err, "press %d", i)
			took = append(took, d)
			time.Sleep(time.Duration(20+rand.IntN(40)) * time.Millisecond)
		}
	}
	return took
}

// middleAndTail reports the median and the 99th percentile, and gives both.
func middleAndTail(b *testing.B, what string, ds []time.Duration) (p50, p99 float64) {
	b.Helper()
	slices.Sort(ds)
	p50, p99 = float64(ds[len(ds)/2].Microseconds())/1000, float64(ds[(len(ds)*99-1)/100].Microseconds())/1000
	b.ReportMetric(p50, what+"-p50-ms")
	b.ReportMetric(p99, what+"-p99-ms")
	b.ReportMetric(0, "ns/op")
	return p50, p99
}

// BenchmarkKeyToOutput is from a key to the first byte of the frame that answers
// it, while 1,000 operations a second run on the embedded cluster.
func BenchmarkKeyToOutput(b *testing.B) {
	beside := yardstick(b)
	for _, size := range screenSizes {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			small := terminal(b, size, beside)
			_, err := small.Await("page 0.")
			require.NoError(b, err)
			keysBeside(b, underLoad(b, size), small)
		})
	}
}

// keysBeside measures the keys of a talk, and then those of the yardstick.
func keysBeside(b *testing.B, t, small *screentest.Terminal) {
	b.Helper()
	const presses = 300
	p50, p99 := middleAndTail(b, "key", answers(b, t, presses, helpKeys...))
	small50, small99 := middleAndTail(b, "yardstick", answers(b, small, 2*presses, [2]string{"j", "page"}))
	b.ReportMetric(p50/small50, "p50-ratio")
	b.ReportMetric(p99/small99, "p99-ratio")
}

// BenchmarkFirstFrameBeside is from the start of the process to the first byte of
// the first frame, beside the yardstick's.
func BenchmarkFirstFrameBeside(b *testing.B) {
	beside := yardstick(b)
	first := func(what string, name string, args ...string) []time.Duration {
		var took []time.Duration
		for range 20 {
			t := terminal(b, screenSizes[0], name, args...)
			at, err := t.Await(what)
			require.NoError(b, err)
			took = append(took, at.Sub(t.Started))
		}
		return took
	}
	p50, _ := middleAndTail(b, "first-frame", first("Welcome", program, "run", "--theme", "dark"))
	small50, _ := middleAndTail(b, "yardstick", first("page 0.", beside))
	b.ReportMetric(p50/small50, "p50-ratio")
}

// shareOfACore is how much of a core, in percent, a program's own process takes for a
// while.
func shareOfACore(b *testing.B, t *screentest.Terminal) float64 {
	b.Helper()
	const watched = 15 * time.Second
	pids := []int{t.Cmd.Process.Pid}
	before := cpuTicks(b, pids)
	time.Sleep(watched) // the thing measured is time that passes
	return float64(cpuTicks(b, pids)-before) / watched.Seconds()
}

// BenchmarkQuietScreen is the share of a core that the program's own process takes
// while nobody presses a key: in the first chapter, and in the second with the
// cluster up, whose processes are measured by BenchmarkIdle.
func BenchmarkQuietScreen(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("skipped: reads /proc")
	}
	share := func(t *screentest.Terminal) float64 { return shareOfACore(b, t) }
	t := terminal(b, screenSizes[0], program, "run", "--theme", "dark")
	_, err := t.Await("Welcome")
	require.NoError(b, err)
	b.ReportMetric(share(t), "welcome-%-of-a-core")
	_, err = t.Press(" ", "nodes up")
	require.NoError(b, err)
	b.ReportMetric(share(t), "health-%-of-a-core")
	small := terminal(b, screenSizes[0], yardstick(b))
	_, err = small.Await("page 0.")
	require.NoError(b, err)
	b.ReportMetric(share(small), "yardstick-%-of-a-core")
	b.ReportMetric(0, "ns/op")
}
