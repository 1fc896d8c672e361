package load

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// countingKV keeps the latest value of each record, and of inserts counts the
// bytes.
type countingKV struct {
	mu           sync.Mutex
	records      map[string][]byte
	inserts      int64
	insertsBytes int64
}

func (k *countingKV) Get(_ context.Context, key []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.records[string(key)], nil
}

func (k *countingKV) Put(_ context.Context, key, value []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if isInsert(string(key)) {
		k.inserts++
		k.insertsBytes += int64(len(key) + len(value))
		return nil
	}
	k.records[string(key)] = value
	return nil
}

func (k *countingKV) BatchPut(ctx context.Context, keys, values [][]byte) error {
	for i := range keys {
		_ = k.Put(ctx, keys[i], values[i])
	}
	return nil
}

// BenchmarkAnHour plays the 3,600,000 operations of an hour of 1,000 a second
// without waiting for them to fall due. It fails when the process grows by more
// than 100 MB. Of the stores it gives what the inserts add to each: updates
// overwrite, so that nothing else grows with the time. What a store needs beside
// the bytes themselves is measured by BenchmarkAnHourOfStores.
func BenchmarkAnHour(b *testing.B) {
	for b.Loop() {
		kv := &countingKV{records: map[string][]byte{}}
		w := New(Config{}, kv)
		require.NoError(b, w.Prepare(b.Context(), nil))
		m := newMeter(10, nil)
		before := heap()
		s := newSequence(w.cfg)
		for n := range 3_600_000 {
			w.execute(b.Context(), m, s.operation())
			if n%DefaultTargetOps == 0 {
				m.take(noon)
			}
		}
		grown := float64(heap()-before) / (1 << 20)
		require.Less(b, grown, 100.0, "MB in the process")
		require.InDelta(b, 36_000, kv.inserts, 10)
		got := w.ledger.sums()
		require.Zero(b, got.Lost)
		b.ReportMetric(grown, "MB-process")
		b.ReportMetric(float64(kv.insertsBytes)/(1<<20), "MB-inserts-each-store")
		runtime.KeepAlive(w)
	}
}

func heap() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

func TestInsertsEndAtTheirLimitAndAreUpdatesThen(t *testing.T) {
	kv := &countingKV{records: map[string][]byte{}}
	w := New(Config{Records: 10}, kv)
	require.NoError(t, w.Prepare(t.Context(), nil))
	for range maxInserts + 10 {
		_, err := w.insert(t.Context(), 3)
		require.NoError(t, err)
	}
	require.EqualValues(t, maxInserts, kv.inserts)
	got := w.ledger.sums()
	require.EqualValues(t, maxInserts, got.Inserts)
	require.EqualValues(t, 10+maxInserts+10, got.Acked)
}
