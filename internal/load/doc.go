// Package load runs YCSB's workload A against a store of keys and checks every
// key as a register.
//
// # Open loop
//
// Operations are due at fixed times, Config.TargetOps of them a second, whether
// or not the store keeps up. Each is a goroutine of its own, started when it is
// due, and its latency counts from then (no coordinated omission); what fails
// counts with the time that it took. Config.InFlight bounds how many are under
// way, by default what falls due in two OpTimeouts, which a healthy client cannot
// reach: it protects memory. What it keeps back, and what fell due while this
// machine slept, is counted as shed: it was never started and is no error.
//
// # Bounds
//
// A key has one writer and its versions are ordered, so it is a register with
// two bounds:
//
//   - the lower is the highest version that was acknowledged, or returned by a
//     read that has ended. What one client has read another must not miss,
//     although nobody has acknowledged it.
//   - the upper is the highest version ever sent.
//
// Every read, during the run and at the end, is held against the lower bound from
// when it began and the upper bound from when it ended: a read that runs beside
// another may still return what was true before. A read outside them is a
// demo.Violation, never an error.
//
// A loss that a later write covers shows in no read after it. So an update is of
// a record that was read a few milliseconds before (see sequence), and every 50th
// update is an insert instead: a small value under a key of its own that is never
// written again, so that the loss of any one acknowledged insert is found. Inserts
// lie beside the records, in every region. There are at most maxInserts of them.
//
// # Writes that end without an answer
//
// A write ends in one of three ways. Acknowledged. Refused: every store that was
// asked said no before it began, as the KV says (OpError.Refused). Undecided (a
// timeout, a broken connection): it may have happened, may never happen, or may
// still happen later, for the request may lie in the socket buffer of a frozen
// process. If the key were written again, a late arrival of the old write could
// bury the newer one, and no reader could tell that from a loss. So the key is
// closed: it takes no more writes in this run, it is still read, and updates that
// would go to it go to the next open record in the order of the keys; when half of
// the records are closed, all updates are inserts. A client
// that sends a request again by itself, having lost the answer to the first,
// leaves such a straggler too although its write is acknowledged in the end. It
// says so through NoteRepeat, and the key is closed at that version.
//
// # What is shown and what is not
//
// Reads go to leaders, so they say nothing of the other replicas. Prove reads
// keys through a node that has come back, while the run goes on, and counts what
// that node served itself. What cannot be read at the end is unknown: neither
// intact nor lost. That a lost version of a record was overwritten before
// anybody read it can still not be seen; only of inserts is every loss seen.
package load
