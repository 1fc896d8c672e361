package report

import (
	"strconv"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// The error budget that a fault is held against: a service that is right in 99.9%
// of its operations, over 30 days.
const (
	objective   = 0.999
	budgetMonth = 30 * 24 * time.Hour
)

// Cost is what the fault cost the clients, from the fault to the recovery. A nil
// part is not in the record.
type Cost struct {
	Failed int64 `json:"failed"` // operations that failed, or were due and never started
	// BudgetShare is what these are of all the failures that 99.9% allows in 30 days
	// at the throughput of before the fault. 1 is all of it.
	BudgetShare *float64    `json:"error_budget_share"`
	Records     *Blast      `json:"records"`    // on which an operation failed
	Regions     *Blast      `json:"regions"`    // in which an operation failed
	Unwritable  *Unwritable `json:"unwritable"` // null where it is not in the record
}

// Blast is how many of a kind were hit.
type Blast struct {
	Hit int64 `json:"hit"`
	All int64 `json:"all"`
}

// Share is the part that was hit.
func (b Blast) Share() float64 {
	if b.All == 0 {
		return 0
	}
	return float64(b.Hit) / float64(b.All)
}

// Unwritable is the longest time in which no write of a region was acknowledged
// although some were tried. A region of "" says that there was no such time.
type Unwritable struct {
	Region string      `json:"region"`
	For    demo.Millis `json:"for_ms"`
}

// lateSecond is how long after the recovery the second ends in which it came.
const lateSecond = time.Second

// costOf works out what the fault cost; nil without a fault.
func costOf(run *Run) *Cost {
	_, from, ok := fact[demo.FaultInjected](run)
	if !ok {
		return nil
	}
	to := run.faultEnd().Add(lateSecond)
	var c Cost
	reach, longest, hitBefore, hit := false, Unwritable{}, int64(0), int64(0)
	regions := map[uint64]bool{}
	for _, p := range run.Load {
		reach = reach || p.Max > 0 // written by the same version as the rest of it
		if !p.At.After(from) {
			hitBefore = p.RecordsHit
			continue
		}
		if p.At.After(to) {
			break
		}
		c.Failed += p.Errors + p.Shed
		hit = max(hit, p.RecordsHit-hitBefore)
		for _, g := range p.Regions {
			if g.Errors > 0 {
				regions[g.ID] = true
			}
			if g.Unwritable > longest.For {
				longest = Unwritable{Region: strconv.FormatUint(g.ID, 10), For: g.Unwritable}
			}
		}
	}
	if base := run.State.Baseline.Ops; base > 0 {
		share := float64(c.Failed) / ((1 - objective) * base * budgetMonth.Seconds())
		c.BudgetShare = &share
	}
	if !reach {
		return &c
	}
	c.Unwritable = &longest
	if all, err := strconv.ParseInt(run.flag("records"), 10, 64); err == nil && all > 0 {
		c.Records = &Blast{hit, all}
	}
	if m := run.Regions.Before; m != nil && m.Total > 0 {
		c.Regions = &Blast{int64(len(regions)), int64(m.Total)}
	}
	return &c
}
