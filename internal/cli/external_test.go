package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// aCluster starts a cluster without a talk, and gives its PD and the processes of
// its stores by address. It ends with the test.
func aCluster(t testing.TB, state string) (pd string, pids map[string]int) {
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
	require.Eventually(t, func() bool { return len(process.FindAllString(said.String(), -1)) == 3 }, time.Minute, 10*time.Millisecond, "three stores are told")
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
	require.Equal(t, one(t, ls, "fault.injected")["target"], ticketOfFault(t, ls)["target"])
	require.Equal(t, "presenter", one(t, ls, "recovered")["by"])
	require.EqualValues(t, 0, one(t, ls, "ledger.verified")["lost"])
	require.Equal(t, "complete", one(t, ls, "run.finished")["outcome"])
}

// pdThatTells is a PD that says where the stores are, with three regions each.
func pdThatTells(t *testing.T, addresses ...string) string {
	t.Helper()
	pd := &narrowPD{addresses: addresses}
	pd.spread.Store(true)
	if strings.Contains(strings.Join(addresses, " "), ".invalid") {
		pd.member = "pd.invalid:2379"
	}
	return pd.serve(t)
}

// narrowPD is a PD of a cluster with one region, until it is told to split and
// to spread.
type narrowPD struct {
	addresses []string
	member    string // what it calls itself; where it is asked when empty
	spread    atomic.Bool
	late      bool // nothing that is asked in the first second is answered

	mu    sync.Mutex
	asked time.Time // first
	posts []string
}

func (n *narrowPD) serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, answer := range map[string]string{
		"members": `{"members":[{"name":"pd","member_id":1,"client_urls":["http://%[1]s"]}],"leader":{"name":"pd","member_id":1,"client_urls":["http://%[1]s"]}}`,
		"health":  `[{"name":"pd","member_id":1,"client_urls":["http://%[1]s"],"health":true}]`,
	} {
		mux.HandleFunc("/pd/api/v1/"+path, func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, answer, cmp.Or(n.member, r.Host))
		})
	}
	mux.HandleFunc("/pd/api/v1/stores", func(w http.ResponseWriter, _ *http.Request) {
		var stores []string
		for i, a := range n.addresses {
			leaders := 0
			if n.spread.Load() {
				leaders = 3
			} else if i == 0 {
				leaders = 1
			}
			status := ""
			if at, ok := strings.CutSuffix(a, ":20160"); ok {
				status = at + ":20180"
			}
			stores = append(stores, fmt.Sprintf(`{"store":{"id":%d,"address":%q,"status_address":%q,"state_name":"Up"},"status":{"leader_count":%d,"region_count":9}}`, i+4, a, status, leaders))
		}
		_, _ = io.WriteString(w, `{"count":3,"stores":[`+strings.Join(stores, ",")+`]}`)
	})
	mux.HandleFunc("POST /pd/api/v1/regions/{what}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		n.mu.Lock()
		n.posts = append(n.posts, r.PathValue("what")+" "+string(body))
		n.mu.Unlock()
		if r.PathValue("what") == "scatter" {
			n.spread.Store(true)
		}
		_, _ = io.WriteString(w, `{}`)
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.late && n.sinceFirst() < pdapi.Deadline {
			<-r.Context().Done()
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// sinceFirst is how long ago the first request came.
func (n *narrowPD) sinceFirst() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.asked.IsZero() {
		n.asked = time.Now()
	}
	return time.Since(n.asked)
}

// threeStores gives addresses at which somebody listens.
func threeStores(t *testing.T) (addresses []string) {
	t.Helper()
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

// A PD on a busy machine gives no answer in the first second, and the talk was refused.
func TestAnExternalPDThatIsLateOnceIsAskedAgain(t *testing.T) {
	t.Parallel()
	n := &narrowPD{addresses: threeStores(t), late: true}
	r := call(t, t.TempDir(), "run", "--cluster", "external", "--pd", n.serve(t), "--dry-run")
	require.Equal(t, exitOK, r.status, r.err)
	require.Contains(t, r.stdout, "tikv-")
}

// With one region for three stores the second chapter would wait in vain.
func TestAnExternalClusterWithFewerRegionsThanStoresIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	n := &narrowPD{addresses: threeStores(t)}
	dead := httptest.NewServer(nil)
	dead.Close()
	pd := n.serve(t)
	r := call(t, t.TempDir(), "run", "--cluster", "external", "--pd", dead.URL+","+pd, "--auto", "--front", "json")
	require.Equal(t, exitPrecondition, r.status, r.err)
	require.Contains(t, r.err, "only 1 of 3 stores lead a region")
	command := regexp.MustCompile("`tikv-demo (cluster split --pd [^`]+)`").FindStringSubmatch(r.err)
	require.NotNil(t, command, r.err)
	require.NotContains(t, command[1], dead.URL, "the URL that answers is the one to use")

	// What it says to do is what helps.
	r = call(t, t.TempDir(), append(strings.Fields(command[1]), "--yes")...)
	require.Equal(t, exitOK, r.status, r.err)
	require.Contains(t, r.err, "every store leads")
	require.Len(t, n.posts, 2)
	require.Regexp(t, `^split .*"split_keys":\["[0-9a-f]+"(,"[0-9a-f]+"){7}\]`, n.posts[0])
	require.Regexp(t, `^scatter `, n.posts[1])
}

// Nobody's cluster is changed without a yes.
func TestASplitIsAskedForOnATerminal(t *testing.T) {
	t.Parallel()
	for answer, posts := range map[string]int{"\r": 0, "n\r": 0, "what?\r": 0, "y\r": 2} {
		n := &narrowPD{addresses: threeStores(t)}
		s := onScreen(t, t.TempDir(), "cluster", "split", "--pd", n.serve(t))
		require.Eventually(t, func() bool { return strings.Contains(s.seen.String(), "[y/N]") }, 20*time.Second, 5*time.Millisecond)
		require.Contains(t, s.seen.String(), "Undo: ")
		s.press(answer)
		require.Equal(t, exitOK, s.ends(), s.tail())
		n.mu.Lock()
		require.Len(t, n.posts, posts, "%q", answer)
		n.mu.Unlock()
	}
}

// The first Ctrl-C at a question ends the program: a read of the terminal held two back.
func TestCtrlCAtAQuestionLeaves(t *testing.T) {
	t.Parallel()
	n := &narrowPD{addresses: threeStores(t)}
	s := onScreen(t, t.TempDir(), "cluster", "split", "--pd", n.serve(t))
	s.shows("[y/N]")
	s.press("\x03")
	require.Equal(t, exitInterrupted, s.ends(), s.tail())
	s.shows("interrupted")
	n.mu.Lock()
	defer n.mu.Unlock()
	require.Empty(t, n.posts)
}

// What a dry run says will be broken is what the talk breaks, by the same name,
// and a node that is not there is refused by both before anything else happens.
func TestADryRunOnAnExternalClusterKnowsTheNamesOfTheTalk(t *testing.T) {
	t.Parallel()
	pd := pdThatTells(t, threeStores(t)...)
	args := []string{"--cluster", "external", "--pd", pd, "--fault", "pause", "--seed", "5"}
	r := call(t, t.TempDir(), append([]string{"run", "--dry-run"}, args...)...)
	require.Equal(t, exitOK, r.status, r.err)
	require.Regexp(t, `(?m)^target    tikv-[123] `, r.stdout)
	target := regexp.MustCompile(`(?m)^target    (\S+)`).FindStringSubmatch(r.stdout)[1]
	r = call(t, t.TempDir(), append([]string{"run", "--dry-run", "--target", target}, args...)...)
	require.Equal(t, exitOK, r.status, "the name is good as a target: %s", r.err)

	for _, mode := range [][]string{{"--dry-run"}, {"--auto", "--front", "json"}} {
		state := t.TempDir()
		r = call(t, state, append(append([]string{"run", "--target", "store-3"}, mode...), args...)...)
		require.Equal(t, exitUsage, r.status, r.err)
		require.Contains(t, r.err, `"store-3" names no node of this cluster; choose one of random`)
		require.Contains(t, r.err, "tikv-1, tikv-2, tikv-3")
		require.NoDirExists(t, filepath.Join(state, "runs"), "the talk has not begun")
	}
}

// Containers know each other by names that mean nothing outside of their network.
func TestAddressesThatCannotBeReachedAreNamedAtTheStart(t *testing.T) {
	t.Parallel()
	pd := pdThatTells(t, "store-a.invalid:20160", "store-b.invalid:20160", "store-c.invalid:20160")
	r := call(t, t.TempDir(), "run", "--cluster", "external", "--pd", pd, "--auto", "--front", "json")
	require.Equal(t, exitPrecondition, r.status, r.err)
	for _, a := range []string{"pd.invalid:2379", "store-a.invalid:20160", "store-a.invalid:20180", "store-b.invalid:20160", "store-c.invalid:20180"} {
		require.Contains(t, r.err, "--map "+a+"=HOST:PORT")
	}
	require.Equal(t, 1, strings.Count(r.err, "\n"), r.err)
	require.Equal(t, "start the cluster", one(t, lines(t, r.stdout), "effect.failed")["effect"])
}

func TestAPDWithoutStoresIsSaid(t *testing.T) {
	t.Parallel()
	r := call(t, t.TempDir(), "run", "--cluster", "external", "--pd", pdThatTells(t), "--auto", "--front", "plain")
	require.Equal(t, exitPrecondition, r.status, r.err)
	require.Contains(t, r.err, "has no stores yet")
	require.Contains(t, r.stdout, "failed to start the cluster: PD answers at ")
}

// A front without a screen was silent for 46 s and more.
func TestWhatPDSaysIsShownThoughItsStoresCannotBeReached(t *testing.T) {
	t.Parallel()
	pd := pdThatTells(t, "store-a.invalid:20160", "store-b.invalid:20160", "store-c.invalid:20160")
	cmd := exec.Command(program, "run", "--cluster", "external", "--pd", pd, "--front", "plain")
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+t.TempDir())
	var out sink
	cmd.Stdout = &out
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = io.WriteString(in, "\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return strings.Contains(out.String(), "failed to start the cluster: PD gives addresses") && strings.Contains(out.String(), "store-a")
	}, time.Minute, 20*time.Millisecond, out.String())
	require.NoError(t, in.Close())
	require.Error(t, cmd.Wait(), "the talk waits for a press, and there are no more")
}

func TestMappedAddressesAreReachedElsewhere(t *testing.T) {
	t.Parallel()
	pd := pdThatTells(t, "store-a.invalid:20160")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	at := l.Addr().String()
	m, err := parseMap([]string{"pd.invalid:2379=" + at, "store-a.invalid:20160=" + at})
	require.NoError(t, err)
	e := &externalBackend{o: &options{pdURLs: []string{pd}, mapped: m}}
	err = e.reachable(t.Context())
	require.ErrorContains(t, err, "--map store-a.invalid:20180=HOST:PORT", "the status port as well")
	require.NotContains(t, err.Error(), "--map store-a.invalid:20160")
	m["store-a.invalid:20180"] = at
	require.NoError(t, e.reachable(t.Context()))

	for _, bad := range [][]string{{"tikv-1"}, {"tikv-1:20160"}, {"tikv-1:20160=127.0.0.1"}, {"=127.0.0.1:1"}, {"a:1=b:1", "a:1=b:2"}} {
		_, err := parseMap(bad)
		require.Error(t, err, bad)
	}
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
