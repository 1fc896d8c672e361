package monitor

import (
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// While nothing is odd the nodes are asked in turn: calmQuestions at a time, or as
	// many as it takes to ask each in calmTurns, for an answer counts as one of now for
	// answersFresh. 100 stores that were all asked every 150 ms took 6% of a core, and
	// 670 new connections a second of somebody's cluster.
	calmQuestions = 16
	calmTurns     = 6
	// The rules of probes.go need an answer of every node every 150 ms. They get it from
	// the first odd thing on, and for oddLasts after the latest.
	oddLasts = 5 * time.Second
	// A node whose trouble has lasted for oldNews is asked closely by itself.
	oldNews = 30 * time.Second
	// An answer is odd when it takes oddFactor times as long as the node's usual ones,
	// and farLeast at the least: over some lines every one takes 40 ms.
	oddFactor = 3
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
	share := max(calmQuestions, (len(nodes)+calmTurns-1)/calmTurns)
	if len(nodes) <= share || d.alert(at, nodes) {
		return nodes
	}
	from := d.turn
	d.turn = (d.turn + share) % len(nodes)
	var now []demo.Node
	for i, n := range nodes {
		if its := (i - from + len(nodes)) % len(nodes); its < share || len(d.node(n.Name).active) > 0 {
			now = append(now, n)
		}
	}
	return now
}

// alert says whether all nodes are to be asked.
func (d *detector) alert(at time.Time, nodes []demo.Node) bool {
	for _, x := range nodes {
		n := d.node(x.Name)
		if n.news(at) && (len(n.active) > 0 || n.asked > 0 && n.unusual(at, at.Sub(n.askedAt))) {
			d.odd(at)
			break
		}
	}
	return !d.oddAt.IsZero() && at.Sub(d.oddAt) < oddLasts
}

// news says whether trouble of a node would be new. A node that was never reached from
// here, or that has been in trouble for long, tells nothing of a fault that begins.
func (n *node) news(at time.Time) bool {
	for _, since := range n.active {
		if at.Sub(since) >= oldNews {
			return false
		}
	}
	return !n.answered.IsZero()
}

// unusual says whether an answer of the node does not usually take so long.
func (n *node) unusual(at time.Time, took time.Duration) bool {
	return took >= max(farLeast, oddFactor*n.middleAt(at))
}
