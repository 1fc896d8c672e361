// Package pd is the embedded cluster's stand-in for PD: one member that keeps
// the map of stores and regions, answers PD's HTTP API and as much of its gRPC
// API as stores and raw clients use, and keeps leaders balanced.
// Its rules for the state of a store are PD's: Disconnected after 20 s without a
// heartbeat, Down after half an hour.
//
// It is not PD: it has no quorum, no timestamp oracle, no placement rules, and does
// not schedule replicas.
package pd
