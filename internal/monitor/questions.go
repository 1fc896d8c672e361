package monitor

import (
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// While nothing is odd, calmQuestions are asked at a time, of the nodes in turn.
	// 100 stores that were all asked every 150 ms took 6% of a core, and 670 new
	// connections a second of somebody's cluster.
	calmQuestions = 16
	// The rules of probes.go need an answer of every node every 150 ms. They get it from
	// the first odd thing on, and for oddLasts after the latest.
	oddLasts = 5 * time.Second
)

// attention is how closely the status ports are watched.
type attention struct {
	oddAt time.Time // when something was seen that may begin a fault
	turn  int       // of the node that was asked last
}

// odd takes a thing that may be the beginning of a fault.
func (a *attention) odd(at time.Time) { a.oddAt = at }

// toAsk picks those of the nodes that are asked now.
func (d *detector) toAsk(at time.Time, nodes []demo.Node) []demo.Node {
	if len(nodes) <= calmQuestions || d.alert(at) {
		return nodes
	}
	now := make([]demo.Node, calmQuestions)
	for i := range now {
		d.turn = (d.turn + 1) % len(nodes)
		now[i] = nodes[d.turn]
	}
	return now
}

// alert says whether all nodes are to be asked: something was odd, a signal lasts, or
// a node owes an answer.
func (d *detector) alert(at time.Time) bool {
	for _, n := range d.nodes {
		if len(n.active) > 0 || n.asked > 0 && at.Sub(n.askedAt) >= farLeast {
			d.odd(at)
		}
	}
	return !d.oddAt.IsZero() && at.Sub(d.oddAt) < oddLasts
}
