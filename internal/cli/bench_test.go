package cli

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// The bars that users feel, measured on the real program from outside. They
// are reported, not asserted: machines are noisy. Run them with `make bench`.

// spread reports the median and the 95th percentile of what was measured.
func spread(b *testing.B, what string, ds []time.Duration) {
	b.Helper()
	require.NotEmpty(b, ds)
	slices.Sort(ds)
	b.ReportMetric(float64(ds[len(ds)/2].Microseconds())/1000, what+"-p50-ms")
	b.ReportMetric(float64(ds[(len(ds)*95-1)/100].Microseconds())/1000, what+"-p95-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFirstFrame is from the start of the process to the first bytes of
// the first chapter on a terminal of 120 by 36.
func BenchmarkFirstFrame(b *testing.B) {
	var took []time.Duration
	for range max(b.N, 15) {
		cmd := exec.Command(program, "run")
		cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+b.TempDir(), "TERM=xterm-256color")
		from := time.Now()
		tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 36, Cols: 120})
		require.NoError(b, err)
		seen, buf := "", make([]byte, 64<<10)
		for !strings.Contains(seen, "Welcome") {
			n, err := tty.Read(buf)
			require.NoError(b, err)
			seen += string(buf[:n])
			answerAsTerminal(b, tty, string(buf[:n]))
		}
		took = append(took, time.Since(from))
		_, err = tty.WriteString("q")
		require.NoError(b, err)
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			for {
				if _, err := tty.Read(buf); err != nil {
					return
				}
			}
		}()
		require.NoError(b, cmd.Wait())
		_ = tty.Close()
		<-drained
	}
	spread(b, "first-frame", took)
}

// answerAsTerminal says what a terminal says when it is asked for its
// background and its cursor. The screen's library asks before the first frame,
// and waits for 5 s on a terminal that says nothing.
func answerAsTerminal(b *testing.B, tty *os.File, asked string) {
	if strings.Contains(asked, "\x1b]11;?") {
		_, err := tty.WriteString("\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[1;1R")
		require.NoError(b, err)
	}
}

// BenchmarkClusterReady is from the start of the process to PD healthy and
// every store Up, leading and serving.
func BenchmarkClusterReady(b *testing.B) {
	var took []time.Duration
	for range max(b.N, 10) {
		cmd := exec.Command(program, "cluster", "up")
		cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+b.TempDir())
		out, err := cmd.StdoutPipe()
		require.NoError(b, err)
		from := time.Now()
		require.NoError(b, cmd.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(b, err)
		require.Contains(b, line, "pd: http://")
		took = append(took, time.Since(from))
		require.NoError(b, cmd.Process.Signal(syscall.SIGINT))
		_ = cmd.Wait()
	}
	spread(b, "ready", took)
}

// idleFor is how long an idle cluster is watched.
const idleFor = 15 * time.Second

// BenchmarkIdle is what an embedded cluster that nobody uses costs, all
// processes together: the share of one core, and the memory. Pages that the
// processes share, such as the program's own text, count once (Linux's
// proportional set size); the sum of their resident sets, in which they count
// five times, is given beside it.
func BenchmarkIdle(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("skipped: reads /proc")
	}
	state := b.TempDir()
	cmd := exec.Command(program, "cluster", "up")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	}()
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	pids := family(b, cmd.Process.Pid)
	require.Len(b, pids, 5, "the supervisor, PD and three stores")
	before := cpuTicks(b, pids)
	time.Sleep(idleFor) // the thing measured is time that passes
	b.ReportMetric(100*float64(cpuTicks(b, pids)-before)/100/idleFor.Seconds(), "idle-%-of-a-core")
	b.ReportMetric(float64(memoryKB(b, pids, "Pss:"))/1024, "idle-MB")
	b.ReportMetric(float64(memoryKB(b, pids, "Rss:"))/1024, "idle-summed-rss-MB")
	b.ReportMetric(0, "ns/op")
}

// family gives a process and its children.
func family(b testing.TB, parent int) []int {
	b.Helper()
	out, err := exec.Command("ps", "-o", "pid=", "--ppid", strconv.Itoa(parent)).Output()
	require.NoError(b, err)
	pids := []int{parent}
	for f := range strings.FieldsSeq(string(out)) {
		pid, err := strconv.Atoi(f)
		require.NoError(b, err)
		pids = append(pids, pid)
	}
	return pids
}

// cpuTicks adds up the processor time of processes, in hundredths of a second
// (Linux's USER_HZ, which is 100 wherever Go runs).
func cpuTicks(b *testing.B, pids []int) (ticks int) {
	b.Helper()
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		require.NoError(b, err)
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, f := range fields[11:13] { // utime and stime; see proc(5)
			n, err := strconv.Atoi(f)
			require.NoError(b, err)
			ticks += n
		}
	}
	return ticks
}

func memoryKB(b *testing.B, pids []int, field string) (kb int) {
	b.Helper()
	for _, pid := range pids {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		require.NoError(b, err)
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, field); ok {
				n, err := strconv.Atoi(strings.Fields(rest)[0])
				require.NoError(b, err)
				kb += n
			}
		}
	}
	return kb
}
