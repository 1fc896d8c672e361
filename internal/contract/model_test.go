package contract

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tikv/client-go/v2/rawkv"
)

// model is what a cluster should hold, kept the simplest way.
type model map[string]string

// between gives the keys in [start, end) in order; an empty end is none.
func (m model) between(start, end string) []string {
	out := []string{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k >= start && (end == "" || k < end) {
			out = append(out, k)
		}
	}
	return out
}

// A random walk over every call of the client, each answer held against the
// model's; the keys crowd around the regions' borders.
func TestRawClientAgainstAModel(t *testing.T) {
	c := rawClient(t).SetAtomicForCAS(true)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := &walk{t: t, c: c, m: model{}, r: rand.New(rand.NewPCG(seed, 0))}
	steps := []func(){w.put, w.batchPut, w.remove, w.removeRange, w.swap, w.get, w.scan, w.scanBackwards, w.count}
	walked := 1000 // each step waits for a majority and its disks
	if os.Getenv("TIKV_DEMO_CONTRACT") != "" {
		walked = 5000
	}
	for range walked {
		steps[w.r.IntN(len(steps))]()
	}
	require.Equal(t, w.m.between("", ""), everything(t, c))
}

type walk struct {
	t *testing.T
	c *rawkv.Client
	m model
	r *rand.Rand
}

// key is a border or near one.
func (w *walk) key() string {
	k := append([]string{"a", "e", "g"}, borders...)[w.r.IntN(3+len(borders))]
	return k + []string{"", "\x00", "m", "\xff"}[w.r.IntN(4)]
}

func (w *walk) value() string {
	return fmt.Sprint(w.r.IntN(100))[:w.r.IntN(2)]
}

func (w *walk) put() {
	k, v := w.key(), w.value()
	require.NoError(w.t, w.c.Put(w.t.Context(), []byte(k), []byte(v)))
	w.m[k] = v
}

func (w *walk) batchPut() {
	var keys, values []string
	for range 1 + w.r.IntN(5) {
		k, v := w.key(), w.value()
		if !slices.Contains(keys, k) {
			keys, values = append(keys, k), append(values, v)
			w.m[k] = v
		}
	}
	require.NoError(w.t, w.c.BatchPut(w.t.Context(), bytesOf(keys...), bytesOf(values...)))
}

func (w *walk) remove() {
	keys := []string{w.key(), w.key(), w.key()}
	require.NoError(w.t, w.c.BatchDelete(w.t.Context(), bytesOf(keys[:2]...)))
	require.NoError(w.t, w.c.Delete(w.t.Context(), []byte(keys[2])))
	for _, k := range keys {
		delete(w.m, k)
	}
}

func (w *walk) removeRange() {
	start, end := w.key(), w.key()
	if start > end {
		start, end = end, start
	}
	require.NoError(w.t, w.c.DeleteRange(w.t.Context(), []byte(start), []byte(end)))
	if start == end {
		return
	}
	for _, k := range w.m.between(start, end) {
		delete(w.m, k)
	}
}

func (w *walk) swap() {
	k, expected, next := w.key(), []byte(w.value()), w.value()
	is, there := w.m[k]
	if w.r.IntN(2) == 0 {
		expected = nil
	}
	was, swapped, err := w.c.CompareAndSwap(w.t.Context(), []byte(k), expected, []byte(next))
	require.NoError(w.t, err)
	require.Equal(w.t, there, was != nil)
	require.Equal(w.t, is, string(was))
	require.Equal(w.t, there && expected != nil && is == string(expected) || !there && expected == nil, swapped)
	if swapped {
		w.m[k] = next
	}
}

func (w *walk) get() {
	keys := []string{w.key(), w.key(), w.key(), w.key()}
	values, err := w.c.BatchGet(w.t.Context(), bytesOf(keys...))
	require.NoError(w.t, err)
	for i, k := range keys {
		v, err := w.c.Get(w.t.Context(), []byte(k))
		require.NoError(w.t, err)
		is, there := w.m[k]
		require.Equal(w.t, there, v != nil)
		require.Equal(w.t, is, string(v))
		require.Equal(w.t, v, values[i])
	}
}

func (w *walk) scan() {
	start, end, limit := w.key(), w.key(), w.r.IntN(8)
	keys, values, err := w.c.Scan(w.t.Context(), []byte(start), []byte(end), limit)
	require.NoError(w.t, err)
	want := w.m.between(start, end)
	require.Equal(w.t, want[:min(limit, len(want))], stringsOf(keys))
	for i, k := range keys {
		require.Equal(w.t, w.m[string(k)], string(values[i]))
	}
}

func (w *walk) scanBackwards() {
	start, end, limit := w.key(), w.key(), w.r.IntN(8)
	keys, _, err := w.c.ReverseScan(w.t.Context(), []byte(start), []byte(end), limit)
	require.NoError(w.t, err)
	want := w.m.between(end, start)
	slices.Reverse(want)
	require.Equal(w.t, want[:min(limit, len(want))], stringsOf(keys))
}

func (w *walk) count() {
	start, end := w.key(), w.key()
	sum, err := w.c.Checksum(w.t.Context(), []byte(start), []byte(end))
	require.NoError(w.t, err)
	require.EqualValues(w.t, len(w.m.between(start, end)), sum.TotalKvs)
}
