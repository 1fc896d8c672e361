package diagnose

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// minVerified is the share of an answer's claims that the evidence must bear
// out. An answer below it is not believed, nor is one whose conclusion a fact
// excludes, and nothing that it proposes is offered.
const minVerified = 0.5

// A teller is a diagnoser that says itself who speaks, because that changes
// while it works.
type teller interface {
	tell(ctx context.Context, b Bundle, say func(demo.Body)) (demo.DiagnosisFinished, error)
}

// A rung knows before it begins whether it can, and what it will speak of.
type rung interface {
	Diagnoser
	opening(ctx context.Context, b Bundle) (opening, error)
}

type opening struct {
	about Bundle // the evidence that the answer cites
	words string // what the audience must know about it, "" for nothing
}

// Ladder asks one diagnoser after the other until one has an answer that the
// evidence supports. The rules answer first of all and in no time, so there is
// something to go on with at once, and the last step down takes none either.
//
// A step down is told by a second demo.DiagnosisStarted for the same ticket,
// whose Why says in words what the ones before lacked: whoever shows the
// events changes the label and begins the prose afresh without knowing of
// ladders.
type Ladder struct {
	rungs []rung
	rules Diagnoser
	keep  func(Recording) error
}

// NewLadder makes a ladder: Claude, then recorded answers, then the rules. Each
// of the first two may be nil. A good answer of Claude's is recorded.
func NewLadder(c *Claude, r *Recorded) *Ladder {
	l := &Ladder{rules: Rules()}
	if c != nil {
		l.rungs = append(l.rungs, c)
	}
	if r != nil {
		l.rungs = append(l.rungs, r)
		l.keep = r.Keep
	}
	return l
}

// Name is the label of whoever is asked first.
func (l *Ladder) Name() string {
	if len(l.rungs) > 0 {
		return l.rungs[0].Name()
	}
	return l.rules.Name()
}

// Diagnose is the ladder for those who only take prose: a step down is a
// sentence of it.
func (l *Ladder) Diagnose(ctx context.Context, b Bundle, delta func(string)) (demo.DiagnosisFinished, error) {
	return l.tell(ctx, b, func(body demo.Body) {
		switch v := body.(type) {
		case demo.DiagnosisStarted:
			if v.Why != "" {
				delta(fmt.Sprintf("\n%s (%s)\n", v.Source, v.Why))
			}
		case demo.DiagnosisDelta:
			delta(v.Text)
		}
	})
}

func (l *Ladder) tell(ctx context.Context, b Bundle, say func(demo.Body)) (demo.DiagnosisFinished, error) {
	rules, err := l.askRules(ctx, b)
	if err != nil {
		return demo.DiagnosisFinished{}, err
	}
	var why []string
	for _, r := range l.rungs {
		d, err := l.try(ctx, r, rules, say, why)
		if err == nil {
			d.Beside = []demo.Verdict{rules.verdict}
			return d, nil
		}
		var gave *GaveUp
		if ctx.Err() != nil || !errors.As(err, &gave) {
			return demo.DiagnosisFinished{}, fmt.Errorf("diagnosis: %w", err)
		}
		why = append(why, r.Name()+": "+gave.Reason)
	}
	s := newSpeaker(say, l.rules.Name(), b)
	s.begin(strings.Join(why, "; "))
	for _, piece := range rules.prose {
		s.delta(piece)
	}
	return s.end(rules.answer), nil
}

// try asks one rung. What it says is shown as it comes.
func (l *Ladder) try(ctx context.Context, r rung, rules byRules, say func(demo.Body), why []string) (demo.DiagnosisFinished, error) {
	b := rules.of
	o, err := r.opening(ctx, b)
	if err != nil {
		return demo.DiagnosisFinished{}, err
	}
	if o.words != "" {
		why = append(why[:len(why):len(why)], o.words)
	}
	s := newSpeaker(say, r.Name(), o.about)
	s.begin(strings.Join(why, "; "), rules.verdict)
	d, err := r.Diagnose(ctx, b, s.delta)
	if err != nil {
		return d, err
	}
	d = s.end(d)
	if d.Verified < minVerified {
		return d, giveUp("the evidence verifies only %d of its %d claims", verified(d.Claims), len(d.Claims))
	}
	if s.excluded != "" {
		return d, giveUp("its conclusion does not hold: %s", s.excluded)
	}
	if s.unshown != "" { // it may be right; nothing is done for what nothing shows
		d.Action = demo.Action{Name: demo.ActionNone}
	}
	if _, live := r.(*Claude); live && l.keep != nil {
		// An answer that could not be kept is an answer all the same.
		_ = l.keep(Recording{At: b.At, Digest: b.Digest(), Bundle: b.public(), Facts: b.Facts, Prose: s.prose.String(), Answer: d})
	}
	return d, nil
}

// byRules is what the rules make of a bundle.
type byRules struct {
	of      Bundle
	prose   []string
	answer  demo.DiagnosisFinished
	verdict demo.Verdict
}

// askRules comes before everything else: it takes no time that an audience could
// see, and whatever becomes of the others there is an answer.
func (l *Ladder) askRules(ctx context.Context, b Bundle) (byRules, error) {
	r := byRules{of: b}
	from := time.Now()
	var err error
	r.answer, err = l.rules.Diagnose(ctx, b, func(p string) { r.prose = append(r.prose, p) })
	r.verdict = VerdictOf(r.answer)
	r.verdict.Took = demo.Millis(time.Since(from))
	return r, err
}

// VerdictOf gives the part of an answer that is scored.
func VerdictOf(d demo.DiagnosisFinished) demo.Verdict {
	return demo.Verdict{Source: d.Source, Component: d.Component, FaultType: d.FaultType, Action: d.Action, Took: d.Took, Grounded: d.Grounded}
}

// opening of Claude: it speaks of the bundle itself.
func (c *Claude) opening(_ context.Context, b Bundle) (opening, error) {
	return opening{about: b}, c.ready()
}
