// Package store is one store of the embedded cluster: a stand-in for a TiKV
// node in rehearsals, tests and trying out. Keys are split into regions, each
// replicated by Raft (go.etcd.io/raft, which TiKV's own Raft was ported from)
// over three stores; clients speak TiKV's gRPC protocol to it, PD hears its
// heartbeats.
//
// What holds: a write is acknowledged once it is committed by a majority and
// applied; a read is linearizable, by a lease of the leader that ends before any
// other leader can be elected (see lease, where it is argued), and without one by
// ReadIndex, for which a quorum confirms the leadership after the read began. A
// leader that was stopped and resumed finds its lease run out. Both survive the
// SIGKILL of any process. The log is not synced, so they do not survive the loss
// of the machine.
//
// What it is not: TiKV. It has no transactions, no coprocessor, no splits by
// size, no change of members.
package store
