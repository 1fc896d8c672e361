// Package defaults has the defaults of PD and TiKV that several packages depend on.
package defaults

import "time"

const (
	// Replicas of each region.
	Replicas = 3
	// DisconnectedAfter is the age of the last heartbeat after which PD calls a store
	// Disconnected. It is fixed in PD.
	DisconnectedAfter = 20 * time.Second
)

// The ports that PD and TiKV listen on.
const (
	PDPort     = "2379"
	StorePort  = "20160"
	StatusPort = "20180"
)
