package load

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// zonedKV names the node that serves each of three regions.
type zonedKV struct {
	*memKV
	borders [][]byte
	asked   map[string]int // reads by node
}

func (k *zonedKV) node(key []byte) string {
	for i, b := range k.borders {
		if slices.Compare(key, b) < 0 {
			return []string{"node-1", "node-2"}[i]
		}
	}
	return "node-3"
}

func (k *zonedKV) Get(ctx context.Context, key []byte) ([]byte, error) {
	v, err := k.memKV.Get(ctx, key)
	NoteServed(ctx, k.node(key))
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked[k.node(key)]++
	return v, err
}

func TestWhatANodeServedItselfIsReadThroughItWithItsInserts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := &zonedKV{newMemKV(), SplitKeys(3000, 3), map[string]int{}}
		var seen []demo.Violation
		w := New(Config{Records: 3000, Violated: func(_ time.Time, v demo.Violation) { seen = append(seen, v) }}, kv)
		require.NoError(t, w.Prepare(t.Context(), nil))
		runFor(t, w, 20*time.Second)
		inserts := 0
		for n := range w.ledger.inserts {
			if kv.node(item{insert: true, n: int64(n)}.key(3000)) == "node-2" {
				inserts++
			}
		}
		clear(kv.asked)
		p := w.Prove(t.Context(), []string{"node-2", "node-4"})
		require.Len(t, p, 2)
		assert.InDelta(t, 1000, p[0].Records, proveStride)
		assert.InDelta(t, inserts, p[0].Inserts, 10, "all that lie in its region")
		assert.Zero(t, p[0].Wrong)
		assert.Zero(t, p[0].Unread)
		assert.Empty(t, p[0].Why)
		assert.Equal(t, demo.StoreProof{Store: "node-4", Why: "it serves none of the keys"}, p[1])
		assert.Less(t, kv.asked["node-1"], 150*proveTries, "the others are hardly asked")

		var its []byte
		for n := range int64(3000) {
			if kv.node(Key(n)) == "node-2" {
				its = Key(n)
			}
		}
		kv.damage(its, func([]byte) []byte { return nil })
		p = w.Prove(t.Context(), []string{"node-2"})
		assert.EqualValues(t, 1, p[0].Wrong)
		require.NotEmpty(t, seen)
		assert.Equal(t, demo.ViolationAbsent, seen[0].Name)
		assert.Equal(t, "node-2", seen[0].Store)
		assert.Equal(t, demo.SeenInProof, seen[0].When)
	})
}

func TestANodeThatDoesNotAnswerProvesNothingAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := &zonedKV{newMemKV(), SplitKeys(300, 3), map[string]int{}}
		w := New(Config{Records: 300}, kv)
		require.NoError(t, w.Prepare(t.Context(), nil))
		kv.beforeGet = func(ctx context.Context, _ []byte) error { return hold(ctx, time.Hour) }
		began := time.Now()
		p := w.Prove(t.Context(), []string{"node-2"})
		assert.Equal(t, "it serves none of the keys", p[0].Why)
		assert.Less(t, time.Since(began), 20*time.Second, "the runner's limit")
	})
}

func TestANodeThatServesALittleLaterIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kv := &zonedKV{newMemKV(), SplitKeys(300, 3), map[string]int{}}
		w := New(Config{Records: 300}, kv)
		require.NoError(t, w.Prepare(t.Context(), nil))
		began := time.Now()
		kv.beforeGet = func(_ context.Context, key []byte) error {
			if kv.node(key) == "node-2" && time.Since(began) < time.Second {
				return errNoAnswer
			}
			return nil
		}
		assert.InDelta(t, 100, w.Prove(t.Context(), []string{"node-2"})[0].Records, proveStride)
	})
}
