package embedded

import (
	"os"
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

// procSelf is the program that runs here, also when its file is gone.
const procSelf = "/proc/self/exe"

// ourselves gives where this program is to be started from once more. It may have
// been built anew during the talk: the file at exe is then another program, or is
// being written, and a store that comes back must be what it was. The path is
// preferred while it is the same file, for ps shows its name.
func ourselves(exe string) string {
	now, err := os.Stat(exe)
	running, err2 := os.Stat(procSelf)
	if err2 != nil || err == nil && os.SameFile(now, running) {
		return exe
	}
	return procSelf
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
