// Package load runs YCSB's workload A against a store of keys and keeps a
// ledger of every write that the store acknowledged.
//
// # Open loop
//
// Operations are due at fixed times, Config.TargetOps of them a second, whether
// or not the store keeps up, and latency counts from the time an operation was
// due: an operation that waited behind a stalled one says so (no coordinated
// omission). Config.Threads operations are in flight at most. What is due and
// not yet started waits in a backlog of one second's worth; when it is full the
// oldest operation falls out and is counted as an error of kind "shed". Dropping
// the oldest keeps what is left fresh, so that the figures turn good within a
// second of the store doing so.
//
// # The ledger
//
// Every write carries a version, and the versions of one key are totally
// ordered: at most one write of a key is in flight, and each has a version above
// the one before. A write ends in one of two ways.
//
// Acknowledged: from now on the key must never read older than this version.
//
// Indeterminate (a timeout, a broken connection, any error at all): the write
// may have happened, may never happen, or may still happen later, for the
// request may lie in the socket buffer of a frozen process. If the key were
// written again, a late arrival of the old write could bury the newer,
// acknowledged one, and no reader could tell that from a loss. So the key is
// closed: it takes no more writes in this run (it is still read), and updates
// that would go to it go to the next open record. Thus the indeterminate version
// of a key is always its highest, and the check is exact in both directions:
//
//   - what reads as the acknowledged version or as the indeterminate one above
//     it is right, and an indeterminate write is never called a loss;
//   - what is absent, damaged, or older than the acknowledged version is a loss,
//     and no late write can explain it away.
//
// A client that sends a request again by itself, having lost the answer to the
// first, leaves such a straggler too although its write is acknowledged in the
// end. It says so through NoteRepeat, and the key is closed at that version.
//
// A kill of one store of three closes some dozens of 10,000 keys; as at most
// Threads writes can fail in each OpTimeout, the number is bounded by the length
// of the outage.
//
// The reads of the workload are held to the same rule: one that returns less
// than what was acknowledged before it began is an error of kind "stale".
package load
