package monitor

import (
	"fmt"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	// probeRefusals in a row: nobody listens. One alone may be a connection that
	// met a restart.
	probeRefusals = 2
	// A node is silent when silentQuestions were asked since its last answer, the
	// first of them silentAfter ago, while another node answered within
	// answersFresh. Questions overlap, so one that is answered late interrupts
	// nothing, and of a network that loses a third of its packets seven in a row
	// are lost once in 2,000. While this machine is suspended no questions are sent, so
	// none count as unanswered.
	silentQuestions = 6
	silentAfter     = 1200 * time.Millisecond
	answersFresh    = time.Second
	// silenceHolds longer, and the silence counts: a busy machine may give a
	// process nothing for two seconds.
	silenceHolds = time.Second
	// lateAnswer: under 20 runnable processes on 2 cores one answer in 1,000 took
	// so long. A node is slow when slowShare of its answers within slowWindow are
	// late, of slowAnswers at the least, and no other node's share is more than
	// 1/slowFactor of that: what makes all nodes late is not one's own. The late
	// ones must have been asked for over slowLasts: a process that is held up for
	// two seconds answers late whatever was asked meanwhile.
	lateAnswer  = 150 * time.Millisecond
	slowWindow  = 4 * time.Second
	slowLasts   = 2200 * time.Millisecond
	slowShare   = 0.20
	slowAnswers = 10
	slowFactor  = 3
	// A store with 2% of a core answered in 30 to 80 ms, its neighbours in 1 ms, and
	// the workload lost half of its throughput. So a node is slow as well when half
	// of its answers take farBehind times as long as half of any other store's, and
	// farLeast at the least: asked over farLasts, for the difference is smaller.
	farBehind = 10
	farLeast  = 25 * time.Millisecond
	farShare  = 0.50
	farLasts  = 3 * time.Second
)

// probes is what a node's status port has shown.
type probes struct {
	refused  int       // in a row
	asked    int       // questions since the last answer
	askedAt  time.Time // the first of them
	answered time.Time // when it last served
	backAt   time.Time // when it answered again after it had not
	replies  []reply   // within slowWindow, oldest first
	middle   middle
}

// middle is the median of a node's replies as it was last worked out. Each node that
// answers late is held against the medians of all others: with 100 nodes on a busy
// machine that took a fifth of the program's processor time.
type middle struct {
	at      time.Time
	replies int
	took    time.Duration
}

// reply is a question that was answered, or given up.
type reply struct {
	at   time.Time
	took time.Duration
}

// asked takes a question to a status port.
func (d *detector) asked(at time.Time, name string) {
	n := d.node(name)
	if n.asked == 0 {
		n.askedAt = at
	}
	n.asked++
}

// probed takes what became of one. timeout: it was given up.
func (d *detector) probed(at time.Time, name string, took time.Duration, err error, timeout bool) {
	n := d.node(name)
	switch {
	case err == nil:
		n.refused, n.asked = 0, 0
		if n.is(demo.SignalStatusProbe) {
			n.backAt, n.replies = at, nil
		}
		n.answered = at
		n.prove()
		n.note(at, took)
		d.lower(n, demo.SignalStatusProbe, "status port answers")
	case timeout:
		n.note(at, took)
	default:
		n.refused++
		n.asked = 0
		// A control node's port may lie where it cannot be reached from here.
		if n.refused >= probeRefusals && (n.view.Role != demo.RoleControl || !n.answered.IsZero()) {
			d.raise(n, at, demo.SignalStatusProbe, fmt.Sprintf("%s, %d times in a row", err, n.refused))
		}
		d.weighErrors(n, at)
	}
	if n.news(at) && (err != nil || n.unusual(at, took)) {
		d.odd(at)
	}
}

// note keeps a reply. What was asked before a silence ended tells nothing of how
// the node serves since.
func (n *node) note(at time.Time, took time.Duration) {
	if at.Add(-took).Before(n.backAt) {
		return
	}
	n.replies = append(n.replies, reply{at, took})
	for len(n.replies) > 0 && at.Sub(n.replies[0].at) > slowWindow {
		n.replies = n.replies[1:]
	}
}

// answering says whether a node's port serves at this moment.
func (n *node) answering(at time.Time) bool {
	return !n.answered.IsZero() && at.Sub(n.answered) <= answersFresh && !n.is(demo.SignalStatusProbe)
}

// gone says whether a node's port speaks against it: it refuses, or it has been
// silent for long.
func (n *node) gone(at time.Time) bool {
	return n.is(demo.SignalStatusProbe) && (n.refused >= probeRefusals || at.Sub(n.active[demo.SignalStatusProbe]) >= silenceHolds)
}

// checkProbes looks for nodes that are silent or slow.
func (d *detector) checkProbes(at time.Time) {
	for _, n := range d.nodes {
		if n.asked >= silentQuestions && at.Sub(n.askedAt) >= silentAfter && d.anotherAnswers(at, n) && (n.view.Role != demo.RoleControl || !n.answered.IsZero()) {
			d.raise(n, at, demo.SignalStatusProbe, fmt.Sprintf("no answer to %d questions in %.1f s", n.asked, at.Sub(n.askedAt).Seconds()))
		}
	}
	for _, n := range d.of(demo.RoleData) {
		d.checkPace(at, n)
	}
}

// anotherAnswers is the proof that questions get through at all.
func (d *detector) anotherAnswers(at time.Time, n *node) bool {
	for _, o := range d.nodes {
		if o != n && o.answering(at) {
			return true
		}
	}
	return false
}

// pace is one measure of slowness: how many of a node's answers take how long, and
// for how long.
type pace struct {
	bar   time.Duration
	share float64
	lasts time.Duration
}

// paces are the measures that a node is held against: the fixed one, and one by
// how fast the other data nodes are.
func (d *detector) paces(at time.Time, n *node) []pace {
	all := []pace{{lateAnswer, slowShare, slowLasts}}
	if late, of := n.late(at, farLeast); float64(late) < slowShare*float64(of) {
		return all
	}
	bar := farLeast
	for _, o := range d.of(demo.RoleData) {
		if o != n && len(o.within(at)) >= slowAnswers {
			bar = max(bar, farBehind*o.middleAt(at))
		}
	}
	return append(all, pace{bar, farShare, farLasts})
}

// checkPace compares how late a node answers with the others.
func (d *detector) checkPace(at time.Time, n *node) {
	if len(n.within(at)) < slowAnswers {
		return
	}
	behind := false
	for _, p := range d.paces(at, n) {
		late, of := n.late(at, p.bar)
		behind = behind || p.bar == lateAnswer && late > 0 || float64(late) >= slowShare*float64(of)
		if n.answering(at) && n.slowFor(p.bar) >= p.lasts && d.slowerThanOthers(at, n, p) {
			d.raise(n, at, demo.SignalSlowProbe, fmt.Sprintf("%d of %d answers took over %d ms, half of them %d ms or more; the other stores' do not",
				late, of, p.bar.Milliseconds(), n.median(at, p.bar).Milliseconds()))
		}
	}
	if !behind {
		d.lower(n, demo.SignalSlowProbe, "status port answers in time")
	}
}

// slowerThanOthers says whether enough of a node's answers are late, and far more
// than of any other data node's.
func (d *detector) slowerThanOthers(at time.Time, n *node, p pace) bool {
	late, of := n.late(at, p.bar)
	share := float64(late) / float64(of)
	if share < p.share {
		return false
	}
	compared := 0
	for _, o := range d.of(demo.RoleData) {
		oLate, oOf := o.late(at, p.bar)
		if o == n || oOf < slowAnswers {
			continue
		}
		if float64(oLate)*slowFactor > share*float64(oOf) {
			return false
		}
		compared++
	}
	return compared > 0
}

// lagging says whether a node may turn out to be slow: it is by its answers, and
// has not been for long enough.
func (d *detector) lagging(at time.Time, n *node) bool {
	return len(n.within(at)) >= slowAnswers && slices.ContainsFunc(d.paces(at, n), func(p pace) bool {
		return n.slowFor(p.bar) >= p.lasts/4 && d.slowerThanOthers(at, n, pace{p.bar, slowShare, 0})
	})
}

// within are the replies of the window.
func (n *node) within(at time.Time) []reply {
	i := 0
	for i < len(n.replies) && at.Sub(n.replies[i].at) > slowWindow {
		i++
	}
	return n.replies[i:]
}

// late counts the replies that took as long as bar, and all.
func (n *node) late(at time.Time, bar time.Duration) (late, of int) {
	all := n.within(at)
	for _, r := range all {
		if r.took >= bar {
			late++
		}
	}
	return late, len(all)
}

// slowFor is over how long questions were asked that took as long as bar.
func (n *node) slowFor(bar time.Duration) time.Duration {
	var from, to time.Time
	for _, r := range n.replies {
		if r.took < bar {
			continue
		}
		asked := r.at.Add(-r.took)
		if from.IsZero() || asked.Before(from) {
			from = asked
		}
		if asked.After(to) {
			to = asked
		}
	}
	return to.Sub(from)
}

// middleAt is the median of all replies.
func (n *node) middleAt(at time.Time) time.Duration {
	if n.middle.at != at || n.middle.replies != len(n.replies) {
		n.middle = middle{at, len(n.replies), n.median(at, 0)}
	}
	return n.middle.took
}

// median is that of the replies that took as long as bar.
func (n *node) median(at time.Time, bar time.Duration) time.Duration {
	var took []time.Duration
	for _, r := range n.within(at) {
		if r.took >= bar {
			took = append(took, r.took)
		}
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)/2]
}
