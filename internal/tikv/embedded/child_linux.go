package embedded

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes puts a child into a process group of its own, so that the
// terminal's interrupt does not reach it, and has the kernel kill it when the
// thread that started it ends: that reaches a child that is stopped, too, which
// cannot see the end of its pipe.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// yieldToOthers has the processes that the calling thread starts wait for their
// turn when they are woken, instead of driving out who is running (SCHED_BATCH).
// The nodes and their clients share the machine, and one that is woken for every
// request leaves nobody time to gather two: on 2 cores this was worth a tenth of
// the throughput. With six busy loops beside it the demo's latencies were the
// same with it and without. Where it is not allowed, things are as they were.
func yieldToOthers() {
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_BATCH}, 0)
}
