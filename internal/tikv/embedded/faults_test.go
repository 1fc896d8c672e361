package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tikv"
)

// rounds is how many faults TestTruthUnderFaults injects; `make test-faults`
// and continuous integration want more.
func rounds(t *testing.T) int {
	if s := os.Getenv("TIKV_DEMO_TEST_FAULTS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err, "TIKV_DEMO_TEST_FAULTS")
		return n
	}
	return 3
}

// One store after the other is killed, frozen or cut off while the registers
// are written and read.
func TestTruthUnderFaults(t *testing.T) {
	c := start(t)
	w := drive(t, c)
	w.awaitService(t, time.Now())
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	type fault struct {
		name   string
		inject func(name string) error
		repair func(name string) error
	}
	ctx := t.Context()
	faults := []fault{
		{"killed", func(s string) error { return c.Signal(ctx, s, syscall.SIGKILL) }, func(s string) error { return c.Restart(ctx, s) }},
		{"frozen", func(s string) error { return c.Signal(ctx, s, syscall.SIGSTOP) }, func(s string) error { return c.Signal(ctx, s, syscall.SIGCONT) }},
		{"cut off", func(s string) error { return c.SetNetFault(ctx, s, NetFault{Cut: true}) }, func(s string) error { return c.SetNetFault(ctx, s, NetFault{}) }},
	}
	took := map[string][]time.Duration{}
	for i := range rounds(t) {
		f, name := faults[i%len(faults)], fmt.Sprintf("tikv-%d", 1+rng.IntN(3))
		time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond) // at any moment
		at := time.Now()
		require.NoError(t, f.inject(name))
		took[f.name] = append(took[f.name], w.awaitService(t, at))
		require.NoError(t, f.repair(name), "%s was %s", name, f.name)
		w.awaitService(t, time.Now())
		requireLeaders(t, c)
	}
	for name, ds := range took {
		t.Logf("%s: every region served again after %s", name, spread(ds))
	}
	w.check(t)
}

// requireLeaders waits until every store leads again.
func requireLeaders(t *testing.T, c *Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, c.awaitLeaders(ctx))
}

// All stores die at one moment.
func TestAllStoresKilledAtOnce(t *testing.T) {
	c := start(t)
	w := drive(t, c)
	w.awaitService(t, time.Now())
	for i := range 3 {
		require.NoError(t, c.Signal(t.Context(), fmt.Sprintf("tikv-%d", i+1), syscall.SIGKILL))
	}
	for i := range 3 {
		require.NoError(t, c.Restart(t.Context(), fmt.Sprintf("tikv-%d", i+1)))
	}
	t.Logf("every region served again %s after the last restart", w.awaitService(t, time.Now()).Round(time.Millisecond))
	w.check(t)
}

// PD dies: what is cached goes on, and PD comes back with its state.
func TestPDKilled(t *testing.T) {
	c := start(t)
	w := drive(t, c)
	w.awaitService(t, time.Now())
	before := members(t, c)
	require.NoError(t, c.Signal(t.Context(), "pd-1", syscall.SIGKILL))
	for range 3 {
		t.Logf("without PD every region was served within %s", w.awaitService(t, time.Now()).Round(time.Millisecond))
	}
	require.Zero(t, w.failed, "the data path needs no PD")
	require.NoError(t, c.Restart(t.Context(), "pd-1"))
	require.Equal(t, before, members(t, c))
	requireLeaders(t, c)
	w.check(t)
}

// members returns what PD says of itself: its cluster's id among it.
func members(t *testing.T, c *Cluster) (m map[string]any) {
	t.Helper()
	r, err := http.Get(c.PD()[0] + "/pd/api/v1/members")
	require.NoError(t, err)
	defer r.Body.Close()
	require.NoError(t, json.NewDecoder(r.Body).Decode(&m))
	return m
}

// Two of three stores are gone: nothing is acknowledged that is not kept, and
// the second store is enough for service.
func TestTwoOfThreeStoresDown(t *testing.T) {
	c := start(t)
	w := drive(t, c)
	w.awaitService(t, time.Now())
	for _, s := range []string{"tikv-1", "tikv-2"} {
		require.NoError(t, c.Signal(t.Context(), s, syscall.SIGKILL))
	}
	down := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	err := func() error { defer cancel(); return putAnew(ctx, c) }()
	require.Error(t, err, "a write without a quorum was acknowledged")
	require.Len(t, w.unserved(down.Add(opLimit)), slots)
	require.NoError(t, c.Restart(t.Context(), "tikv-1"))
	t.Logf("every region served again %s after the second store's restart", w.awaitService(t, time.Now()).Round(time.Millisecond))
	require.NoError(t, c.Restart(t.Context(), "tikv-2"))
	requireLeaders(t, c)
	w.check(t)
}

// long keeps a test that takes long for a run of its own.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("TIKV_DEMO_TEST_LONG") == "" {
		t.Skip("skipped: takes long; run `make test-long`")
	}
}

// A store died, and somebody else took the port at which it was sent Raft messages: the
// others look for the store anew.
func TestAPortThatIsSomebodyElsesNowIsLeft(t *testing.T) {
	long(t)
	c := start(t)
	w := drive(t, c)
	w.awaitService(t, time.Now())
	at := peerPort(t, c, "tikv-2")
	require.NoError(t, c.Signal(t.Context(), "tikv-2", syscall.SIGKILL))

	l, err := net.Listen("tcp", at)
	require.NoError(t, err)
	defer l.Close()
	taken := make(chan struct{}, 16)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			taken <- struct{}{}
			go func() { _, _ = io.Copy(io.Discard, conn) }() // it hears everything, and never answers
		}
	}()
	for range 2 { // the two other stores
		<-taken
	}
	w.awaitService(t, time.Now()) // they lead everything now
	require.NoError(t, c.Restart(t.Context(), "tikv-2"))
	requireLeaders(t, c)
	w.check(t)
}

// peerPort gives the address at which PD says that a store takes Raft messages.
func peerPort(t *testing.T, c *Cluster, name string) string {
	t.Helper()
	for _, s := range listedStores(t, c) {
		if c.NameOf(s.Address) == name {
			return s.Peer
		}
	}
	require.Fail(t, "PD does not know "+name)
	return ""
}

// putAnew writes with a client of its own, which has cached nothing.
func putAnew(ctx context.Context, c *Cluster) error {
	kv, err := tikv.OpenRaw(ctx, tikv.RawOptions{PD: c.PD(), NodeOf: c.NameOf})
	if err != nil {
		return err
	}
	defer kv.Close()
	return kv.Put(ctx, []byte("k500"), []byte("x"))
}

// A cluster may have more stores and regions.
func TestGrowth(t *testing.T) {
	for _, size := range []struct{ stores, regions int }{{3, 99}, {5, 9}, {9, 99}} {
		t.Run(fmt.Sprintf("%d stores, %d regions", size.stores, size.regions), func(t *testing.T) {
			if size.regions > 9 {
				long(t)
			}
			c := startWith(t, Config{Stores: size.stores, SplitKeys: split(size.regions)})
			w := drive(t, c)
			w.awaitService(t, time.Now())
			require.NoError(t, c.Signal(t.Context(), "tikv-3", syscall.SIGKILL))
			t.Logf("every region served again after %s", w.awaitService(t, time.Now()).Round(time.Millisecond))
			require.NoError(t, c.Restart(t.Context(), "tikv-3"))
			requireLeaders(t, c)
			w.check(t)
		})
	}
}
