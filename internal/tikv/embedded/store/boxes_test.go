package store

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.etcd.io/raft/v3/raftpb"
)

func roused[T any](c chan T) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestAnUrgentMessageTakesAlongWhatWaits(t *testing.T) {
	b := newOutbox()
	require.True(t, b.put(outgoing{region: 1}, false))
	require.True(t, b.put(outgoing{region: 2}, true))
	require.True(t, roused(b.wake))
	require.Equal(t, []outgoing{{region: 1}, {region: 2}}, b.take())
	require.Empty(t, b.take())
}

func TestWhatIsNotUrgentDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newOutbox()
		for range 2 {
			require.True(t, b.put(outgoing{region: 1}, false))
			<-b.wake // the bubble fails when nothing will ever come
			require.Len(t, b.take(), 1)
		}
	})
}

func TestAFullOutboxTakesNoMore(t *testing.T) {
	b := newOutbox()
	for range outboxSize {
		require.True(t, b.put(outgoing{m: &raftpb.Message{}}, true))
	}
	require.False(t, b.put(outgoing{}, true))
	require.Len(t, b.take(), outboxSize)
	require.True(t, b.put(outgoing{}, true))
}

func TestTheInboxKeepsTheOrderAndMakesSendersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newInbox()
		for i := range inboxSize {
			require.True(t, b.put(i))
		}
		went := make(chan bool)
		go func() { went <- b.put(inboxSize) }()
		synctest.Wait() // until it can go no further
		require.False(t, roused(went))
		require.True(t, roused(b.wake))
		xs := b.take()
		require.Len(t, xs, inboxSize)
		for i, x := range xs {
			require.Equal(t, i, x)
		}
		require.True(t, <-went)
		require.Equal(t, []any{inboxSize}, b.take())
	})
}

func TestAClosedInboxGivesBackWhatNobodyTakes(t *testing.T) {
	b := newInbox()
	require.True(t, b.put("a"))
	require.Equal(t, []any{"a"}, b.close())
	require.False(t, b.put("b"))
}
