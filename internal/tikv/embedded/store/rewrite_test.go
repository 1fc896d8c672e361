package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/stretchr/testify/require"
)

// putKey writes one key through the first of three nodes.
func putKey(t *testing.T, nodes []*node, key string, value []byte) {
	t.Helper()
	var told *outcome
	nodes[0].take(writeRequest{only(nodes[0]).meta.ID, opPut, &kvrpcpb.RawPutRequest{Key: []byte(key), Value: value}, func(o outcome) { told = &o }}, map[*peer]bool{})
	exchange(t, nodes, all)
	require.NotNil(t, told, "the write was not answered")
	require.NoError(t, told.err)
}

// finish waits for a rewrite and does the loop's part of it.
func finish(t *testing.T, n *node) {
	t.Helper()
	require.NotNil(t, n.rewriting)
	require.NoError(t, n.finishRewrite(<-n.rewriting.done))
}

// state is what a store must find again.
func state(n *node) string {
	p := only(n)
	hard, _, _ := p.storage.InitialState()
	last, _ := p.storage.LastIndex()
	return fmt.Sprintf("term %d, vote %d, last %d, data %x", hard.GetTerm(), hard.GetVote(), last, p.data.clone().dump(goOn))
}

// reopen starts the nodes from copies of their directories, as after a SIGKILL
// of all, and applies what they have committed.
func reopen(t *testing.T, dirs []string) []*node {
	t.Helper()
	var copies []string
	for _, dir := range dirs {
		to := t.TempDir()
		require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
		copies = append(copies, to)
	}
	nodes := three(t, copies)
	for _, n := range nodes {
		step(t, n)
	}
	return nodes
}

func requireSameState(t *testing.T, want, got []*node) {
	t.Helper()
	for i := range want {
		require.Equal(t, state(want[i]), state(got[i]), "store %d", i+1)
	}
}

// While the log is rewritten the store serves; what it acknowledges meanwhile, an
// election included, is in the old log and in the new one. It can be killed
// before, during and after.
func TestAStoreServesAndCanBeKilledWhileItsLogIsRewritten(t *testing.T) {
	dirs := tempDirs(t)
	nodes := led(t, dirs)
	for i := range 200 {
		putKey(t, nodes, fmt.Sprintf("k%02d", i%20), fmt.Appendf(nil, "before %d", i))
	}
	heartbeat(t, nodes)
	requireSameState(t, nodes, reopen(t, dirs))

	for _, n := range nodes {
		n.wal.most = 1
		require.NoError(t, n.rewriteIfOvergrown())
		require.NotNil(t, n.rewriting)
	}
	for i := range 50 {
		putKey(t, nodes, fmt.Sprintf("k%02d", i%30), fmt.Appendf(nil, "meanwhile %d", i))
	}
	only(nodes[0]).rn.TransferLeader(only(nodes[1]).id)
	exchange(t, nodes, all)
	require.True(t, only(nodes[1]).leads())
	heartbeat(t, nodes)
	during := reopen(t, dirs)
	requireSameState(t, nodes, during)
	for _, n := range during {
		require.NoFileExists(t, filepath.Join(n.wal.dir, logName+newSuffix), "the unfinished file goes with the next start")
	}

	var before []int64
	for _, n := range nodes {
		before = append(before, n.wal.size)
		finish(t, n)
	}
	requireSameState(t, nodes, reopen(t, dirs))
	nodes[0], nodes[1] = nodes[1], nodes[0]
	dirs[0], dirs[1] = dirs[1], dirs[0]
	putKey(t, nodes, "k99", []byte("after"))
	heartbeat(t, nodes)
	for i, n := range nodes {
		require.Less(t, n.wal.size, before[i])
		st, err := os.Stat(filepath.Join(dirs[i], logName))
		require.NoError(t, err)
		require.Equal(t, n.wal.size, st.Size(), "the size that decides on the next rewrite is the file's")
	}
	dirs[0], dirs[1] = dirs[1], dirs[0]
	nodes[0], nodes[1] = nodes[1], nodes[0]
	requireSameState(t, nodes, reopen(t, dirs))
}

// heartbeat has every follower told what is committed.
func heartbeat(t *testing.T, nodes []*node) {
	t.Helper()
	for _, n := range nodes {
		if only(n).leads() {
			only(n).rn.Tick()
		}
	}
	exchange(t, nodes, all)
}

// What is in the log and not applied yet is in the copy of a region, and what is
// applied after the copy was made is not.
func TestTheCopyOfARegionIsOfOneMoment(t *testing.T) {
	dirs := tempDirs(t)
	nodes := led(t, dirs)
	putKey(t, nodes, "a", []byte("applied"))
	n := nodes[0]
	for range 3 { // nobody else hears of these
		n.take(writeRequest{only(n).meta.ID, opPut, &kvrpcpb.RawPutRequest{Key: []byte("b")}, func(outcome) {}}, map[*peer]bool{})
		step(t, n)
	}
	c, err := only(n).copy()
	require.NoError(t, err)
	require.Len(t, c.entries, 3)
	was := state(n)
	data := c.data.dump(goOn)
	putKey(t, nodes, "a", []byte("later"))
	require.NotEqual(t, was, state(n))
	require.Equal(t, data, c.data.dump(goOn))

	next, err := n.wal.successor()
	require.NoError(t, err)
	require.NoError(t, c.writeTo(t.Context(), next))
	require.NoError(t, n.wal.become(next))
	require.Equal(t, was, state(reopen(t, dirs)[0]))
}

// A rewritten log is a log: a flipped bit anywhere in it is an error, and cut off
// anywhere behind what was rewritten it gives the records before the cut.
func TestARewrittenLogThatIsDamagedOrCutOff(t *testing.T) {
	dirs := tempDirs(t)
	nodes := led(t, dirs)
	putKey(t, nodes, "a", []byte("before"))
	n := nodes[0]
	n.wal.most = 1
	require.NoError(t, n.rewriteIfOvergrown())
	putKey(t, nodes, "b", []byte("meanwhile"))
	finish(t, n)
	putKey(t, nodes, "c", []byte("after"))
	whole, err := os.ReadFile(filepath.Join(dirs[0], logName))
	require.NoError(t, err)
	var ends []int
	count := func(b []byte) (records int, err error) {
		_, err = readRecords(b, "the log", func(byte, uint64, []byte) error { records++; return nil })
		return records, err
	}
	for end := len(logMagic); end <= len(whole); end++ {
		records, err := count(whole[:end])
		require.NoError(t, err, "cut at %d", end)
		if records > len(ends) {
			ends = append(ends, end)
		}
	}
	require.Equal(t, len(whole), ends[len(ends)-1])
	require.Greater(t, len(ends), 5, "the snapshot, its hard state, and what came after")
	for bit := range 8 * len(whole) {
		bad := slices.Clone(whole)
		bad[bit/8] ^= 1 << (bit % 8)
		_, err := count(bad)
		require.Error(t, err, "bit %d of byte %d", bit%8, bit/8)
	}
}

// A rewrite that fails leaves the log as it was, and the store serves on.
func TestALogThatCannotBeRewrittenStaysAsItWas(t *testing.T) {
	dirs := tempDirs(t)
	nodes := led(t, dirs)
	putKey(t, nodes, "a", []byte("1"))
	n := nodes[0]
	n.wal.most = 1
	blocked := filepath.Join(dirs[0], logName+newSuffix)
	require.NoError(t, os.Mkdir(blocked, 0o700))
	require.NoError(t, n.rewriteIfOvergrown())
	require.Nil(t, n.rewriting)
	require.NoError(t, n.rewriteIfOvergrown())
	require.Nil(t, n.rewriting, "it is not tried again at once")
	require.NoError(t, os.Remove(blocked))

	for name, fail := range map[string]func() error{
		"the second file cannot be written": func() error { return errors.New("no space left on device") },
		"the second file cannot be renamed": func() error { return os.Remove(blocked) },
	} {
		n.wal.live = 0
		require.NoError(t, n.rewriteIfOvergrown())
		require.NoError(t, <-n.rewriting.done)
		old := n.wal.f
		require.NoError(t, n.finishRewrite(fail()), name)
		require.NoFileExists(t, blocked, name)
		require.Equal(t, old, n.wal.f, name)
		putKey(t, nodes, "b", []byte(name))
		heartbeat(t, nodes)
		requireSameState(t, nodes, reopen(t, dirs))
	}
}

// A node that stops in the middle of a rewrite waits for it and leaves its log.
func TestANodeThatStopsEndsItsRewrite(t *testing.T) {
	dirs := tempDirs(t)
	nodes := led(t, dirs)
	putKey(t, nodes, "a", []byte("1"))
	nodes[0].wal.most = 1
	require.NoError(t, nodes[0].rewriteIfOvergrown())
	require.NotNil(t, nodes[0].rewriting)
	nodes[0].stop()
	require.NoFileExists(t, filepath.Join(dirs[0], logName+newSuffix))
	requireSameState(t, nodes, reopen(t, dirs))
}

// What a store keeps on disk is bounded however long it is written to: by the
// floor or twice its live data, whichever is more, and once the live data while
// it rewrites. With the talk's 10,000 records of 1.1 KB and an hour's inserts,
// some 16 MB, that is 64 MB a store and 192 MB for three.
func TestALogIsBoundedByItsLiveData(t *testing.T) {
	dirs := tempDirs(t)
	nodes := led(t, dirs)
	n := nodes[0]
	n.wal.most = 64 << 10
	const records, value, write = 50, 1 << 10, 1200 // write: what one update adds to the log, at most
	most, rewrites := int64(0), 0
	for i := range 2000 {
		putKey(t, nodes, fmt.Sprintf("k%02d", i%records), make([]byte, value))
		require.NoError(t, n.rewriteIfOvergrown())
		files, err := os.ReadDir(dirs[0])
		require.NoError(t, err)
		sum := int64(0)
		for _, f := range files {
			if info, err := f.Info(); err == nil { // the rewrite may just have ended
				sum += info.Size()
			}
		}
		most = max(most, sum)
		if n.rewriting != nil && i%3 == 0 {
			finish(t, n)
			rewrites++
		}
	}
	const live, floor = int64(records * (value + 100)), int64(64 << 10)
	require.Greater(t, rewrites, 10)
	require.Less(t, most, max(floor, 2*live)+live+8*write, "the log, its successor, and what was written meanwhile")
}

// A log with more live data than the floor is rewritten when it has doubled, and
// not at every turn of the loop.
func TestALogOfLiveDataIsRewrittenSeldom(t *testing.T) {
	nodes := led(t, tempDirs(t))
	n := nodes[0]
	n.wal.most = 4 << 10
	rewrites := 0
	for i := range 400 {
		putKey(t, nodes, fmt.Sprintf("k%03d", i), make([]byte, 1<<10))
		require.NoError(t, n.rewriteIfOvergrown())
		if n.rewriting != nil {
			finish(t, n)
			rewrites++
		}
	}
	require.LessOrEqual(t, rewrites, 10)
	require.GreaterOrEqual(t, rewrites, 5, "from 4 KiB on, at each doubling")
	require.Greater(t, n.wal.live, 10*n.wal.most)
}

// A follower that was away for longer than the entries are kept gets a snapshot,
// which is made when it is needed: nothing but the latest entries is in memory.
func TestAFollowerThatWasAwayGetsASnapshot(t *testing.T) {
	dirs := tempDirs(t)
	nodes := led(t, dirs)
	const value = 1 << 10
	for i := range 2000 {
		putKey(t, nodes[:2], fmt.Sprintf("k%d", i%7), fmt.Appendf(make([]byte, value), "%d", i))
		require.NoError(t, only(nodes[0]).compact())
		require.LessOrEqual(t, only(nodes[0]).entryBytes, int64(entriesFloor))
	}
	first, err := only(nodes[0]).storage.FirstIndex()
	require.NoError(t, err)
	last, err := only(nodes[0]).storage.LastIndex()
	require.NoError(t, err)
	require.LessOrEqual(t, (last-first)*value, uint64(2*entriesFloor), "entries are let go")
	require.GreaterOrEqual(t, last-first, uint64(entriesLeast), "and not all of them")
	require.Zero(t, only(nodes[2]).data.clone().tree.Len())
	for range 4 {
		heartbeat(t, nodes)
	}
	require.Equal(t, only(nodes[0]).data.clone().dump(goOn), only(nodes[2]).data.clone().dump(goOn))
}

func goOn() bool { return true }

var discard = slog.New(slog.DiscardHandler)

// BenchmarkRewrite rewrites the log of a store with 150,000 records in nine
// regions, and gives how long the raft loop was kept by it.
func BenchmarkRewrite(b *testing.B) {
	for b.Loop() {
		n := loaded(b, 150_000)
		start := time.Now()
		require.NoError(b, n.rewriteIfOvergrown())
		begun := time.Since(start)
		err := <-n.rewriting.done
		whole := time.Since(start)
		start = time.Now()
		require.NoError(b, n.finishRewrite(err))
		b.ReportMetric(float64((begun+time.Since(start)).Microseconds())/1000, "ms-loop-kept")
		b.ReportMetric(float64(whole.Microseconds())/1000, "ms-in-all")
		b.ReportMetric(float64(n.wal.size)/(1<<20), "MB")
		b.ReportMetric(0, "ns/op")
		n.stop()
	}
}

// loaded returns a node of nine regions with records of YCSB's size.
func loaded(b *testing.B, records int) *node {
	b.Helper()
	next := uint64(0)
	var split [][]byte
	for i := range 8 {
		split = append(split, fmt.Appendf(nil, "k%d", i+1))
	}
	l, err := NewLayout([]string{"a", "b", "c"}, split, func() (uint64, error) { next++; return next, nil })
	require.NoError(b, err)
	n, err := openNode(Config{ID: l.Stores[0].ID, Layout: l, Dir: b.TempDir(), Profile: quick, Log: discard, Now: time.Now}, nil)
	require.NoError(b, err)
	for _, p := range n.peers {
		for i := range records / 9 {
			p.data.put(item{key: fmt.Appendf(nil, "user%019d", i), value: make([]byte, 1100)})
		}
	}
	n.wal.most = 1
	return n
}
