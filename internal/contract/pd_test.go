package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The whole walkthrough with our stores on the real PD.
func TestWalkthroughOnTheRealPD(t *testing.T) {
	cmd := exec.Command(theirs(t, "tikv-demo"), "run", "--auto", "--approve", "auto", "--front", "json", "--pd", realPD(t))
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+t.TempDir())
	said := &bytes.Buffer{}
	cmd.Stderr = said
	out, err := cmd.Output()
	require.NoError(t, err, "%s", said)
	lines := map[string][]map[string]any{}
	for line := range strings.Lines(string(out)) {
		var l map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		lines[l["kind"].(string)] = append(lines[l["kind"].(string)], l)
	}
	require.Len(t, lines["ticket.opened"], 1)
	require.Equal(t, lines["fault.injected"][0]["target"], lines["ticket.opened"][0]["target"])
	require.Len(t, lines["ledger.verified"], 1)
	require.Zero(t, lines["ledger.verified"][0]["lost"])
	require.Equal(t, "complete", lines["run.finished"][0]["outcome"])
}

// A PD that has a cluster is refused before anything is written to it.
func TestPDWithAClusterIsRefused(t *testing.T) {
	pd := realPD(t)
	clusterUp(t, "--pd", pd)
	cmd := exec.Command(theirs(t, "tikv-demo"), "cluster", "up", "--pd", pd)
	cmd.Env = append(os.Environ(), "TIKV_DEMO_STATE_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "has a cluster already")
}

// ask gives what a PD answers.
func ask(t *testing.T, method, url string, body any) (int, []byte) {
	t.Helper()
	b, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(b))
	require.NoError(t, err)
	r, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer r.Body.Close()
	out, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r.StatusCode, out
}

type region struct {
	ID     uint64 `json:"id"`
	Leader struct {
		StoreID uint64 `json:"store_id"`
	} `json:"leader"`
	Peers []struct {
		StoreID uint64 `json:"store_id"`
	} `json:"peers"`
}

func regions(t *testing.T, pd string) []region {
	t.Helper()
	status, b := ask(t, http.MethodGet, pd+"/pd/api/v1/regions", nil)
	require.Equal(t, http.StatusOK, status, "%s", b)
	var r struct {
		Regions []region `json:"regions"`
	}
	require.NoError(t, json.Unmarshal(b, &r))
	return r.Regions
}

// Our stores hand a region over when the real PD says so, and go on serving
// when it asks for what they do not do.
func TestOperatorsOfTheRealPD(t *testing.T) {
	pd := realPD(t)
	clusterUp(t, "--pd", pd)
	// balance-leader would move it back in the middle of the test; PD starts its
	// schedulers a little after the first store has come
	require.Eventually(t, func() bool {
		status, _ := ask(t, http.MethodPost, pd+"/pd/api/v1/schedulers/balance-leader-scheduler", map[string]any{"delay": 600})
		return status == http.StatusOK
	}, 60*time.Second, 100*time.Millisecond, "PD does not pause balance-leader")

	r := regions(t, pd)[0]
	to := r.Peers[0].StoreID
	if to == r.Leader.StoreID {
		to = r.Peers[1].StoreID
	}
	require.Eventually(t, func() bool { // PD prepares for a while before it takes operators
		status, b := ask(t, http.MethodPost, pd+"/pd/api/v1/operators", map[string]any{"name": "transfer-leader", "region_id": r.ID, "to_store_id": to})
		t.Logf("transfer-leader: %d %s", status, bytes.TrimSpace(b))
		return status == http.StatusOK
	}, 60*time.Second, time.Second)
	require.Eventually(t, func() bool {
		for _, x := range regions(t, pd) {
			if x.ID == r.ID {
				return x.Leader.StoreID == to
			}
		}
		return false
	}, 20*time.Second, 50*time.Millisecond, "region %d was not handed over to store %d", r.ID, to)

	for _, op := range []map[string]any{
		{"name": "remove-peer", "region_id": r.ID, "store_id": r.Leader.StoreID},
		{"name": "split-region", "region_id": regions(t, pd)[1].ID, "policy": "approximate"},
		{"name": "merge-region", "source_region_id": regions(t, pd)[2].ID, "target_region_id": regions(t, pd)[3].ID},
	} {
		status, b := ask(t, http.MethodPost, pd+"/pd/api/v1/operators", op)
		t.Logf("%s: %d %s", op["name"], status, bytes.TrimSpace(b))
	}
	requireWhole(t, ycsb(t, "load", pd), "INSERT")
	requireWhole(t, ycsb(t, "run", pd), "READ", "UPDATE")
	require.Len(t, regions(t, pd), 9, fmt.Sprint(regions(t, pd)))
}
