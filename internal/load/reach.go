package load

import (
	"cmp"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// noRecord stands for the record of an operation on a key of its own.
const noRecord = int64(-1)

// place is where an operation was done.
type place struct {
	region uint64 // 0 where the KV did not say
	record int64  // noRecord for an insert
	write  bool
}

// How many regions are followed, and how long one that no operation asks for any
// more: after a split or a merge its id may never be heard of again.
const (
	regionsFollowed = 4096
	followedFor     = 5 * time.Second
)

// reach follows how far the failures reach: which regions cannot be written, and
// which records an operation has failed on. The meter's lock guards it.
type reach struct {
	regions map[uint64]*regionReach
	hit     []bool // by record
	hits    int64
}

type regionReach struct {
	acked   time.Time     // when its latest write was acknowledged, or the first one that failed began
	failing bool          // a write has failed since
	tried   time.Time     // the beginning of the latest operation that failed
	errors  int64         // of this second
	longest time.Duration // that ended in this second
}

func newReach(records int) *reach {
	return &reach{regions: map[uint64]*regionReach{}, hit: make([]bool, records)}
}

// region gives what is known of a region, nil for one that is not followed.
func (r *reach) region(id uint64) *regionReach {
	if id == 0 {
		return nil
	}
	found := r.regions[id]
	if found == nil && len(r.regions) < regionsFollowed {
		found = &regionReach{}
		r.regions[id] = found
	}
	return found
}

// acknowledged takes a write that was acknowledged at a time.
func (r *reach) acknowledged(at place, now time.Time) {
	g := r.region(at.region)
	if g == nil {
		return
	}
	if g.failing {
		g.longest = max(g.longest, now.Sub(g.acked))
	}
	g.acked, g.failing = now, false
}

// failed takes an operation that failed and began at a time.
func (r *reach) failed(at place, began time.Time) {
	if n := at.record; n >= 0 && n < int64(len(r.hit)) && !r.hit[n] {
		r.hit[n] = true
		r.hits++
	}
	g := r.region(at.region)
	if g == nil {
		return
	}
	g.errors++
	if began.After(g.tried) {
		g.tried = began
	}
	// A write that began before the latest acknowledged one says nothing of now.
	if at.write && began.After(g.acked) {
		if g.acked.IsZero() {
			g.acked = began
		}
		g.failing = true
	}
}

// take gives the regions in trouble since the last call, and how many records
// were hit so far.
func (r *reach) take(now time.Time) (trouble []demo.RegionTrouble, hits int64) {
	for id, g := range r.regions {
		if g.failing && now.Sub(g.tried) > followedFor {
			delete(r.regions, id)
			continue
		}
		long := g.longest
		if g.failing {
			long = max(long, now.Sub(g.acked))
		}
		if g.errors > 0 || long > 0 {
			trouble = append(trouble, demo.RegionTrouble{ID: id, Errors: g.errors, Unwritable: demo.Millis(long)})
		}
		g.errors, g.longest = 0, 0
	}
	slices.SortFunc(trouble, func(a, b demo.RegionTrouble) int { return cmp.Compare(a.ID, b.ID) })
	return trouble, r.hits
}
