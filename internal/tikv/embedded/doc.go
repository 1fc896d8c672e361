// Package embedded is a cluster of real processes on this machine: one PD and
// three or more stores, children of the demo, each of which can be killed with
// a real SIGKILL. It stands in for TiKV in rehearsals, tests and trying out. It
// speaks TiKV's and PD's protocols as far as raw clients use them, and it is
// not TiKV: see the packages pd and store for what they leave out.
package embedded
