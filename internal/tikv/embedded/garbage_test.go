package embedded

import (
	"crypto/rand"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tikv/pdapi"
)

// What no client would send, on every port of the cluster, under load: the
// connections are refused or dropped, every node lives, and nothing is lost.
func TestGarbageOnEveryPort(t *testing.T) {
	long(t)
	c := start(t)
	w := drive(t, c)
	w.awaitService(t, time.Now())
	noise := make([]byte, 64<<10)
	_, _ = rand.Read(noise)
	http2 := []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	sent := 0
	for _, addr := range portsOf(t, c) {
		for _, garbage := range [][]byte{
			noise,
			append(http2, noise...),
			http2[:10],
			[]byte("GET /status HTTP/1.1\r\n"),
			[]byte("PUT /line HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{\"cut\": 7"),
			{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1}, // a raft frame of 4 GiB
			{0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff},
			{},
		} {
			conn, err := net.Dial("tcp", addr)
			require.NoError(t, err)
			_ = conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
			_, _ = conn.Write(garbage) // it may be refused in the middle
			_, _ = conn.Read(make([]byte, 1<<10))
			require.NoError(t, conn.Close())
			sent++
		}
	}
	require.Equal(t, (1+3*3)*8, sent)
	for _, p := range c.Processes() {
		require.True(t, p.Running, "%s: %s", p.Name, p.ExitState)
	}
	w.awaitService(t, time.Now())
	requireLeaders(t, c)
	w.check(t)
}

// portsOf returns PD's port and each store's three.
func portsOf(t *testing.T, c *Cluster) []string {
	t.Helper()
	all := []string{pdapi.HostPort(c.PD()[0])}
	for _, s := range listedStores(t, c) {
		all = append(all, s.Address, s.Peer, s.Status)
	}
	return all
}

// listedStore is where PD says that a store listens.
type listedStore struct {
	Address string `json:"address"`
	Peer    string `json:"peer_address"`
	Status  string `json:"status_address"`
}

// listedStores asks PD for every store.
func listedStores(t *testing.T, c *Cluster) (all []listedStore) {
	t.Helper()
	r, err := http.Get(c.PD()[0] + "/pd/api/v1/stores")
	require.NoError(t, err)
	defer r.Body.Close()
	var answer struct {
		Stores []struct {
			Store listedStore `json:"store"`
		} `json:"stores"`
	}
	require.NoError(t, json.NewDecoder(r.Body).Decode(&answer))
	for _, s := range answer.Stores {
		all = append(all, s.Store)
	}
	return all
}

// A store whose files are damaged says so, and the others serve without it. With
// its files as they were it starts again, also where the last record of its log
// was being written when it died.
func TestDamagedFiles(t *testing.T) {
	c := start(t)
	w := drive(t, c)
	w.awaitService(t, time.Now())
	require.NoError(t, c.Signal(t.Context(), "tikv-2", syscall.SIGKILL))
	const magic = 21 // bytes of the log's first line
	flip := func(at func(b []byte) int) func([]byte) []byte {
		return func(b []byte) []byte { b[at(b)] ^= 0xff; return b }
	}
	for _, damage := range []struct {
		name, file, says string
		do               func(b []byte) []byte
	}{
		{"a changed byte in a length", "raft.log", "is damaged at byte 21;", flip(func([]byte) int { return magic + 3 })},
		{"a changed byte in the middle", "raft.log", "is damaged at byte", flip(func(b []byte) int { return len(b) / 2 })},
		{"a changed byte at the end", "raft.log", "is damaged at byte", flip(func(b []byte) int { return len(b) - 1 })},
		{"a log of another version", "raft.log", "is not a log of this version", func(b []byte) []byte { b[19] = '9'; return b }},
		{"data of another version", "store.json", "is not data of this version", func([]byte) []byte { return []byte(`{"version":99,"store":1}`) }},
		{"data of another store", "store.json", "holds the data of store 77", func([]byte) []byte { return []byte(`{"version":1,"store":77}`) }},
	} {
		path := filepath.Join(c.dir, "tikv-2", damage.file)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		bad := damage.do(slices.Clone(whole))
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		err = c.Restart(t.Context(), "tikv-2")
		require.ErrorContains(t, err, "tikv-2 ended before it served", damage.name)
		require.ErrorContains(t, err, damage.says, damage.name)
		require.ErrorContains(t, err, "tikv-2.log", damage.name)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, bad, after, "%s: nothing is thrown away", damage.name)
		require.NoError(t, os.WriteFile(path, whole, 0o600))
	}
	w.awaitService(t, time.Now())
	path := filepath.Join(c.dir, "tikv-2", "raft.log")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	// A record of which only the beginning was written: nobody was told that it is
	// there. (To cut off a whole record is to lose what was acknowledged, and Raft
	// rightly refuses to go on: "Was the raft log corrupted, truncated, or lost?")
	require.NoError(t, os.WriteFile(path, slices.Concat(whole, whole[magic:magic+15]), 0o600))
	require.NoError(t, c.Restart(t.Context(), "tikv-2"))
	requireLeaders(t, c)
	w.awaitService(t, time.Now())
	w.check(t)
}
