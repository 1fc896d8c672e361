//go:build !linux

package embedded

import "syscall"

// childAttributes puts a child into a process group of its own, so that the
// terminal's interrupt does not reach it. Only its pipe tells it when the parent is
// gone.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// tuneScheduling does nothing: these options exist on Linux only.
func tuneScheduling() {}

// ourselves returns where this program is to be started from once more. There is
// only its path here.
func ourselves(exe string) string { return exe }
