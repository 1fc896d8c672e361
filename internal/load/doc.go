// Package load runs YCSB's workload A against a store of keys and checks every
// key as a register.
//
// # Open loop
//
// Operations are due at fixed times, Config.TargetOps a second, whether or not the
// store keeps up. Each runs in a goroutine of its own, which starts when it is due,
// and its latency counts from then (no coordinated omission). Failed operations
// count with the time that they took. Config.InFlight bounds how many run at once.
// The default, what falls due in two OpTimeouts, protects memory, and a healthy
// client does not reach it. Operations over the limit, and those that were due
// while this machine slept, are counted as shed: they never started and are not
// errors.
//
// # Bounds
//
// A key has one writer and its versions are ordered, so it is a register with
// two bounds:
//
//   - the lower is the highest version that was acknowledged, or returned by a
//     completed read. What one client has read, another must not miss, even if it
//     was never acknowledged.
//   - the upper is the highest version ever sent.
//
// Every read, during the run and at the end, is checked against the lower bound at
// its start and the upper bound at its end: of two concurrent reads, one may still
// return the older version. A read outside the bounds is a demo.Violation, never an
// error.
//
// A later write hides the loss of an earlier one. So an update goes to a record
// that was read a few milliseconds before (see sequence), and every 50th update is
// an insert instead: a small value under a key of its own that is never written
// again, so that the loss of any acknowledged insert is found. Inserts are next to
// the records, in every region. There are at most maxInserts of them.
//
// # Writes that end without an answer
//
// A write ends in one of three ways. Acknowledged. Refused: every store that was
// asked said no before it began, as the KV reports (OpError.Refused). Undecided,
// after a timeout or a broken connection: it may have happened, may never happen,
// or may happen later, because the request may be in the socket buffer of a frozen
// process. If the key were written again, the old write could arrive late and
// overwrite the newer one, which looks like a loss. So the key is closed: it takes
// no more writes in this run but is still read, and its updates go to the next open
// record in key order. When half of the records are closed, all updates are
// inserts. A client that repeats a request by itself, having lost the answer to the
// first, can leave such a straggler too, although the write is acknowledged in the
// end. It reports that through NoteRepeat, and the key is closed at that version.
//
// # What is shown and what is not
//
// Reads go to leaders, so they say nothing about the other replicas. Prove reads
// keys through a node that has come back, while the run goes on, and counts what
// that node served itself. What cannot be read at the end is unknown, neither
// intact nor lost. One loss stays invisible: a version of a record that was
// overwritten before anyone read it. Of inserts every loss is found.
package load
