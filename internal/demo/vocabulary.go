package demo

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Millis is a duration that the record writes as whole milliseconds.
type Millis time.Duration

// Duration gives m as an ordinary duration.
func (m Millis) Duration() time.Duration { return time.Duration(m) }

// MarshalJSON writes whole milliseconds, rounded to the nearest.
func (m Millis) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(m).Round(time.Millisecond).Milliseconds())
}

// UnmarshalJSON reads whole milliseconds.
func (m *Millis) UnmarshalJSON(b []byte) error {
	var n int64
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("milliseconds: %w", err)
	}
	*m = Millis(time.Duration(n) * time.Millisecond)
	return nil
}

// Micros is a duration that the record writes as whole microseconds.
type Micros time.Duration

// Duration gives m as an ordinary duration.
func (m Micros) Duration() time.Duration { return time.Duration(m) }

// MarshalJSON writes whole microseconds.
func (m Micros) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(m).Microseconds())
}

// UnmarshalJSON reads whole microseconds.
func (m *Micros) UnmarshalJSON(b []byte) error {
	var n int64
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("microseconds: %w", err)
	}
	*m = Micros(time.Duration(n) * time.Microsecond)
	return nil
}

// Health is what the monitor's eye makes of one node's state.
type Health string

// The healths of a node. Suspect is a node that its control plane misses but
// has not given up; Unknown is one of which nothing fresh is known.
const (
	HealthUp      Health = "up"
	HealthSuspect Health = "suspect"
	HealthDown    Health = "down"
	HealthUnknown Health = "unknown"
)

// Role tells the nodes that hold data from those that keep the map of it.
type Role string

// The roles of a node.
const (
	RoleControl Role = "control"
	RoleData    Role = "data"
)

// Node is one member of the cluster as its control plane sees it.
type Node struct {
	ID      string `json:"id"`      // the cluster's own id, decimal; may exceed 2^53
	Name    string `json:"name"`    // what people call it on stage
	Type    string `json:"type"`    // the subject's own word for its kind
	Role    Role   `json:"role"`    // control or data
	Health  Health `json:"health"`  // up, suspect, down, unknown
	State   string `json:"state"`   // the subject's own word, for example "Disconnected"
	Address string `json:"address"` // host:port

	StatusAddress string `json:"status_address,omitempty"` // host:port of the readiness probe, "" without one

	Leader       bool      `json:"leader,omitempty"`        // control role: leads its quorum
	Leaders      int       `json:"leaders"`                 // data role: regions led
	Regions      int       `json:"regions"`                 // data role: peers held
	Capacity     uint64    `json:"capacity,omitempty"`      // data role: bytes of its disk; 0 unknown
	Available    uint64    `json:"available,omitempty"`     // data role: bytes of it that are free
	LowSpace     uint64    `json:"low_space,omitempty"`     // data role: free bytes under which the control plane calls it full; 0 unknown
	HeartbeatAge Millis    `json:"heartbeat_age_ms"`        // at the time of the snapshot
	StartedAt    time.Time `json:"started_at,omitzero"`     // as the node reported it
	LastBeat     time.Time `json:"last_heartbeat,omitzero"` // as the control plane reported it
}

// Snapshot is one look at the cluster's health. When a poll fails the nodes
// stay those of the last good answer, LastUpdated stays its time, Stale grows
// and Error says why: old data is never shown as new.
type Snapshot struct {
	Nodes       []Node    `json:"nodes"`
	Regions     *Regions  `json:"regions,omitempty"` // nil: not known; never written to again
	HasIssues   bool      `json:"has_issues"`
	LastUpdated time.Time `json:"last_updated"` // of the last good answer; zero before the first
	Stale       Millis    `json:"stale_ms"`     // age of that answer when the snapshot was handed out
	Error       string    `json:"error,omitempty"`
}

// Regions counts the regions, and those with something wrong, as the control
// plane gives them. It is asked for them less often than for the nodes: they
// may be some seconds older than these.
type Regions struct {
	Total       int `json:"total"`
	Leaderless  int `json:"leaderless"`   // that no data node leads
	DownPeer    int `json:"down_peer"`    // with a peer that its leader calls down
	MissPeer    int `json:"miss_peer"`    // with fewer peers than they should have
	PendingPeer int `json:"pending_peer"` // with a peer that is behind
}

// Node gives the node called name.
func (s Snapshot) Node(name string) (Node, bool) {
	for _, n := range s.Nodes {
		if n.Name == name {
			return n, true
		}
	}
	return Node{}, false
}

// LoadSample is one second of the workload. Latencies are those of that second
// alone, of the operations that failed too, each measured from when it was due
// (no coordinated omission).
type LoadSample struct {
	Ops     int64  `json:"ops"` // operations that succeeded
	Reads   int64  `json:"reads"`
	Updates int64  `json:"updates"` // of whole records, and inserts
	Errors  int64  `json:"errors"`  // operations that were started and failed
	Shed    int64  `json:"shed"`    // operations that were due and never started
	P50     Micros `json:"p50_us"`
	P95     Micros `json:"p95_us"`
	P99     Micros `json:"p99_us"`

	ErrorsByKind map[string]int64 `json:"errors_by_kind,omitempty"` // timeout, unavailable, …
	ErrorsByNode map[string]int64 `json:"errors_by_node,omitempty"` // node name; "" where it is not known

	Max        Micros          `json:"max_us,omitempty"`      // of the second; 0 in records that lack it
	Regions    []RegionTrouble `json:"regions,omitempty"`     // those with an error, and those that cannot be written
	RecordsHit int64           `json:"records_hit,omitempty"` // records that an operation has failed on since the workload began

	// Histogram is every latency of the second in microseconds: an HdrHistogram,
	// V2, compressed, in base64. The record alone has it: a State drops it.
	Histogram string `json:"latency_hdr,omitempty"`
}

// RegionTrouble is what operations on one region have met in a second.
type RegionTrouble struct {
	ID     uint64 `json:"id,string"` // may exceed 2^53
	Errors int64  `json:"errors"`    // operations that failed
	// Unwritable is the longest time between two acknowledged writes with failed
	// ones between them, that ended in this second or still goes on at its end.
	Unwritable Millis `json:"unwritable_ms,omitempty"`
}

// Plan is a fault that has been chosen and not yet done.
type Plan struct {
	Fault       string   `json:"fault"`                  // name in the catalogue, for example "kill"
	FaultType   string   `json:"fault_type"`             // the truth that a diagnosis is scored against
	Target      string   `json:"target"`                 // node name
	Also        []string `json:"also,omitempty"`         // further nodes that it is done to at once
	CostsQuorum bool     `json:"costs_quorum,omitempty"` // that is what it is for; the presenter is asked twice
	ByHand      bool     `json:"by_hand,omitempty"`      // the presenter does it and repairs it; the demo only watches
	Reason      string   `json:"reason"`                 // why this target
	Seed        int64    `json:"seed"`
	Effect      string   `json:"effect"` // what will be done, in words: "SIGKILL to process 4711"
	Undo        string   `json:"undo"`   // its inverse, in words

	Mends []string `json:"mends,omitempty"` // actions that undo it

	Expect []Expectation `json:"expect,omitempty"` // when its signals are due; empty where nobody knows
}

// Expectation is when a signal is due, counted from the fault.
type Expectation struct {
	Signal string `json:"signal"` // one of the Signal… constants
	After  Millis `json:"after_ms"`
}

// Due gives the time after the fault at which a signal is expected.
func (p Plan) Due(signal string) (time.Duration, bool) {
	for _, x := range p.Expect {
		if x.Signal == signal {
			return x.After.Duration(), true
		}
	}
	return 0, false
}

// Why gives the reason for the target, with the seed of the random choices.
func (p Plan) Why() string {
	seed := fmt.Sprintf("seed %d", p.Seed)
	if strings.Contains(p.Reason, seed) {
		return p.Reason
	}
	return p.Reason + ", " + seed
}

// Targets lists every node that the fault is done to.
func (p Plan) Targets() []string {
	if p.Nothing() {
		return nil
	}
	return append([]string{p.Target}, p.Also...)
}

// Names of signals, in the order in which a killed node usually shows them.
const (
	SignalStatusProbe    = "status_probe"
	SignalClientErrors   = "client_errors"
	SignalLeaderMoved    = "leader_moved"
	SignalHeartbeatAge   = "heartbeat_age"
	SignalPDDisconnected = "pd_disconnected"
)

// Names of further signals, which a killed node does not show.
const (
	SignalSlowProbe = "slow_probe" // its status port answers late, the others' do not
	SignalPDSilent  = "pd_silent"  // of the control plane: it gives no answer
	SignalRestarted = "restarted"  // its process was started again: it reports a later start than before
	// SignalOverload is of no node but of the machine that the monitor runs on, and has
	// no target: what is late is late because of it.
	SignalOverload = "machine_overloaded"
)

// SignalNames lists the names of the signals of a killed node in that order.
func SignalNames() []string {
	return []string{SignalStatusProbe, SignalClientErrors, SignalLeaderMoved, SignalHeartbeatAge, SignalPDDisconnected}
}

// Severity of a ticket.
type Severity string

// The severities.
const (
	SeverityWarning  Severity = "warning"
	SeverityCritical Severity = "critical"
)

// Evidence is one numbered fact, frozen when a ticket opened.
type Evidence struct {
	N      int       `json:"n"` // shown as E1, E2, …
	At     time.Time `json:"at"`
	Source string    `json:"source"` // who says so: pd, probe, client, workload, process
	Text   string    `json:"text"`
}

// Alternative is a cause that was considered and what speaks against it.
type Alternative struct {
	Cause    string `json:"cause"`
	Against  string `json:"against"`
	Evidence []int  `json:"evidence,omitempty"`
}

// Claim is one sentence of an answer, held against the evidence.
type Claim struct {
	Text  string `json:"text"`
	Cites []int  `json:"cites,omitempty"`
	OK    bool   `json:"ok"`
	Why   string `json:"why,omitempty"` // when it is not
}

// Usage is what an answer of a model took.
type Usage struct {
	Model        string `json:"model"`
	InputTokens  int64  `json:"input_tokens"`
	OutputTokens int64  `json:"output_tokens"`
	Turns        int    `json:"turns"`
	ToolCalls    int    `json:"tool_calls"`
}

// Verdict is the part of an answer that is scored.
type Verdict struct {
	Source    string `json:"source"`
	Component string `json:"component"`
	FaultType string `json:"fault_type"`
	Action    Action `json:"action"`
	Took      Millis `json:"took_ms"`
	Grounded  bool   `json:"grounded"` // verified against the evidence, whether right or not
}

// Marks are how right a verdict is, part by part, each 0 to 1.
type Marks struct {
	Detection    float64 `json:"detection"`
	Localization float64 `json:"localization"`
	FaultType    float64 `json:"fault_type"`
	Action       float64 `json:"action"`
}

// Total is the mean of the parts.
func (m Marks) Total() float64 {
	return (m.Detection + m.Localization + m.FaultType + m.Action) / 4
}

// Scored is one line of the card: a verdict, what it is worth, and what it cost.
type Scored struct {
	Verdict
	Marks Marks   `json:"score"`
	Usage *Usage  `json:"usage,omitempty"`
	Cost  float64 `json:"cost_usd,omitempty"` // 0 where the price is not known
}

// Names of actions that a diagnosis may propose: a closed list.
const (
	ActionRestart     = "restart"
	ActionResume      = "resume"
	ActionReconnect   = "reconnect"
	ActionRestoreLine = "restore_line"
	ActionResumeGRPC  = "resume_grpc"
	ActionNone        = "none"
)

// Action is one thing that would repair the cluster.
type Action struct {
	Name   string `json:"action"`
	Target string `json:"target"`
}

// String gives the action as it is shown: "restart node-2".
func (a Action) String() string {
	if a.Name == "" || a.Name == ActionNone {
		return "no action"
	}
	return a.Name + " " + a.Target
}

// Terms say what approving an action means: nothing more than that is done.
type Terms struct {
	Effect       string `json:"effect,omitempty"`       // what exactly will be done
	Undo         string `json:"undo,omitempty"`         // what takes it back
	Precondition string `json:"precondition,omitempty"` // what must still be true when it is done
	Risk         string `json:"risk,omitempty"`         // what could go wrong
}

// Why an action was not carried out: a closed list of the record's values. Package
// words has the text for each that is shown.
const (
	DeniedWrong  = "the diagnosis is wrong"
	DeniedThin   = "the evidence is too thin"
	DeniedRisk   = "the risk is too high"
	DeniedOther  = "another way is better"
	DeniedHealed = "it healed by itself"
	DeniedByHand = "mended by hand instead"
	DeniedUntrue = "the diagnosis is not what was done"
)

// DenyReasons lists the reasons that a presenter may choose from, in the order in
// which they are offered.
func DenyReasons() []string { return []string{DeniedWrong, DeniedThin, DeniedRisk, DeniedOther} }

// Fault types: what a diagnosis may name, and what a fault in the catalogue is
// in truth. A closed list.
const (
	TypeCrashed      = "process_crashed" // it ended, and nobody had asked it to
	TypeStopped      = "process_stopped" // it was told to end, and did
	TypeFrozen       = "process_frozen"
	TypePartitioned  = "network_partition"
	TypeSlow         = "slow_node"    // it serves late, or loses packets
	TypeGray         = "gray_failure" // it looks healthy and refuses its clients
	TypeQuorumLost   = "quorum_lost"  // too few nodes are left to agree
	TypeCutOffFromPD = "cut_off_from_pd"
	TypeOverloaded   = "overloaded"        // it has more to do than it can, or its disk is slow: it says that it is busy
	TypeCannotWrite  = "cannot_write"      // its disk is full, or a limit of its files is reached, and it ended
	TypeNoMemory     = "out_of_memory"     // the kernel or its own runtime ended it for want of memory
	TypeRestarted    = "process_restarted" // it ended, and somebody or something started it again
	TypeNone         = "nothing_wrong"
	TypeInconclusive = "inconclusive"
)

// Stage is one proven step of the recovery.
type Stage struct {
	Name  string        // one of the Stage… constants
	At    time.Time     // zero while it has not been seen
	Limit time.Duration // from the action, the first stage; from its end, the others
	Due   time.Time     // when the limit ends; zero while its clock has not begun
	Late  bool          // it did not come within its limit
}

// The stages of a recovery, in the order in which they are shown: a closed list of
// the record's values. Package words has the text for each that is shown.
const (
	StageProcess    = "process up"
	StageServing    = "status OK"
	StageMember     = "control plane says Up"
	StageLeaders    = "leads again"
	StageThroughput = "throughput back to 95%"
)
