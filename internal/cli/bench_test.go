package cli

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
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

// BenchmarkKillToTicket plays whole talks and reads from their records how long
// the ticket took from the SIGKILL, and recovery after it.
func BenchmarkKillToTicket(b *testing.B) {
	var detect, recover []time.Duration
	for range max(b.N, 5) {
		cmd := exec.Command(program, "run", "--auto", "--front", "json")
		cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+b.TempDir())
		out, err := cmd.Output()
		require.NoError(b, err)
		ls := lines(b, string(out))
		opened := kind(ls, "ticket.opened")
		require.NotEmpty(b, opened)
		detect = append(detect, time.Duration(opened[0]["since_fault_ms"].(float64))*time.Millisecond)
		recover = append(recover, time.Duration(one(b, ls, "recovered")["ttr_ms"].(float64))*time.Millisecond)
	}
	spread(b, "ticket", detect)
	spread(b, "recovered", recover)
}
