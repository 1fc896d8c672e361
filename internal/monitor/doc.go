// Package monitor watches a cluster the way a stranger would: it polls the
// control plane's word, asks status ports, and hears of the workload's errors.
// It is never told what was done to the cluster. What it sees becomes signals;
// signals that agree become tickets.
//
// One symptom alone opens no ticket. A node is called down by two signals that
// agree, one of them its own (its port, its heartbeat), and slow by one that it
// is worse than the others and one that clients feel it. A later start time is
// enough by itself: it is a fact, not a symptom. A ticket is about the root as far
// as it is known: what a node's trouble explains is folded into that node's ticket
// (incidents.go).
//
// The decisions are a pure core (detector.go): observations with their times go
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
	StoreDown = "store_down" // a data node does not serve
	StoreSlow = "store_slow" // a data node answers, and serves its clients late or not at all
	LowDisk   = "low_disk"   // a data node has less free space than the control plane wants

	StoreRestarted = "store_restarted" // a data node reports a later start than before

	PDMemberDown  = "pd_member_down" // a control node is gone
	PDUnreachable = "pd_unreachable" // the control plane gives no answer
	NoPDLeader    = "no_pd_leader"   // control nodes live, and none leads

	RegionWithoutLeader = "region_without_leader" // regions are led by nobody, or by the dead
	UnderReplicated     = "under_replicated"      // regions have fewer live peers than they should

	ThroughputDrop = "throughput_drop" // the workload does much less than it did
	ErrorRate      = "error_rate"      // a good part of the operations fail
	HighLatency    = "high_latency"    // the workload is served much later than it was
)

// Targets of tickets that are about no node.
const (
	targetPD       = "pd"
	targetRegions  = "regions"
	targetWorkload = "workload"
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
	ProbeTimeout time.Duration    // for one answer; 1 s when 0
	Now          func() time.Time // time.Now when nil
}
