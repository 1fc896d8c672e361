package contract

import (
	"bytes"
	"fmt"
	"hash/crc64"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tikv/client-go/v2/rawkv"
)

// The real client-go's rawkv on our cluster, each call across the regions'
// borders. What is expected is what TiKV does, by its sources.
func TestRawClient(t *testing.T) {
	c := rawClient(t)
	for name, f := range map[string]func(*testing.T, *rawkv.Client){
		"one key":          oneKey,
		"many keys":        manyKeys,
		"scan":             scans,
		"scan backwards":   scansBackwards,
		"delete a range":   deletesRanges,
		"compare and swap": comparesAndSwaps,
		"time to live":     timesToLive,
		"checksum":         checksums,
		"what is refused":  refusals,
	} {
		t.Run(name, func(t *testing.T) {
			c.SetAtomicForCAS(false)
			fill(t, c)
			f(t, c)
		})
	}
}

func oneKey(t *testing.T, c *rawkv.Client) {
	ctx := t.Context()
	for _, k := range allKeys {
		v, err := c.Get(ctx, []byte(k))
		require.NoError(t, err)
		require.Equal(t, "<"+k+">", string(v))
		require.NoError(t, c.Put(ctx, []byte(k), []byte("again")))
		v, err = c.Get(ctx, []byte(k))
		require.NoError(t, err)
		require.Equal(t, "again", string(v))
		require.NoError(t, c.Delete(ctx, []byte(k)))
		v, err = c.Get(ctx, []byte(k))
		require.NoError(t, err)
		require.Nil(t, v, "%q is deleted", k)
		require.NoError(t, c.Delete(ctx, []byte(k)), "what is not there may be deleted")
	}
	// TiKV takes the empty key and the empty value; an empty value is there.
	require.NoError(t, c.Put(ctx, []byte{}, []byte("the first of all keys")))
	require.NoError(t, c.Put(ctx, []byte("c"), []byte{}))
	v, err := c.Get(ctx, []byte{})
	require.NoError(t, err)
	require.Equal(t, "the first of all keys", string(v))
	v, err = c.Get(ctx, []byte("c"))
	require.NoError(t, err)
	require.NotNil(t, v)
	require.Empty(t, v)
	require.Equal(t, []string{"", "c"}, everything(t, c))
}

func manyKeys(t *testing.T, c *rawkv.Client) {
	ctx := t.Context()
	got, err := c.BatchGet(ctx, bytesOf("z", "nothing", "a", "d", "d\x00", "a"))
	require.NoError(t, err)
	require.Equal(t, []string{"<z>", "", "<a>", "<d>", "<d\x00>", "<a>"}, stringsOf(got))
	require.Nil(t, got[1], "a key that is not there has no value")
	got, err = c.BatchGet(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, got)

	require.NoError(t, c.BatchDelete(ctx, bytesOf("a", "nothing", "d", "z", "d")))
	require.Equal(t, []string{"a\xff", "b", "b\x00", "c", "c\xff", "d\x00", "e", "e\xff", "f", "f\x00"}, everything(t, c))
	require.NoError(t, c.BatchDelete(ctx, nil))
	require.NoError(t, c.BatchPut(ctx, nil, nil))

	// more than the client sends in one request, over all regions
	var keys, values [][]byte
	for i := range 2000 {
		keys = append(keys, fmt.Appendf(nil, "%c%04d", "abcdefg"[i%7], i))
		values = append(values, bytes.Repeat([]byte{byte(i)}, 100))
	}
	require.NoError(t, c.BatchPut(ctx, keys, values))
	got, err = c.BatchGet(ctx, keys)
	require.NoError(t, err)
	require.Equal(t, values, got)
	require.NoError(t, c.BatchDelete(ctx, keys))
	got, err = c.BatchGet(ctx, keys)
	require.NoError(t, err)
	require.Equal(t, make([][]byte, len(keys)), got)
}

func scans(t *testing.T, c *rawkv.Client) {
	ctx := t.Context()
	for _, s := range []struct {
		start, end string
		limit      int
		want       []string
	}{
		{"", "", 100, allKeys},
		{"", "", 0, []string{}},
		{"", "", 1, []string{"a"}},
		{"", "", 7, allKeys[:7]}, // ends with a region
		{"", "", 8, allKeys[:8]}, // begins another
		{"b", "d", 100, []string{"b", "b\x00", "c", "c\xff"}},
		{"b", "d\x00", 100, []string{"b", "b\x00", "c", "c\xff", "d"}},
		{"d", "d\x00", 100, []string{"d"}},
		{"a\x00", "b\x00", 100, []string{"a\xff", "b"}},
		{"g", "", 100, []string{"z"}},
		{"zz", "", 100, []string{}},
		{"c", "c", 100, []string{}},
		{"e", "c", 100, []string{}},
	} {
		keys, values, err := c.Scan(ctx, []byte(s.start), []byte(s.end), s.limit)
		require.NoError(t, err)
		require.Equal(t, s.want, stringsOf(keys), "%+v", s)
		requireTheirValues(t, keys, values)
		keys, values, err = c.Scan(ctx, []byte(s.start), []byte(s.end), s.limit, rawkv.ScanKeyOnly())
		require.NoError(t, err)
		require.Equal(t, s.want, stringsOf(keys), "key only %+v", s)
		require.Len(t, values, len(keys))
		require.Empty(t, bytes.Join(values, nil))
	}
	_, _, err := c.Scan(ctx, nil, nil, rawkv.MaxRawKVScanLimit+1)
	require.ErrorIs(t, err, rawkv.ErrMaxScanLimitExceeded)
}

func requireTheirValues(t *testing.T, keys, values [][]byte) {
	t.Helper()
	require.Len(t, values, len(keys))
	for i, k := range keys {
		require.Equal(t, "<"+string(k)+">", string(values[i]))
	}
}

func scansBackwards(t *testing.T, c *rawkv.Client) {
	ctx := t.Context()
	for _, s := range []struct {
		start, end string
		limit      int
		want       []string
	}{
		{"zz", "", 100, []string{"z", "f\x00", "f", "e\xff", "e", "d\x00", "d", "c\xff", "c", "b\x00", "b", "a\xff", "a"}},
		{"zz", "", 0, []string{}},
		{"zz", "", 3, []string{"z", "f\x00", "f"}}, // ends with a region
		{"zz", "", 4, []string{"z", "f\x00", "f", "e\xff"}},
		{"z", "f", 100, []string{"f\x00", "f"}}, // without the start, with the end
		{"d", "b", 100, []string{"c\xff", "c", "b\x00", "b"}},
		{"d\x00", "d", 100, []string{"d"}},
		{"b", "", 100, []string{"a\xff", "a"}},
		{"a", "", 100, []string{}},
		{"c", "c", 100, []string{}},
		{"c", "e", 100, []string{}},
		{"", "", 100, []string{}}, // a start, not the end of all keys
	} {
		keys, values, err := c.ReverseScan(ctx, []byte(s.start), []byte(s.end), s.limit)
		require.NoError(t, err)
		require.Equal(t, s.want, stringsOf(keys), "%+v", s)
		requireTheirValues(t, keys, values)
		keys, values, err = c.ReverseScan(ctx, []byte(s.start), []byte(s.end), s.limit, rawkv.ScanKeyOnly())
		require.NoError(t, err)
		require.Equal(t, s.want, stringsOf(keys), "key only %+v", s)
		require.Empty(t, bytes.Join(values, nil))
	}
	_, _, err := c.ReverseScan(ctx, []byte("z"), nil, rawkv.MaxRawKVScanLimit+1)
	require.ErrorIs(t, err, rawkv.ErrMaxScanLimitExceeded)
}

func deletesRanges(t *testing.T, c *rawkv.Client) {
	for _, d := range []struct {
		start, end string
		left       []string
	}{
		{"c", "c", allKeys},
		{"aa", "ab", allKeys},
		{"b", "d", []string{"a", "a\xff", "d", "d\x00", "e", "e\xff", "f", "f\x00", "z"}},
		{"c\xff", "e\xff", []string{"a", "a\xff", "b", "b\x00", "c", "e\xff", "f", "f\x00", "z"}},
		{"f", "", allKeys[:10]}, // without an end, in the last region
		{"", "z", []string{"z"}},
	} {
		fill(t, c)
		require.NoError(t, c.DeleteRange(t.Context(), []byte(d.start), []byte(d.end)))
		require.Equal(t, d.left, everything(t, c), "%q to %q", d.start, d.end)
	}
	// Through the borders the client can go only with an end: TiKV refuses a range
	// that reaches beyond a region, and one that is upside down, and the client
	// tries until it gives up. Nothing is deleted by halves.
	fill(t, c)
	require.Error(t, c.DeleteRange(soon(t), []byte("c"), nil))
	require.Error(t, c.DeleteRange(soon(t), []byte("e\xff"), []byte("e")))
	require.Equal(t, allKeys, everything(t, c))
}

func comparesAndSwaps(t *testing.T, c *rawkv.Client) {
	ctx := t.Context()
	_, _, err := c.CompareAndSwap(ctx, []byte("b"), nil, []byte("x"))
	require.ErrorContains(t, err, "without enable atomic mode")
	c.SetAtomicForCAS(true)
	for _, s := range []struct {
		key            string
		previous, next []byte
		was            []byte
		swapped        bool
	}{
		{"b", nil, []byte("1"), []byte("<b>"), false}, // nil: it must not be there
		{"b", []byte("<b>"), []byte("1"), []byte("<b>"), true},
		{"b", []byte("<b>"), []byte("2"), []byte("1"), false},
		{"new", []byte{}, []byte("1"), nil, false}, // an empty value is not none
		{"new", nil, []byte{}, nil, true},
		{"new", nil, []byte("1"), []byte{}, false},
		{"new", []byte{}, []byte("1"), []byte{}, true},
	} {
		was, swapped, err := c.CompareAndSwap(ctx, []byte(s.key), s.previous, s.next)
		require.NoError(t, err)
		require.Equal(t, s.swapped, swapped, "%+v", s)
		require.Equal(t, s.was, was, "%+v", s)
	}
	// put and delete in atomic mode, and a counter that eight writers share
	require.NoError(t, c.Put(ctx, []byte("d"), []byte{0, 0}))
	require.NoError(t, c.Delete(ctx, []byte("e")))
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for done := 0; done < 25 && !t.Failed(); {
				is, err := c.Get(ctx, []byte("d"))
				if err != nil {
					t.Error(err)
					return
				}
				n := uint16(is[0])<<8 + uint16(is[1]) + 1
				_, swapped, err := c.CompareAndSwap(ctx, []byte("d"), is, []byte{byte(n >> 8), byte(n)})
				if err != nil {
					t.Error(err)
					return
				}
				if swapped {
					done++
				}
			}
		})
	}
	writers.Wait()
	is, err := c.Get(ctx, []byte("d"))
	require.NoError(t, err)
	require.Equal(t, []byte{0, 8 * 25}, is)
}

func timesToLive(t *testing.T, c *rawkv.Client) {
	ctx := t.Context()
	left := func(key string) *uint64 {
		t.Helper()
		s, err := c.GetKeyTTL(ctx, []byte(key))
		require.NoError(t, err)
		return s
	}
	require.Nil(t, left("nothing"))
	require.Zero(t, *left("a"), "a key without one lives for ever")
	require.NoError(t, c.PutWithTTL(ctx, []byte("b"), []byte("x"), 3600))
	require.InDelta(t, 3600, *left("b"), 5)
	require.NoError(t, c.PutWithTTL(ctx, []byte("b"), []byte("x"), math.MaxUint64))
	require.Greater(t, *left("b"), uint64(math.MaxUint64/2))
	require.NoError(t, c.Put(ctx, []byte("b"), []byte("x")))
	require.Zero(t, *left("b"), "a write without one takes it away")

	require.NoError(t, c.BatchPutWithTTL(ctx, bytesOf("c", "e", "z"), bytesOf("1", "2", "3"), []uint64{1, 3600, 0}))
	require.InDelta(t, 3600, *left("e"), 5)
	require.Zero(t, *left("z"))
	require.NoError(t, c.PutWithTTL(ctx, []byte("d"), []byte("x"), 1))
	require.Eventually(t, func() bool {
		v, err := c.BatchGet(ctx, bytesOf("c", "d"))
		return err == nil && v[0] == nil && v[1] == nil
	}, 5*time.Second, 20*time.Millisecond, "a second passes and the keys are still there")
	require.Nil(t, left("c"))
	require.NotContains(t, everything(t, c), "c")
	backwards, _, err := c.ReverseScan(ctx, []byte("e"), []byte("c"), 10)
	require.NoError(t, err)
	require.Equal(t, []string{"d\x00", "c\xff"}, stringsOf(backwards))
	sum, err := c.Checksum(ctx, []byte("d"), []byte("d\x00"))
	require.NoError(t, err)
	require.Zero(t, sum)
	c.SetAtomicForCAS(true)
	_, swapped, err := c.CompareAndSwap(ctx, []byte("c"), nil, []byte("new"))
	require.NoError(t, err)
	require.True(t, swapped, "what has expired is not there")
}

func checksums(t *testing.T, c *rawkv.Client) {
	table := crc64.MakeTable(crc64.ECMA)
	for _, s := range []struct {
		start, end string
		keys       []string
	}{
		{"", "", allKeys},
		{"b", "d", allKeys[2:6]},
		{"a\xff", "f", allKeys[1:10]},
		{"c", "c", nil},
		{"zz", "", nil},
	} {
		want := rawkv.RawChecksum{}
		for _, k := range s.keys {
			pair := k + "<" + k + ">"
			want.Crc64Xor ^= crc64.Checksum([]byte(pair), table)
			want.TotalKvs++
			want.TotalBytes += uint64(len(pair))
		}
		got, err := c.Checksum(t.Context(), []byte(s.start), []byte(s.end))
		require.NoError(t, err)
		require.Equal(t, want, got, "%q to %q", s.start, s.end)
	}
}

// The words are TiKV's.
func refusals(t *testing.T, c *rawkv.Client) {
	ctx := t.Context()
	cf := rawkv.SetColumnFamily("write")
	const noSuchFamily = "invalid cf name: write"
	_, err := c.Get(ctx, []byte("a"), cf)
	require.EqualError(t, err, noSuchFamily)
	_, err = c.GetKeyTTL(ctx, []byte("a"), cf)
	require.EqualError(t, err, noSuchFamily)
	require.EqualError(t, c.Put(ctx, []byte("a"), []byte("x"), cf), noSuchFamily)
	require.EqualError(t, c.BatchPut(ctx, bytesOf("a"), bytesOf("x"), cf), noSuchFamily)
	require.EqualError(t, c.Delete(ctx, []byte("a"), cf), noSuchFamily)
	require.EqualError(t, c.DeleteRange(ctx, []byte("a"), []byte("b"), cf), noSuchFamily)
	require.NoError(t, c.Put(ctx, []byte("a"), []byte("<a>"), rawkv.SetColumnFamily("default")))

	long := strings.Repeat("b", 8<<10)
	require.NoError(t, c.Put(ctx, []byte(long), []byte("x")))
	const tooLong = "max key size exceeded, size: 8193, limit: 8192"
	require.EqualError(t, c.Put(ctx, []byte(long+"b"), []byte("x")), tooLong)
	require.EqualError(t, c.BatchPut(ctx, bytesOf(long+"b"), bytesOf("x")), tooLong)
	require.EqualError(t, c.Delete(ctx, []byte(long+"b")), tooLong)
	require.EqualError(t, c.DeleteRange(ctx, []byte("b"), []byte(long+"b")), tooLong)
	require.NoError(t, c.Delete(ctx, []byte(long)))

	require.NoError(t, c.Put(ctx, []byte("b"), make([]byte, 7<<20)))
	require.ErrorContains(t, c.Put(ctx, []byte("b"), make([]byte, 9<<20)), "raft entry is too large, region ")
	v, err := c.Get(ctx, []byte("b"))
	require.NoError(t, err)
	require.Len(t, v, 7<<20)
	require.NoError(t, c.Put(ctx, []byte("b"), []byte("<b>")))
	require.Equal(t, allKeys, everything(t, c))
}
