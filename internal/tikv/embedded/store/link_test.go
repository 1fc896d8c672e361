package store

import (
	"testing"
	"time"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/stretchr/testify/require"
)

// Clients of a store that is set to be busy are told so for reads and for writes,
// as TiKV tells them, and nothing is proposed.
func TestAStoreThatIsSetToBeBusyTellsItsClients(t *testing.T) {
	nodes := led(t, tempDirs(t))
	s := &service{n: nodes[0], link: newLink()}
	p := only(nodes[0])
	c := &kvrpcpb.Context{RegionId: p.meta.ID, RegionEpoch: p.metapb().RegionEpoch}
	s.link.set(NetFault{Busy: true})
	require.NotNil(t, s.readRegion(t.Context(), p, func(*kv, uint64) { t.Error("it was read") }).GetServerIsBusy())
	_, e := s.write(t.Context(), c, opPut, &kvrpcpb.RawPutRequest{Key: []byte("a")}, []byte("a"))
	require.NotNil(t, e.GetServerIsBusy())
}

func TestASlowDiskIsSetAndTakenBack(t *testing.T) {
	l := newLink()
	require.Zero(t, l.disk())
	l.set(NetFault{Disk: 400})
	require.Equal(t, 400*time.Millisecond, l.disk())
	l.set(NetFault{})
	require.Zero(t, l.disk())
}
