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
	// are lost once in 2,000. A machine that stands still asks nothing, and hears
	// from nobody.
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
)

// probes is what a node's status port has shown.
type probes struct {
	refused  int       // in a row
	asked    int       // questions since the last answer
	askedAt  time.Time // the first of them
	answered time.Time // when it last served
	backAt   time.Time // when it answered again after it had not
	replies  []reply   // within slowWindow, oldest first
}

// reply is a question that was answered, or given up.
type reply struct {
	at   time.Time
	took time.Duration
}

// asked takes a question to a status port.
func (j *judge) asked(at time.Time, name string) {
	n := j.node(name)
	if n.asked == 0 {
		n.askedAt = at
	}
	n.asked++
}

// probed takes what became of one. timeout: it was given up.
func (j *judge) probed(at time.Time, name string, took time.Duration, err error, timeout bool) {
	n := j.node(name)
	switch {
	case err == nil:
		n.refused, n.asked = 0, 0
		if n.is(demo.SignalStatusProbe) {
			n.backAt, n.replies = at, nil
		}
		n.answered = at
		n.prove()
		n.note(at, took)
		j.lower(n, demo.SignalStatusProbe, "status port answers")
	case timeout:
		n.note(at, took)
	default:
		n.refused++
		n.asked = 0
		// A control node's port may lie where it cannot be reached from here.
		if n.refused >= probeRefusals && (n.view.Role != demo.RoleControl || !n.answered.IsZero()) {
			j.raise(n, at, demo.SignalStatusProbe, fmt.Sprintf("%s, %d times in a row", err, n.refused))
		}
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

// judgeProbes looks for nodes that are silent or slow.
func (j *judge) judgeProbes(at time.Time) {
	for _, n := range j.nodes {
		if n.asked >= silentQuestions && at.Sub(n.askedAt) >= silentAfter && j.anotherAnswers(at, n) && (n.view.Role != demo.RoleControl || !n.answered.IsZero()) {
			j.raise(n, at, demo.SignalStatusProbe, fmt.Sprintf("no answer to %d questions in %.1f s", n.asked, at.Sub(n.askedAt).Seconds()))
		}
	}
	data := j.of(demo.RoleData)
	for _, n := range data {
		j.judgePace(at, n, data)
	}
}

// anotherAnswers is the proof that questions get through at all.
func (j *judge) anotherAnswers(at time.Time, n *node) bool {
	for _, o := range j.nodes {
		if o != n && o.answering(at) {
			return true
		}
	}
	return false
}

// judgePace compares how late a node answers with the others.
func (j *judge) judgePace(at time.Time, n *node, all []*node) {
	late, of := n.late(at)
	if of < slowAnswers {
		return
	}
	if late == 0 {
		j.lower(n, demo.SignalSlowProbe, "status port answers in time")
		return
	}
	share := float64(late) / float64(of)
	if share < slowShare || n.slowFor() < slowLasts || !n.answering(at) {
		return
	}
	compared := 0
	for _, o := range all {
		oLate, oOf := o.late(at)
		if o == n || oOf < slowAnswers {
			continue
		}
		if float64(oLate)*slowFactor > share*float64(oOf) {
			return
		}
		compared++
	}
	if compared > 0 {
		j.raise(n, at, demo.SignalSlowProbe, fmt.Sprintf("%d of %d answers took over %d ms, half of them %d ms or more; the other stores' do not",
			late, of, lateAnswer.Milliseconds(), n.median().Milliseconds()))
	}
}

// late counts the replies that came late within the window, and all.
func (n *node) late(at time.Time) (late, of int) {
	for _, r := range n.replies {
		if at.Sub(r.at) > slowWindow {
			continue
		}
		of++
		if r.took >= lateAnswer {
			late++
		}
	}
	return late, of
}

// slowFor is over how long questions were asked that were answered late.
func (n *node) slowFor() time.Duration {
	var from, to time.Time
	for _, r := range n.replies {
		if r.took < lateAnswer {
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

func (n *node) median() time.Duration {
	took := make([]time.Duration, 0, len(n.replies))
	for _, r := range n.replies {
		if r.took >= lateAnswer {
			took = append(took, r.took)
		}
	}
	slices.Sort(took)
	return took[len(took)/2]
}
