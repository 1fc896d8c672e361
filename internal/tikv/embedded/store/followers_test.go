package store

import (
	"testing"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/stretchr/testify/require"
	"go.etcd.io/raft/v3/raftpb"
)

// put proposes a write at the first node, which leads.
func put(t *testing.T, n *node, key string) {
	t.Helper()
	n.take(writeRequest{only(n).meta.ID, opPut, &kvrpcpb.RawPutRequest{Key: []byte(key), Value: []byte("x")}, func(o outcome) {
		require.NoError(t, o.err)
	}}, map[*peer]bool{})
}

func applied(nodes []*node) (a []uint64) {
	for _, n := range nodes {
		a = append(a, only(n).applied)
	}
	return a
}

func TestACommitIsToldWithTheNextAppendOrTheNextHeartbeat(t *testing.T) {
	nodes := led(t, tempDirs(t))
	for range 2 { // who was just elected still asks what the others have
		put(t, nodes[0], "a")
		exchange(t, nodes, all)
	}
	empty := 0
	count := func(m *raftpb.Message) bool {
		if m.GetType() == raftpb.MsgApp && len(m.GetEntries()) == 0 {
			empty++
		}
		return true
	}
	at := only(nodes[0]).applied
	put(t, nodes[0], "b")
	exchange(t, nodes, count)
	require.Equal(t, []uint64{at + 1, at, at}, applied(nodes), "a quorum has it, and nobody waits for the rest to apply it")
	put(t, nodes[0], "c")
	exchange(t, nodes, count)
	require.Equal(t, []uint64{at + 2, at + 1, at + 1}, applied(nodes))
	require.Zero(t, empty)
	only(nodes[0]).rn.Tick()
	exchange(t, nodes, all)
	require.Equal(t, []uint64{at + 2, at + 2, at + 2}, applied(nodes))
}

func TestALostAppendIsFoundOutByTheNextHeartbeat(t *testing.T) {
	nodes := led(t, tempDirs(t))
	put(t, nodes[0], "a")
	exchange(t, nodes, all)
	third := only(nodes[2]).id
	put(t, nodes[0], "b")
	exchange(t, nodes, func(m *raftpb.Message) bool { return m.GetTo() != third })
	last, err := only(nodes[0]).storage.LastIndex()
	require.NoError(t, err)
	has := func() uint64 {
		i, err := only(nodes[2]).storage.LastIndex()
		require.NoError(t, err)
		return i
	}
	require.Less(t, has(), last)
	only(nodes[0]).rn.Tick()
	exchange(t, nodes, all)
	require.Equal(t, last, has())
}

func raftMsg(t raftpb.MessageType, from, to, index uint64, entries int) *raftpb.Message {
	return &raftpb.Message{Type: &t, From: &from, To: &to, Index: &index, Entries: make([]*raftpb.Entry, entries)}
}

func TestWhatAQuorumWaitsForIsUrgent(t *testing.T) {
	f := newFollowers()
	f.self, f.ring = 2, []uint64{1, 2, 3}
	app := func(to uint64) bool { return f.urgent(raftMsg(raftpb.MsgApp, 2, to, 9, 1)) }
	require.True(t, app(3), "the next in the ring")
	require.False(t, app(1))
	require.True(t, f.urgent(raftMsg(raftpb.MsgApp, 2, 1, 9, 0)), "a question")
	require.True(t, f.urgent(raftMsg(raftpb.MsgHeartbeat, 2, 1, 0, 0)))

	f.heard(raftMsg(raftpb.MsgAppResp, 1, 2, 10, 0))
	f.heard(raftMsg(raftpb.MsgAppResp, 3, 2, 9, 0))
	require.True(t, app(1), "the next does not answer any more")
	require.False(t, app(3))
	f.heard(raftMsg(raftpb.MsgAppResp, 3, 2, 10, 0))
	require.True(t, app(3))

	require.True(t, f.urgent(raftMsg(raftpb.MsgAppResp, 2, 1, 9, 0)), "it comes next behind the leader")
	require.False(t, f.urgent(raftMsg(raftpb.MsgAppResp, 2, 3, 9, 0)))
	reject := raftMsg(raftpb.MsgAppResp, 2, 3, 9, 0)
	reject.Reject = new(true)
	require.True(t, f.urgent(reject))
}
