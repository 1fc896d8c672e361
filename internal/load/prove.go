package load

import (
	"context"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Prove reads every proveStride-th record in key order to see which node serves
// where. Then it reads the records between those that a node served, at most
// proveRecords of them, and the inserts next to them.
const (
	proveStride   = 16
	proveRecords  = 1000
	provePatience = 5 * time.Second
	proveTries    = 5
	provePause    = 500 * time.Millisecond
	proveWorkers  = 4 // the workload runs beside it and must not notice
)

// Prove reads keys through nodes that have come back, while Run goes on: keys of the
// regions that they serve now. It counts only what a node served itself, as the KV
// reports with NoteServed.
func (w *Workload) Prove(ctx context.Context, nodes []string) []demo.StoreProof {
	r := w.newReader(demo.SeenInProof, provePatience, proveWorkers)
	served := w.whoServes(ctx, r)
	// A node may be reported as leading before it serves, and on a busy machine the
	// first reads through it time out.
	for try := 1; try < proveTries && !all(nodes, served) && pause(ctx, provePause) == nil; try++ {
		r = w.newReader(demo.SeenInProof, provePatience, proveWorkers)
		served = w.whoServes(ctx, r)
	}
	var out []demo.StoreProof
	for _, name := range nodes {
		p := demo.StoreProof{Store: name}
		left := r.readAll(ctx, w.besides(served, name), func(it item, node string, right bool) {
			switch {
			case node != name:
				return
			case it.insert:
				p.Inserts++
			default:
				p.Records++
			}
			if !right {
				p.Wrong++
			}
		})
		p.Unread = int64(len(left))
		if p.Records == 0 {
			p.Why = "it serves none of the keys"
		}
		out = append(out, p)
	}
	return out
}

// all reports whether every node served something.
func all(nodes, served []string) bool {
	return !slices.ContainsFunc(nodes, func(node string) bool { return !slices.Contains(served, node) })
}

// whoServes returns the node that served each of the sampled records, in the order
// of the keys; "" where none did.
func (w *Workload) whoServes(ctx context.Context, r *reader) []string {
	var sample []item
	at := map[item]int{}
	for i := 0; i < len(w.ledger.order); i += proveStride {
		it := item{n: w.ledger.order[i]}
		at[it] = len(sample)
		sample = append(sample, it)
	}
	served := make([]string, len(sample))
	r.readAll(ctx, sample, func(it item, node string, _ bool) { served[at[it]] = node })
	return served
}

// besides returns the keys around the sampled records that a node served.
func (w *Workload) besides(served []string, node string) (all []item) {
	var records []int64
	for i, n := range w.ledger.order {
		before := i / proveStride
		after := min(before+1, len(served)-1)
		if served[before] == node || served[after] == node {
			records = append(records, n)
		}
	}
	for i := range min(len(records), proveRecords) {
		n := records[i*len(records)/min(len(records), proveRecords)]
		all = append(all, item{n: n})
		all = append(all, w.ledger.insertsBeside(n)...)
	}
	return all
}
