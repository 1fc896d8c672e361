package runner

import (
	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// seal fixes a plan: its hash goes to the record and the front end before the
// fault is injected.
func (r *Runner) seal(plan demo.Plan) {
	s := r.cfg.Scorer.Seal(plan)
	r.mu.Lock()
	r.sealed = s
	r.mu.Unlock()
	r.emit(r.cfg.Now(), 0, demo.FaultSealed{Hash: s.Hash})
}

// open shows what was sealed, says whether that was done, and scores the answer
// against it. The answer is nil if there was none.
func (r *Runner) open(v demo.OpenSeal) demo.FaultOpened {
	r.mu.Lock()
	s, done := r.sealed, r.done
	r.mu.Unlock()
	b := demo.FaultOpened{Hash: s.Hash, Nonce: s.Nonce, Text: s.Text}
	plan, err := r.cfg.Scorer.Open(s.Hash, s.Text)
	switch {
	case err != nil:
		b.Why = err.Error()
		return b
	case done == nil:
		b.Why = "it was never done"
		return b
	case done.Fault != plan.Fault || done.FaultType != plan.FaultType || done.Target != plan.Target:
		b.Why = "something else was done: " + done.Effect
	default:
		b.Matches = true
	}
	b.Card = r.cfg.Scorer.Card(plan, v.Answer, v.Ticket)
	return b
}
