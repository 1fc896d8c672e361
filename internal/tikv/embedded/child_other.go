//go:build !linux

package embedded

import "syscall"

// childAttributes puts a child into a process group of its own, so that the
// terminal's interrupt does not reach it. Its end with its parent is told to it
// by its pipe alone.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// yieldToOthers does nothing here: only Linux knows the policy.
func yieldToOthers() {}

// ourselves gives where this program is to be started from once more. There is
// only its path here.
func ourselves(exe string) string { return exe }
