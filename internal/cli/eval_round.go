package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/runner"
)

// evaluation is a series of rounds and what came of them.
type evaluation struct {
	o              *evalOptions
	stateDir, runs string
	out            io.Writer
	tell           *teller
	played         []evalRound

	now     context.Context // done: what is broken is left so
	closing func(string)    // told what the end of an interrupted round waits for
}

// evalRound is what one round showed. Its record has the rest.
type evalRound struct {
	N       int    `json:"n"`
	Fault   string `json:"fault"`
	Seed    int64  `json:"seed"`
	Record  string `json:"record"` // file
	Failed  string `json:"failed,omitempty"`
	Target  string `json:"target"`
	Matches bool   `json:"seal_matches"`

	Targets []string  `json:"targets,omitempty"`    // all that was broken
	Truth   string    `json:"fault_type,omitempty"` // what it was
	FaultAt time.Time `json:"fault_at,omitzero"`

	Ticket       *evalTicket   `json:"ticket"` // that the answer is about; null for none
	TTD          demo.Millis   `json:"ttd_ms"` // fault to that ticket
	TTR          demo.Millis   `json:"ttr_ms"`
	FalseTickets int           `json:"false_tickets"`
	Card         []demo.Scored `json:"card"`
	Acked        int64         `json:"acked"`
	Verified     bool          `json:"verified"` // every key was read again; without that, lost counts only what was seen before
	Lost         int64         `json:"lost"`
	Unknown      int64         `json:"unknown,omitempty"` // keys that could not be read: neither intact nor lost
	Took         demo.Millis   `json:"took_ms"`           // cluster and all
}

type evalTicket struct {
	ID        string `json:"id"`
	Invariant string `json:"invariant"`
	Target    string `json:"target"`
}

// play goes on after a round that could not be carried out, unless what it lacks
// must be put right first.
func (ev *evaluation) play(ctx context.Context, faults []string, round func(context.Context, *evalRound) error) error {
	failed, all := 0, len(faults)*ev.o.runs
	for n := range all {
		r := evalRound{N: n + 1, Fault: faults[n%len(faults)], Seed: ev.o.seed + int64(n/len(faults))}
		if ev.tell.width > 0 {
			ev.tell.tell("rounds played, now "+r.Fault, n, all)
		}
		err := round(ctx, &r)
		if ctx.Err() != nil && errors.Is(err, errInterrupted) {
			return err // with what could not be repaired
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			failed++
			r.Failed = oneLine(err)
		}
		ev.played = append(ev.played, r)
		if err := ev.line("eval.round", r); err != nil {
			return err
		}
		if s := (*statusError)(nil); errors.As(err, &s) && s.status == exitPrecondition {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d rounds could not be carried out", failed, all)
	}
	return nil
}

// round plays the talk's own play once, unseen, on a cluster of its own.
func (ev *evaluation) round(ctx context.Context, r *evalRound) (err error) {
	o := ev.o.options
	o.fault, o.seed = r.Fault, r.Seed
	cs, err := loadChapters("", chapters.English)
	if err != nil {
		return err
	}
	session, err := newSession(&o, ev.stateDir)
	if err != nil {
		return err
	}
	wait := ev.o.wait
	if f, ok := findOutside(r.Fault); ok {
		wait = max(wait, f.wait)
		session.outside = &outside{e: session.backend.(*embeddedBackend), f: f, seed: r.Seed}
	}
	from := time.Now()
	records := &recordFiles{dir: ev.runs}
	end, err := ev.drive(ctx, session.configFor(cs, records), demo.New(cs, demo.Options{
		Auto: true, AutoApprove: true, Unseen: true, TicketWait: wait, Fault: o.fault, Profile: o.profile,
	}))
	r.Record, r.Took = records.path, demo.Millis(time.Since(from))
	r.read(end)
	// Lost writes are a finding and no failure of the round.
	if err == nil && end.Ledger == nil {
		if err = session.failed; err == nil {
			err = errors.New(whyFailed(end))
		}
	}
	return err
}

// drive plays one round to its end. What the end of an interrupted one waits for is
// said, on lines of its own; the end of any other is nobody's concern.
func (ev *evaluation) drive(ctx context.Context, c runner.Config, s demo.State) (demo.State, error) {
	c.Closing = func(what string) {
		if ctx.Err() != nil {
			ev.closing(what)
		}
	}
	st, err := runner.New(ctx, c)
	if err != nil {
		return s, err
	}
	defer context.AfterFunc(ev.now, st.Hurry)()
	end, err := drive(ctx, s, st, nil, io.Discard)
	if ctx.Err() != nil {
		ev.tell.end()
	}
	return end, errors.Join(err, st.Close())
}

// read takes what is measured out of the end of a play.
func (r *evalRound) read(s demo.State) {
	if s.Plan != nil {
		r.Target, r.Targets, r.Truth, r.FaultAt = s.Plan.Target, s.Plan.Targets(), s.Plan.FaultType, s.FaultAt
	}
	if t, ok := s.AskedTicket(); ok {
		r.Ticket = &evalTicket{t.ID, t.Invariant, t.Target}
		r.TTD = demo.Millis(t.OpenedAt.Sub(s.FaultAt))
	}
	if s.Opened != nil {
		r.Matches, r.Card = s.Opened.Matches, s.Opened.Card
	}
	sc := demo.ScoreOf(s)
	r.TTR, r.FalseTickets = demo.Millis(sc.TTR), sc.FalseTickets
	r.Verified, r.Acked, r.Lost, r.Unknown = sc.Verified, sc.Acked, sc.Lost, sc.Unknown
}

// line prints one JSON object, if that is what is wanted.
func (ev *evaluation) line(kind string, v any) error {
	if !ev.o.json {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(ev.out, "{\"kind\":%q,%s\n", kind, b[1:])
	return err
}
