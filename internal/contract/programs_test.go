package contract

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// theirs gives one of the programs that `make contract` builds: pd-server,
// go-ycsb, or our own.
func theirs(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("TIKV_DEMO_CONTRACT")
	if dir == "" {
		t.Skip("skipped: needs the real PD and the real go-ycsb; run `make contract`")
	}
	path := filepath.Join(dir, name)
	require.FileExists(t, path)
	return path
}

// freePort gives a port that was free a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// background starts a program that is ended with the test.
func background(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
}

// realPD starts a real PD with an empty data directory and gives its URL.
func realPD(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	url, peer := fmt.Sprintf("http://127.0.0.1:%d", freePort(t)), fmt.Sprintf("http://127.0.0.1:%d", freePort(t))
	cmd := exec.Command(theirs(t, "pd-server"), "--name", "pd-1", "--data-dir", filepath.Join(dir, "data"),
		"--client-urls", url, "--peer-urls", peer, "--log-file", filepath.Join(dir, "pd.log"))
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	background(t, cmd)
	require.Eventually(t, func() bool { return leads(url) }, 30*time.Second, 50*time.Millisecond, "the real PD does not serve")
	return url
}

// leads says whether a PD has a leader: from then on it serves stores.
func leads(url string) bool { return answers(url + "/pd/api/v1/leader") }

// healthy says whether an etcd member serves.
func healthy(url string) bool { return answers(url + "/health") }

func answers(url string) bool {
	r, err := http.Get(url)
	if err != nil {
		return false
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// clusterUp starts the embedded cluster and gives the URL of its PD.
func clusterUp(t testing.TB, args ...string) string {
	t.Helper()
	url, _ := clusterWithPIDs(t, args...)
	return url
}

// processLine is how `cluster up` names a process, on standard error.
var processLine = regexp.MustCompile(`(?m)^(\S+)\s+\S+\s+pid (\d+),`)

// clusterWithPIDs is clusterUp for those who mean to stop a process: it gives
// their ids by name.
func clusterWithPIDs(t testing.TB, args ...string) (url string, pids map[string]int) {
	t.Helper()
	cmd := exec.Command(theirs(t, "tikv-demo"), append([]string{"cluster", "up"}, args...)...)
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+t.TempDir())
	said, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	defer said.Close()
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	background(t, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	words, readErr := os.ReadFile(said.Name())
	require.NoError(t, readErr)
	require.NoError(t, err, "%s", words)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "pd: ")
	require.True(t, ok, line)
	pids = map[string]int{}
	for _, m := range processLine.FindAllStringSubmatch(string(words), -1) {
		pids[m[1]], err = strconv.Atoi(m[2])
		require.NoError(t, err)
	}
	return url, pids
}
