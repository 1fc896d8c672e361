package store

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/stretchr/testify/require"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
)

// Time is the subject of these tests: each runs in a bubble of testing/synctest,
// whose clock moves only while everybody sleeps. A busy machine does not.
var quick = Profile{Tick: 50 * time.Millisecond, ElectionTicks: 10}

// three returns the nodes of three stores with one region. Nothing goes between
// them but by hand.
func three(t *testing.T, dirs []string) (nodes []*node) {
	t.Helper()
	next := uint64(0)
	l, err := NewLayout([]string{"a", "b", "c"}, nil, func() (uint64, error) { next++; return next, nil })
	require.NoError(t, err)
	for i, s := range l.Stores {
		n, err := openNode(Config{ID: s.ID, Layout: l, Dir: dirs[i], Profile: quick, Log: discard, Now: time.Now}, nil)
		require.NoError(t, err)
		nodes = append(nodes, n)
	}
	return nodes
}

func only(n *node) *peer {
	for _, p := range n.peers {
		return p
	}
	return nil
}

// step settles a node as process does and gives what it would have sent.
func step(t *testing.T, n *node) (out []*raftpb.Message) {
	t.Helper()
	for p := only(n); ; {
		n.propose(p)
		p.ask()
		if !p.rn.HasReady() {
			return out
		}
		rd, err := p.ready(n.wal)
		require.NoError(t, err)
		require.NoError(t, n.wal.flush())
		p.noteLeader(rd)
		out = append(out, p.others.filter(rd.Messages)...)
		require.NoError(t, p.applyReady(rd))
		p.rn.Advance(rd)
	}
}

// exchange carries messages until there are none; keep says which.
func exchange(t *testing.T, nodes []*node, keep func(*raftpb.Message) bool) {
	t.Helper()
	for moved := true; moved; {
		moved = false
		for _, n := range nodes {
			for _, m := range step(t, n) {
				for _, to := range nodes {
					if only(to).id == m.GetTo() && keep(m) {
						to.take(raftMessage{only(to).meta.ID, m}, map[*peer]bool{})
						moved = true
					}
				}
			}
		}
	}
}

func all(*raftpb.Message) bool { return true }

// led returns three nodes of which the first leads.
func led(t *testing.T, dirs []string) []*node {
	t.Helper()
	nodes := three(t, dirs)
	require.NoError(t, only(nodes[0]).rn.Campaign())
	exchange(t, nodes, all)
	require.True(t, only(nodes[0]).leads())
	return nodes
}

func tempDirs(t *testing.T) []string { return []string{t.TempDir(), t.TempDir(), t.TempDir()} }

func askLease(n *node) {
	n.take(readRequest{only(n).meta.ID, nil}, map[*peer]bool{})
}

func leased(n *node) bool { return only(n).view(func(*kv) {}) }

func TestALeaseNeedsAQuorumAndRunsFromTheAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := led(t, tempDirs(t))
		require.False(t, leased(nodes[0]), "nobody has asked")
		askLease(nodes[0])
		sent := step(t, nodes[0])
		require.False(t, leased(nodes[0]), "nobody has answered")
		time.Sleep(quick.lease() / 2)
		for _, m := range sent {
			for _, to := range nodes[1:] {
				if only(to).id == m.GetTo() {
					to.take(raftMessage{only(to).meta.ID, m}, map[*peer]bool{})
				}
			}
		}
		exchange(t, nodes, all)
		require.True(t, leased(nodes[0]))
		require.Equal(t, quick.lease()/2, time.Until(only(nodes[0]).lease.current.Load().until), "the time until the answer is not given twice")
		time.Sleep(quick.lease() / 2)
		require.False(t, leased(nodes[0]))
	})
}

// A lease that runs out while the map is read, as under SIGSTOP, is no lease.
func TestAReaderThatWasStoppedLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := led(t, tempDirs(t))
		askLease(nodes[0])
		exchange(t, nodes, all)
		require.False(t, only(nodes[0]).view(func(*kv) { time.Sleep(quick.lease()) }))
		require.False(t, leased(nodes[0]))
	})
}

func TestNobodyIsElectedDuringALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := led(t, tempDirs(t))
		askLease(nodes[0])
		exchange(t, nodes, all)
		// the third store has not heard the heartbeat: say so by its own clock
		third := nodes[2:]
		require.NoError(t, only(third[0]).rn.Campaign())
		exchange(t, nodes, func(m *raftpb.Message) bool { return m.GetFrom() != only(nodes[0]).id })
		require.True(t, leased(nodes[0]))
		require.NotEqual(t, raft.StateLeader, only(third[0]).rn.BasicStatus().RaftState)
	})
}

// A restarted store has forgotten that it heard a leader, and yet may not vote.
func TestARestartedStoreKeepsItsPromise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dirs := tempDirs(t)
		nodes := led(t, dirs)
		askLease(nodes[0])
		exchange(t, nodes, all)
		require.NoError(t, nodes[1].wal.close())
		nodes[1] = three(t, dirs)[1]
		without := []*node{nodes[1], nodes[2]} // the leader is cut off with its lease
		elect := func() bool {
			require.NoError(t, only(nodes[2]).rn.Campaign())
			exchange(t, without, all)
			return only(nodes[2]).leads()
		}
		require.False(t, elect())
		require.True(t, leased(nodes[0]))
		time.Sleep(quick.Tick * time.Duration(quick.ElectionTicks))
		require.True(t, elect(), "and then it votes")
		require.False(t, leased(nodes[0]))
	})
}

func TestALeaderThatHandsOverHasNoLeaseForTheRestOfItsTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := led(t, tempDirs(t))
		askLease(nodes[0])
		exchange(t, nodes, all)
		require.True(t, leased(nodes[0]))
		p := only(nodes[0])
		p.rn.TransferLeader(only(nodes[1]).id)
		var orders int
		for _, m := range step(t, nodes[0]) {
			if m.GetType() == raftpb.MsgTimeoutNow { // lost on its way, or late
				orders++
			}
		}
		require.Equal(t, 1, orders)
		require.False(t, leased(nodes[0]), "the lease ends before the order goes out")
		var told outcome
		nodes[0].take(writeRequest{p.meta.ID, opPut, &kvrpcpb.RawPutRequest{Key: []byte("a")}, func(o outcome) { told = o }}, map[*peer]bool{})
		step(t, nodes[0])
		require.ErrorIs(t, told.err, errHandingOver)
		require.NotNil(t, regionError(p, told.err).StaleCommand, "to be tried again at once")
		for range 2 * quick.ElectionTicks { // raft gives the transfer up
			p.rn.Tick()
			exchange(t, nodes, all)
		}
		require.True(t, p.leads())
		askLease(nodes[0])
		exchange(t, nodes, all)
		require.False(t, leased(nodes[0]), "the order may still arrive")
	})
}
