package store

import (
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// storage holds a region's latest entries in memory for Raft. It makes a snapshot
// only when a follower needs one, from the map, which is the state at the last
// applied entry. Keeping snapshots took as much memory as the data, and twice as
// much while the next one was made.
type storage struct {
	*raft.MemoryStorage
	p *peer
}

// Snapshot returns the region's state. Raft calls it on the raft loop, never in the
// middle of applying entries.
func (s storage) Snapshot() (*raftpb.Snapshot, error) {
	meta, err := s.metadata()
	if err != nil {
		return nil, err
	}
	data := s.p.data.clone().dump(func() bool { return true })
	return &raftpb.Snapshot{Metadata: meta, Data: data}, nil
}

// metadata returns the metadata of a snapshot made now.
func (s storage) metadata() (*raftpb.SnapshotMetadata, error) {
	term, err := s.Term(s.p.applied)
	if err != nil {
		return nil, err
	}
	return &raftpb.SnapshotMetadata{ConfState: s.p.conf, Index: proto.Uint64(s.p.applied), Term: proto.Uint64(term)}, nil
}
