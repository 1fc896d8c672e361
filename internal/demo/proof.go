package demo

import "slices"

// Names of violations: what was wrong with the value that a read returned.
const (
	ViolationLost    = "lost"    // older than the lower bound, when no write was under way any more
	ViolationStale   = "stale"   // older than the lower bound, while the workload ran
	ViolationAbsent  = "absent"  // the key is gone
	ViolationDamaged = "damaged" // not a value that the workload can have written
	ViolationPhantom = "phantom" // newer than every version sent, or another key's value
)

// When a violation was seen.
const (
	SeenInRun   = "run"   // by a read of the workload
	SeenInProof = "proof" // by a read through a store that had come back
	SeenAtEnd   = "end"   // by the last reading of every key
)

type (
	// Violation is a read that returned what the store must not return. Each key
	// is a register with one writer and ordered versions. Lower is the highest
	// version that was acknowledged, or returned by a read that had ended, before
	// this read began. Upper is the highest version that was ever sent.
	Violation struct {
		Name  string `json:"name"` // one of the Violation… constants
		Key   string `json:"key"`
		Lower uint64 `json:"lower"`
		Upper uint64 `json:"upper"`
		Read  uint64 `json:"read"`            // the version read; 0 where it has none
		Store string `json:"store,omitempty"` // that served the read; "" where it is not known
		When  string `json:"when"`            // one of the Seen… constants
	}
	// DataProved says what was read through the stores that had come back.
	DataProved struct {
		Stores []StoreProof `json:"stores"`
	}
	// LedgerVerified is the outcome of reading every key again, with what the
	// reads of the whole run have shown.
	LedgerVerified struct {
		Acked         int64 `json:"acked"`         // writes that were acknowledged, the load phase and the inserts included
		Refused       int64 `json:"refused"`       // writes that every store asked has refused
		Indeterminate int64 `json:"indeterminate"` // writes whose outcome is not known
		Reads         int64 `json:"reads"`         // reads of the run that were held against the bounds
		Checked       int64 `json:"checked"`       // keys that were read again at the end, inserts included
		Unknown       int64 `json:"unknown"`       // keys that could not be read at the end: neither intact nor lost
		Inserts       int64 `json:"inserts"`       // acknowledged inserts: keys that are written once
		InsertsLost   int64 `json:"inserts_lost"`  // of them, those with a violation

		// Lost counts the keys with a violation of any name, whenever it was seen.
		Lost       int64            `json:"lost"`
		Violations map[string]int64 `json:"violations,omitempty"` // reads that were violations, by name
	}
)

// StoreProof is what was read through one store after it led regions again.
type StoreProof struct {
	Store   string `json:"store"`
	Records int64  `json:"records"` // records that it served itself
	Inserts int64  `json:"inserts"` // inserts that it served itself
	Wrong   int64  `json:"wrong"`   // of both, those with a violation
	Unread  int64  `json:"unread"`  // keys of its regions that could not be read
	Why     string `json:"why,omitempty"`
}

// Kind names the record's line.
func (Violation) Kind() string { return "violation" }

// Kind names the record's line.
func (DataProved) Kind() string { return "data.proved" }

// Kind names the record's line.
func (LedgerVerified) Kind() string { return "ledger.verified" }

// violated takes a read that returned what it must not.
func (m *machine) violated(p ViolationPoint) {
	m.Violated++
	if len(m.Violations) < violationsKept {
		m.Violations = append(slices.Clip(m.Violations), p)
	}
}

// prove has data read through what was broken, as soon as it leads again. It
// holds nothing up: the reading of every key at the end waits for it.
func (m *machine) prove() { m.do(Prove{Stores: m.Plan.Targets()}, forProof, m.Reached) }

// unproven says why nothing could be read through the stores that came back.
func (m *machine) unproven(v Prove, why string) {
	m.Proof = &DataProved{}
	for _, name := range v.Stores {
		m.Proof.Stores = append(m.Proof.Stores, StoreProof{Store: name, Why: why})
	}
}

// lost gives the number of keys with a violation: as it was counted at the end,
// or before that those that have been seen so far. One may be seen while the talk ends.
func (s State) lost() int64 {
	keys := map[string]bool{}
	for _, v := range s.Violations {
		keys[v.Key] = true
	}
	n := int64(len(keys))
	if s.Ledger != nil {
		n = max(n, s.Ledger.Lost)
	}
	if s.Finished != nil {
		n = max(n, s.Finished.Lost)
	}
	return n
}

// StoreProofs gives what was read through each store that was broken, or why
// nothing was. A member of the control plane holds no data.
func (s State) StoreProofs() []StoreProof {
	if s.Proof != nil {
		return s.Proof.Stores
	}
	if !s.FaultBegun() || s.Plan.Nothing() {
		return nil
	}
	var out []StoreProof
	for _, name := range s.Plan.Targets() {
		if n, _ := s.Before.Node(name); n.Role == RoleData {
			out = append(out, StoreProof{Store: name, Why: "not seen to lead again"})
		}
	}
	return out
}
