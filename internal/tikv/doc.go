// Package tikv is the subject of the talk: PD's HTTP API, the health poller,
// the status probe, and the client of the workload.
package tikv
