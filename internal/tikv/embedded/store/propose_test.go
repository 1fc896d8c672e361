package store

import (
	"testing"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/stretchr/testify/require"
	"go.etcd.io/raft/v3/raftpb"
)

// Writes of a region that come together go to each follower in one message, in
// their order.
func TestWritesThatComeTogetherAreOneMessage(t *testing.T) {
	nodes := led(t, tempDirs(t))
	told := 0
	for _, v := range []string{"1", "2", "3"} {
		nodes[0].take(writeRequest{only(nodes[0]).meta.ID, opPut, &kvrpcpb.RawPutRequest{Key: []byte("a"), Value: []byte(v)}, func(o outcome) {
			require.NoError(t, o.err)
			told++
		}}, map[*peer]bool{})
	}
	appends := 0
	exchange(t, nodes, func(m *raftpb.Message) bool {
		if m.GetType() == raftpb.MsgApp && len(m.GetEntries()) > 0 {
			require.Len(t, m.GetEntries(), 3)
			appends++
		}
		return true
	})
	require.Equal(t, 2, appends, "one to each follower")
	require.Equal(t, 3, told)
	it, ok := only(nodes[0]).data.get([]byte("a"), 0)
	require.True(t, ok)
	require.Equal(t, "3", string(it.value))
}

// Writes that wait for their turn are answered when the leader has changed
// meanwhile, and when the store stops.
func TestWritesThatWereNotProposedAreAnswered(t *testing.T) {
	nodes := led(t, tempDirs(t))
	p := only(nodes[0])
	var errs []error
	write := func() {
		nodes[0].take(writeRequest{p.meta.ID, opPut, &kvrpcpb.RawPutRequest{Key: []byte("a")}, func(o outcome) { errs = append(errs, o.err) }}, map[*peer]bool{})
	}
	write()
	p.leader.Store(only(nodes[1]).id)
	nodes[0].propose(p)
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], errLostLeadership)
	write()
	nodes[0].stop()
	require.Len(t, errs, 2)
	require.ErrorIs(t, errs[1], errStopping)
}

// A put is read from the log as the protocol's own code reads it.
func TestAPutIsDecodedAsTheProtocolDoes(t *testing.T) {
	for _, r := range []kvrpcpb.RawPutRequest{
		{}, {Key: []byte("k")}, {Key: []byte("k"), Value: []byte("v")}, {Key: []byte("k"), Value: []byte("v"), Ttl: 77},
		{Key: []byte("k"), Value: []byte("v"), Cf: "default", ForCas: true, Context: &kvrpcpb.Context{RegionId: 300}},
	} {
		body, err := r.Marshal()
		require.NoError(t, err)
		it, err := decodePut(body, 1000)
		require.NoError(t, err)
		require.Equal(t, item{r.Key, r.Value, expiry(1000, r.Ttl)}, it)
		for cut := range body {
			short := append([]byte(nil), body[:cut]...)
			_, ours := decodePut(short, 1000)
			theirs := (&kvrpcpb.RawPutRequest{}).Unmarshal(short)
			require.Equal(t, theirs == nil, ours == nil, "%q", short)
		}
	}
}

// proposed is three nodes whose first, the leader, has a write in its log that no
// other node has, one that waits for its turn, and a read that waits for a quorum.
func proposed(t *testing.T) (nodes []*node, inLog, queued, reading *error) {
	t.Helper()
	nodes = led(t, tempDirs(t))
	region := only(nodes[0]).meta.ID
	ask := func(request func(answer) any) *error {
		told := new(error)
		nodes[0].take(request(func(o outcome) { *told = o.err }), map[*peer]bool{})
		return told
	}
	write := func(done answer) any {
		return writeRequest{region, opPut, &kvrpcpb.RawPutRequest{Key: []byte("a"), Value: []byte("v")}, done}
	}
	inLog, reading = ask(write), ask(func(done answer) any { return readRequest{region, done} })
	step(t, nodes[0]) // nothing of what it sends arrives
	require.NoError(t, *inLog)
	queued = ask(write)
	return nodes, inLog, queued, reading
}

// A write that is in the log of a leader that loses its region may still be carried
// out: if one of the others has it, the next leader commits it. Only what was never
// proposed is refused.
func TestAWriteInTheLogOfALeaderThatLosesItsRegionHasAnUnknownOutcome(t *testing.T) {
	nodes, inLog, queued, reading := proposed(t)
	p := only(nodes[0])
	for range 2 * quick.ElectionTicks { // it hears of nobody
		p.rn.Tick()
	}
	step(t, nodes[0])
	require.False(t, p.leads())
	e := regionError(p, *inLog)
	require.NotNil(t, e.StaleCommand, "%v", e)
	require.Nil(t, e.NotLeader)
	require.Nil(t, regionError(p, *queued).StaleCommand, "it was never proposed")
	require.NotNil(t, regionError(p, *reading).NotLeader)
}

func TestAWriteInTheLogOfAStoreThatStopsHasAnUnknownOutcome(t *testing.T) {
	nodes, inLog, queued, reading := proposed(t)
	p := only(nodes[0])
	nodes[0].stop()
	e := regionError(p, *inLog)
	require.NotNil(t, e.StaleCommand, "%v", e)
	require.Nil(t, e.ServerIsBusy)
	require.NotNil(t, regionError(p, *queued).ServerIsBusy, "it was never proposed")
	require.NotNil(t, regionError(p, *reading).ServerIsBusy)
}
