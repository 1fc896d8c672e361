package embedded

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tikv/client-go/v2/rawkv"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ChildCommand {
		os.Exit(ChildMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// split returns borders for keys k000 to k999.
func split(regions int) (keys [][]byte) {
	for i := 1; i < regions; i++ {
		keys = append(keys, fmt.Appendf(nil, "k%03d", i*1000/regions))
	}
	return keys
}

func start(t testing.TB) *Cluster {
	t.Helper()
	return startWith(t, Config{Stores: 3, SplitKeys: split(9)})
}

func startWith(t testing.TB, cfg Config) *Cluster {
	t.Helper()
	cfg.StateDir, cfg.Profile = t.TempDir(), "stage"
	c, err := Start(t.Context(), cfg, func(text string, done, total int) {
		t.Logf("%d/%d %s", done, total, text)
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Stop(context.Background())) })
	return c
}

func client(t testing.TB, c *Cluster) *rawkv.Client {
	t.Helper()
	cl, err := rawkv.NewClientWithOpts(t.Context(), []string{c.PD()[0][len("http://"):]})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cl.Close()) })
	return cl
}

func TestAKilledStoreLosesNothingAndLeadsAgain(t *testing.T) {
	c := start(t)
	cl := client(t, c)
	ctx := t.Context()
	for i := range 1000 {
		require.NoError(t, cl.Put(ctx, fmt.Appendf(nil, "k%03d", i), fmt.Appendf(nil, "v%d", i)))
	}
	require.NoError(t, c.Signal(ctx, "tikv-2", syscall.SIGKILL))
	p, _ := c.Process("tikv-2")
	require.False(t, p.Running)
	require.Contains(t, p.ExitState, "killed")
	for i := range 1000 {
		v, err := cl.Get(ctx, fmt.Appendf(nil, "k%03d", i))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("v%d", i), string(v))
	}
	require.NoError(t, c.Restart(ctx, "tikv-2"))
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	require.NoError(t, c.awaitLeaders(ctx))
}
