package cli

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
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
	require.Equal(t, "presenter", one(t, ls, "recovered")["by"])
	require.EqualValues(t, 0, one(t, ls, "ledger.verified")["lost"])
	require.Equal(t, "complete", one(t, ls, "run.finished")["outcome"])
}

// pdThatTells is a PD that says where the stores are.
func pdThatTells(t *testing.T, addresses ...string) string {
	t.Helper()
	var stores []string
	for i, a := range addresses {
		stores = append(stores, fmt.Sprintf(`{"store":{"id":%d,"address":%q,"state_name":"Up"},"status":{"leader_count":3,"region_count":9}}`, i+4, a))
	}
	mux := http.NewServeMux()
	for path, answer := range map[string]string{
		"members": `{"members":[{"name":"pd","member_id":1,"client_urls":["http://pd:2379"]}],"leader":{"name":"pd","member_id":1}}`,
		"health":  `[{"name":"pd","member_id":1,"client_urls":["http://pd:2379"],"health":true}]`,
		"stores":  `{"count":3,"stores":[` + strings.Join(stores, ",") + `]}`,
	} {
		mux.HandleFunc("/pd/api/v1/"+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// Containers know each other by names that mean nothing outside of their network.
func TestAnExternalStoreThatCannotBeReachedIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	pd := pdThatTells(t, "store-a.invalid:20160", "store-b.invalid:20160", "store-c.invalid:20160")
	r := call(t, t.TempDir(), "run", "--cluster", "external", "--pd", pd, "--auto", "--front", "json")
	require.Equal(t, exitPrecondition, r.status, r.err)
	require.Contains(t, r.err, "a store is at store-a.invalid:20160, which cannot be reached from here")
	require.Equal(t, 1, strings.Count(r.err, "\n"), r.err)
}

func TestExternalStoresAreCalledByTheirHostsWhereEachHasItsOwn(t *testing.T) {
	names := func(addresses ...string) []string {
		s := demo.Snapshot{Nodes: []demo.Node{{Role: demo.RoleControl, Address: "pd:2379"}}}
		for _, a := range addresses {
			s.Nodes = append(s.Nodes, demo.Node{Role: demo.RoleData, Address: a})
		}
		var got []string
		for _, a := range addresses {
			got = append(got, stageNames(s)[a])
		}
		return got
	}
	numbered := []string{"tikv-1", "tikv-2", "tikv-3"}
	require.Equal(t, []string{"tikv-3", "tikv-1", "tikv-2"}, names("tikv-3.db.svc:20160", "tikv-1.db.svc:20160", "tikv-2.db.svc:20160"))
	require.Equal(t, numbered, names("localhost:1", "localhost:2", "localhost:3"))
	require.Equal(t, numbered, names("10.0.0.1:20160", "10.0.0.2:20160", "10.0.0.3:20160"))
}
