package contract

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tikv/client-go/v2/config"
	"github.com/tikv/client-go/v2/rawkv"

	"github.com/tikv-demo/tikv-demo/internal/tikv"
	"github.com/tikv-demo/tikv-demo/internal/tikv/embedded"
)

// A cluster of this package's tests starts itself as its nodes.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildCommand {
		os.Exit(embedded.ChildMain(os.Args[2:]))
	}
	tikv.SilenceLogs(nil)
	os.Exit(m.Run())
}

// borders of the regions that these tests run on; one region has room for a
// single key.
var borders = []string{"b", "d", "d\x00", "f"}

// rawClient gives the real client on a new cluster of ours.
func rawClient(t *testing.T) *rawkv.Client {
	t.Helper()
	var split [][]byte
	for _, b := range borders {
		split = append(split, []byte(b))
	}
	cl, err := embedded.Start(t.Context(), embedded.Config{Stores: 3, SplitKeys: split, StateDir: t.TempDir(), Profile: "stage"}, func(string, int, int) {})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cl.Stop(context.Background())) })
	c, err := rawkv.NewClient(t.Context(), cl.PD(), config.Security{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// allKeys lie in every region, on every border, and just beside them.
var allKeys = []string{"a", "a\xff", "b", "b\x00", "c", "c\xff", "d", "d\x00", "e", "e\xff", "f", "f\x00", "z"}

// fill writes every key; the value is the key in brackets.
func fill(t *testing.T, c *rawkv.Client) {
	t.Helper()
	require.NoError(t, c.DeleteRange(t.Context(), nil, []byte("\xff")))
	var values [][]byte
	for _, k := range allKeys {
		values = append(values, []byte("<"+k+">"))
	}
	require.NoError(t, c.BatchPut(t.Context(), bytesOf(allKeys...), values))
}

func bytesOf(keys ...string) (out [][]byte) {
	for _, k := range keys {
		out = append(out, []byte(k))
	}
	return out
}

func stringsOf(keys [][]byte) []string {
	out := []string{}
	for _, k := range keys {
		out = append(out, string(k))
	}
	return out
}

// everything gives the keys that are there.
func everything(t *testing.T, c *rawkv.Client) []string {
	t.Helper()
	keys, _, err := c.Scan(t.Context(), nil, nil, rawkv.MaxRawKVScanLimit)
	require.NoError(t, err)
	return stringsOf(keys)
}

// soon bounds a call that the client would try again for 20 s.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}
