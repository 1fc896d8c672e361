package diagnose

import (
	"context"
	"time"
)

// patience cancels a context, with the reason as its cause, when an answer
// takes too long in one of three ways: as a whole, until its first word, or
// between two signs of life.
type patience struct {
	cancel    context.CancelCauseFunc
	total     *time.Timer
	firstWord *time.Timer
	silence   *time.Timer
	silent    time.Duration
}

func newPatience(ctx context.Context, l Limits) (context.Context, *patience) {
	ctx, cancel := context.WithCancelCause(ctx)
	after := func(d time.Duration, why string) *time.Timer {
		return time.AfterFunc(d, func() { cancel(giveUp(why, d)) })
	}
	p := &patience{
		cancel:    cancel,
		total:     after(l.Total, "too slow: not done within %s"),
		firstWord: after(l.FirstWord, "too slow: not a word within %s"),
		silence:   after(l.Silence, "too slow: it fell silent for %s"),
		silent:    l.Silence,
	}
	p.silence.Stop() // until the first sign of life the first word is waited for
	return ctx, p
}

// heard is a sign of life.
func (p *patience) heard() { p.silence.Reset(p.silent) }

// spoke is a word that can be shown.
func (p *patience) spoke() { p.firstWord.Stop() }

func (p *patience) end() {
	for _, t := range []*time.Timer{p.total, p.firstWord, p.silence} {
		t.Stop()
	}
	p.cancel(context.Canceled)
}
