// Package pd is the embedded cluster's stand-in for PD: one member that keeps
// the map of stores and regions, answers PD's HTTP API and as much of its gRPC
// API as stores and raw clients use, and moves leaders so that they stay even.
// It judges stores by PD's own rules: Disconnected after 20 s without a
// heartbeat, Down after half an hour.
//
// It is not PD: there is no quorum, no timestamp oracle, no placement rules, no
// scheduling of replicas.
package pd
