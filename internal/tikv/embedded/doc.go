// Package embedded runs a cluster of real processes on this machine: one PD and
// three or more stores. They are children of the demo, and each can be killed with a
// real SIGKILL. The cluster stands in for TiKV in rehearsals and tests. It speaks the
// parts of TiKV's and PD's protocols that raw clients use; packages pd and store say
// what they leave out.
package embedded
