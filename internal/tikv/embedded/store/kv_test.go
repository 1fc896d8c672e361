package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/stretchr/testify/require"
)

func keys(visit func(func(item) bool)) string {
	var out []string
	visit(func(it item) bool {
		out = append(out, string(it.key))
		return true
	})
	return strings.Join(out, " ")
}

func TestScansGoBothWaysWithinTheirBorders(t *testing.T) {
	k := newKV()
	for _, s := range []string{"a", "b", "c", "d"} {
		k.put(item{key: []byte(s), value: []byte(s)})
	}
	for _, c := range []struct{ start, end, want string }{{"", "", "a b c d"}, {"b", "", "b c d"}, {"b", "d", "b c"}, {"", "c", "a b"}, {"x", "", ""}, {"bb", "c", ""}} {
		require.Equal(t, c.want, keys(func(f func(item) bool) { k.scan([]byte(c.start), []byte(c.end), 0, f) }))
	}
	// backwards the start is left out and the end is taken in, as TiKV does
	for _, c := range []struct{ start, end, want string }{{"", "", ""}, {"e", "", "d c b a"}, {"c", "", "b a"}, {"d", "b", "c b"}, {"cc", "c", "c"}, {"a", "", ""}} {
		require.Equal(t, c.want, keys(func(f func(item) bool) { k.reverseScan([]byte(c.start), []byte(c.end), 0, f) }), c)
	}
}

func TestASnapshotIsTheWholeMap(t *testing.T) {
	k := newKV()
	for i := range 1000 {
		k.put(item{key: fmt.Appendf(nil, "k%d", i), value: make([]byte, i), expires: uint64(i)})
	}
	k.put(item{key: []byte("k5"), value: []byte("again")})
	k.delete([]byte("k6"))
	other := newKV()
	dump := k.dump(goOn)
	require.NoError(t, other.load(dump))
	require.Equal(t, dump, other.dump(goOn))
	require.Equal(t, k.size, other.size)
	require.Equal(t, 999, other.tree.Len())
	for _, cut := range []int{1, len(dump) / 2, len(dump) - 1} {
		require.ErrorIs(t, newKV().load(dump[:cut]), errShortSnapshot, cut)
	}
}

func TestCommandsDoTheSameOnEveryReplica(t *testing.T) {
	const now = 1000
	var log [][]byte
	add := func(o op, req message) {
		b, err := encodeCommand(uint64(len(log)), now, o, req)
		require.NoError(t, err)
		log = append(log, b)
	}
	add(opPut, &kvrpcpb.RawPutRequest{Key: []byte("a"), Value: []byte("1")})
	add(opPut, &kvrpcpb.RawPutRequest{Key: []byte("t"), Value: []byte("1"), Ttl: 10})
	add(opBatchPut, &kvrpcpb.RawBatchPutRequest{Pairs: []*kvrpcpb.KvPair{{Key: []byte("b"), Value: []byte("2")}, {Key: []byte("c"), Value: []byte("3")}}, Ttls: []uint64{0, 5}})
	add(opCAS, &kvrpcpb.RawCASRequest{Key: []byte("a"), PreviousValue: []byte("1"), Value: []byte("2")})
	add(opCAS, &kvrpcpb.RawCASRequest{Key: []byte("a"), PreviousValue: []byte("1"), Value: []byte("9")})
	add(opCAS, &kvrpcpb.RawCASRequest{Key: []byte("n"), PreviousNotExist: true, Value: []byte("new")})
	add(opDelete, &kvrpcpb.RawDeleteRequest{Key: []byte("b")})
	add(opDeleteRange, &kvrpcpb.RawDeleteRangeRequest{StartKey: []byte("m"), EndKey: []byte("o")})
	one, two := newKV(), newKV()
	var outs []outcome
	for i, e := range log {
		id, out, err := one.apply(e)
		require.NoError(t, err)
		require.EqualValues(t, i, id)
		outs = append(outs, out)
		_, same, err := two.apply(e)
		require.NoError(t, err)
		require.Equal(t, out, same)
	}
	require.Equal(t, one.dump(goOn), two.dump(goOn))
	require.True(t, outs[3].succeeded)
	require.False(t, outs[4].succeeded)
	require.Equal(t, "2", string(outs[4].previous))
	require.Equal(t, "a c t", keys(func(f func(item) bool) { one.scan(nil, nil, now, f) }))
	require.Equal(t, "a t", keys(func(f func(item) bool) { one.scan(nil, nil, now+5, f) }), "expiry counts from the proposal")
	_, _, err := one.apply([]byte("short"))
	require.Error(t, err)
	_, _, err = one.apply(append(make([]byte, 16), 99))
	require.ErrorContains(t, err, "unknown command 99")
}

func TestALayoutSpreadsPeersAndLeadersEvenly(t *testing.T) {
	for stores := 3; stores <= 9; stores++ {
		var names []string
		for i := range stores {
			names = append(names, fmt.Sprint("tikv-", i))
		}
		var split [][]byte
		for i := 1; i < 2*stores; i++ {
			split = append(split, fmt.Appendf(nil, "k%02d", i))
		}
		next := uint64(0)
		l, err := NewLayout(names, split, func() (uint64, error) { next++; return next, nil })
		require.NoError(t, err)
		require.Len(t, l.Regions, 2*stores)
		leaders, peers := map[uint64]int{}, map[uint64]int{}
		for i, r := range l.Regions {
			require.Len(t, r.Peers, replicas)
			leaders[r.Leader]++
			on := map[uint64]bool{}
			for _, p := range r.Peers {
				peers[p.StoreID]++
				on[p.StoreID] = true
			}
			require.Len(t, on, replicas, "on three different stores")
			require.True(t, on[r.Leader])
			if i > 0 {
				require.Equal(t, l.Regions[i-1].EndKey, r.StartKey)
			}
		}
		for _, s := range l.Stores {
			require.Equal(t, 2, leaders[s.ID])
			require.Equal(t, 6, peers[s.ID])
		}
	}
	_, err := NewLayout([]string{"a", "b"}, nil, func() (uint64, error) { return 1, nil })
	require.ErrorContains(t, err, "at least 3")
}
