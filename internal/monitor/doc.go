// Package monitor watches a cluster the way a stranger would: it polls the
// control plane's word, asks status ports, and hears of the workload's errors.
// It is never told what was done to the cluster. What it sees becomes signals;
// signals that agree become tickets.
//
// The decisions are a pure core (judge.go): observations with their times go
// in, signals and tickets come out. Run is the shell around it.
package monitor

import (
	"context"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// HealthPoller is a source of snapshots: run until told to stop, and give the
// latest at any time.
type HealthPoller interface {
	Run(ctx context.Context) error
	Health() demo.Snapshot
	Stop()
}

// Names of the invariants.
const (
	StoreDown      = "store_down"      // a data node does not serve
	PDUnreachable  = "pd_unreachable"  // the control plane gives no answer
	ThroughputDrop = "throughput_drop" // the workload does much less than it did
	ErrorRate      = "error_rate"      // a good part of the operations fail
)

// Verdict is what an invariant is at one moment. Unknown opens nothing and
// closes nothing.
type Verdict int

// The verdicts.
const (
	Unknown Verdict = iota
	OK
	Violated
)

// Config is what a Monitor may use.
type Config struct {
	// Probe asks a node's status port: nil when it serves.
	Probe func(ctx context.Context, n demo.Node) error
	// Emit takes SignalSeen, TicketOpened and TicketClosed. It is called from one
	// goroutine.
	Emit func(demo.Body)

	ProbeEvery   time.Duration    // between two questions to one node; 150 ms when 0
	ProbeTimeout time.Duration    // for one answer; 300 ms when 0
	Now          func() time.Time // time.Now when nil
}
