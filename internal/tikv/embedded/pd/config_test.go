package pd

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// post sends settings.
func (th *harness) post(settings string) (int, string) {
	th.t.Helper()
	r, err := http.Post(th.url+"/pd/api/v1/config", "application/json", strings.NewReader(settings))
	require.NoError(th.t, err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(th.t, err)
	return r.StatusCode, string(b)
}

func TestTheTimeUntilAStoreIsDownCanBeSetAndStays(t *testing.T) {
	dir := t.TempDir()
	th := open(t, dir)
	th.bootstrap()
	status, words := th.post(`{"schedule.max-store-down-time": "1m"}`)
	require.Equal(t, http.StatusOK, status, words)
	th.clock.pass(61 * time.Second)
	_, b := th.get("/pd/api/v1/store/2")
	require.Contains(t, b, `"state_name": "Down"`)
	th.stop()

	th = open(t, dir)
	_, b = th.get("/pd/api/v1/config/schedule")
	require.Contains(t, b, `"max-store-down-time": "1m0s"`)
}

func TestARefusedSettingChangesNothing(t *testing.T) {
	th := open(t, t.TempDir())
	for _, c := range []struct{ settings, why string }{
		{`{"max-store-down-time": "1m", "nope": 1}`, "config item nope not found"},
		{`{"max-store-down-time": "1m", "leader-schedule-limit": 8}`, "config item leader-schedule-limit is 4 in this PD and cannot be changed"},
		{`{"max-store-down-time": "soon"}`, "invalid duration"},
		{`{"log.level": "debug"}`, "config prefix log not found"},
		{`{`, "unexpected end of JSON input"},
	} {
		status, words := th.post(c.settings)
		require.Equal(t, http.StatusBadRequest, status, c.settings)
		require.Contains(t, words, c.why)
	}
	_, b := th.get("/pd/api/v1/config")
	require.Contains(t, b, `"max-store-down-time": "30m0s"`)
	status, _ := th.post(`{"tolerant-size-ratio": 1}`)
	require.Equal(t, http.StatusOK, status, "what holds may be set again")
}
