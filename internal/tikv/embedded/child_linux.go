package embedded

import "syscall"

// childAttributes puts a child into a process group of its own, so that the
// terminal's interrupt does not reach it, and has the kernel kill it when the
// thread that started it ends: that reaches a child that is stopped, too, which
// cannot see the end of its pipe.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
