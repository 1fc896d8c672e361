// Package store implements one store of the embedded cluster, a stand-in for a
// TiKV node in rehearsals and tests. Keys are split into regions. Each region is
// replicated over three stores by Raft (go.etcd.io/raft, from which TiKV's own
// Raft was ported). Clients speak TiKV's gRPC protocol to it, and it sends
// heartbeats to PD.
//
// A write is acknowledged once a majority has committed it and it is applied. A
// read is linearizable: the leader holds a lease that ends before any other leader
// can be elected (type lease has the argument), and without a lease it uses
// ReadIndex, for which a quorum confirms the leadership after the read began. A
// leader that was stopped and resumed finds that its lease has expired. Both hold
// when any process is killed. The log is not synced, so they do not hold when the
// machine is lost.
//
// It is not TiKV: it has no transactions, no coprocessor, no splits by size, and
// its members do not change.
package store
