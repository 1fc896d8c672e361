package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// aCluster starts a cluster without a talk, and gives its PD and the processes of
// its stores by address. It ends with the test.
func aCluster(t *testing.T, state string) (pd string, pids map[string]int) {
	t.Helper()
	cmd := exec.Command(program, "cluster", "up")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+state)
	var said sink
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
		_ = cmd.Wait() // says that it was interrupted
		requireNothingLeft(t, state)
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	process := regexp.MustCompile(`(?m)^tikv-\d +(\S+) +pid (\d+)`)
	require.Eventually(t, func() bool { return len(process.FindAllString(said.String(), -1)) == 3 }, 10*time.Second, 10*time.Millisecond, "three stores are told")
	pids = map[string]int{}
	for _, m := range process.FindAllStringSubmatch(said.String(), -1) {
		pids[m[1]], err = strconv.Atoi(m[2])
		require.NoError(t, err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "pd: ")), pids
}

// The program has no hold of the nodes: it says what is to be done, a presenter
// does it, and the gates watch for it.
func TestATalkOnAnExternalClusterIsBrokenAndMendedByHand(t *testing.T) {
	t.Parallel()
	pd, pids := aCluster(t, t.TempDir())
	cmd := exec.Command(program, "run", "--cluster", "external", "--pd", pd, "--fault", "pause", "--auto", "--approve", "auto", "--front", "json", "--seed", "5")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+t.TempDir())
	var out sink
	cmd.Stdout = &out
	asks, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	order := regexp.MustCompile(`by hand, at (\S+): (SIGSTOP|SIGCONT) to`)
	var done []string
	var told strings.Builder
	for lines := bufio.NewScanner(io.TeeReader(asks, &told)); lines.Scan(); {
		m := order.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		signal := map[string]syscall.Signal{"SIGSTOP": syscall.SIGSTOP, "SIGCONT": syscall.SIGCONT}[m[2]]
		require.Contains(t, pids, m[1])
		require.NoError(t, syscall.Kill(pids[m[1]], signal))
		done = append(done, m[2])
	}
	require.NoError(t, cmd.Wait(), told.String())
	require.Equal(t, []string{"SIGSTOP", "SIGCONT"}, done)

	ls := lines(t, out.String())
	require.Equal(t, "presenter", one(t, ls, "fault.injected")["by"])
	require.Equal(t, true, one(t, ls, "fault.injected")["by_hand"])
	require.Equal(t, one(t, ls, "fault.injected")["target"], kind(ls, "ticket.opened")[0]["target"])
	require.NotEmpty(t, one(t, ls, "recovered"))
	require.EqualValues(t, 0, one(t, ls, "ledger.verified")["lost"])
	require.Equal(t, "complete", one(t, ls, "run.finished")["outcome"])
}
