// Package replay plays a record through the same screen as a live run. It takes
// the runner's place and has no way to reach a cluster.
package replay

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// Config says what is replayed and how.
type Config struct {
	Record io.Reader
	Speed  float64 // 1 when zero
	Auto   bool    // go on without presses
	From   int     // number of the chapter with which it begins; 0: from the beginning
}

// Player gives the events of a record in the record's time. Where the presenter
// of the recorded run did something that moved the talk on, the player stops its
// clock and waits for a press; a press that comes earlier counts as soon as the
// record gets there.
type Player struct {
	cfg    Config
	reader *journal.Reader
	next   func() (demo.Event, error, bool)
	stop   func()
	first  demo.State // with which the record begins
	state  demo.State // as the screen has it after the events so far; Run's alone
	began  time.Time
	out    chan demo.Event
	press  chan struct{} // 1 slot: a press waits
	clock  clock
	broken atomic.Bool
}

// Open reads the beginning of a record. The caller must Close the player.
func Open(cfg Config) (*Player, error) {
	if cfg.Speed == 0 {
		cfg.Speed = 1
	}
	if cfg.Speed < 0 {
		return nil, fmt.Errorf("the speed must be above 0, not %g", cfg.Speed)
	}
	p := &Player{cfg: cfg, reader: journal.NewReader(cfg.Record), out: make(chan demo.Event), press: make(chan struct{}, 1)}
	p.next, p.stop = iter.Pull2(p.reader.Inputs())
	e, ok, err := p.read()
	switch begun, first := e.Body.(demo.PlayBegun); {
	case err != nil:
		p.stop()
		return nil, err
	case !ok || !first:
		p.stop()
		return nil, fmt.Errorf("the record does not say how the talk began: its first lines are missing")
	default:
		p.first, p.began = demo.Resume(begun, e.At), e.At
		p.state = p.first
	}
	p.clock.at, p.clock.speed = e.At, cfg.Speed
	if err := p.skip(); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// skip goes to the chapter with which the replay begins.
func (p *Player) skip() error {
	for p.state.Chapters[p.state.Reached].N < p.cfg.From {
		e, ok, err := p.read()
		switch {
		case err != nil:
			return err
		case !ok:
			return fmt.Errorf("the record does not reach chapter %d", p.cfg.From)
		}
		p.state, _ = demo.Take(p.state, e)
		p.clock.at = e.At
	}
	p.first = p.state
	return nil
}

// Close ends the reading.
func (p *Player) Close() { p.stop() }

// State gives the state with which the record begins.
func (p *Player) State() demo.State { return p.first }

// Began gives the time at which the recorded run began.
func (p *Player) Began() time.Time { return p.began }

// Damaged gives how many lines could not be read so far. Not while Run runs.
func (p *Player) Damaged() int { return p.reader.Damaged }

// Check gives what the record's chain says of the lines so far. Not while Run runs.
func (p *Player) Check() journal.Report { return p.reader.Check() }

// Broken says, at any time, whether the part that was played is not as it was written.
func (p *Player) Broken() bool { return p.broken.Load() }

// read gives the next event if there is one, and looks at the chain up to it.
func (p *Player) read() (e demo.Event, ok bool, err error) {
	e, err, ok = p.next()
	p.broken.Store(!p.reader.Check().Whole())
	return e, ok, err
}

// Now gives the time in the record. It stands still while a press is waited for.
func (p *Player) Now() time.Time { return p.clock.now() }

// Do executes nothing: whatever the screen asks for has happened long ago.
func (p *Player) Do(context.Context, demo.Effect) {}

// Watch returns the events of the record. They end with the record.
func (p *Player) Watch() <-chan demo.Event { return p.out }

// Press goes on where the player waits, or will wait next. It never blocks.
func (p *Player) Press() {
	select {
	case p.press <- struct{}{}:
	default:
	}
}

// Run plays until the record ends or ctx is done.
func (p *Player) Run(ctx context.Context) error {
	defer close(p.out)
	for {
		e, ok, err := p.read()
		if !ok || err != nil {
			return err
		}
		if d := e.At.Sub(p.clock.now()); !Plausible(d) {
			p.clock.start(e.At)
		}
		if !sleep(ctx, p.clock.until(e.At)) {
			return nil
		}
		after, _ := demo.Take(p.state, e)
		if !p.cfg.Auto && waits(p.state, after, e) && !p.hold(ctx, e.At, after.Finished != nil) {
			return nil
		}
		if after.Reached != p.state.Reached { // a press that was not needed is not for the next chapter
			select {
			case <-p.press:
			default:
			}
		}
		p.state = after
		select {
		case p.out <- e:
		case <-ctx.Done():
			return nil
		}
	}
}

// hold stops the clock until a press comes. No press lets the talk end: whoever is
// at the screen decides when to leave its last picture.
func (p *Player) hold(ctx context.Context, at time.Time, ends bool) bool {
	p.clock.stop(at)
	press := p.press
	if ends {
		press = nil
	}
	select {
	case <-press:
	case <-ctx.Done():
		return false
	}
	p.clock.start(at)
	return true
}

// waits says whether an event is something that the presenter did, or that a run
// without a presenter did in the presenter's place.
func waits(before, after demo.State, e demo.Event) bool {
	_, asked := e.Body.(demo.Asked)
	switch {
	case after.Finished != nil:
		return true
	case !asked && !before.Options.Auto:
		return false
	}
	counting := after.Phase == demo.PhaseCounting && before.Phase != demo.PhaseCounting
	if !asked {
		return counting || after.Reached != before.Reached && !before.Chapters[before.Reached].AutoAdvance
	}
	return counting || after.Reached != before.Reached || after.Question != before.Question || after.Armed && !before.Armed ||
		after.Decision != before.Decision || after.Play != before.Play
}

// Plausible says whether so much time may lie between an event and the one before
// it. Something is seen every few seconds, so what is far outside of that is a
// damaged time or a talk that nobody had begun: neither is waited for.
func Plausible(gap time.Duration) bool { return gap > -time.Minute && gap < 10*time.Minute }

// sleep says whether the time has passed before ctx was done.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// clock runs in the record's time. It is safe for several goroutines.
type clock struct {
	mu    sync.Mutex
	at    time.Time // of the record, when it was started or stopped
	since time.Time // when that was; zero while it stands
	speed float64
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return c.at
	}
	return c.at.Add(time.Duration(float64(time.Since(c.since)) * c.speed))
}

// until gives how long it is, by the ordinary clock, until a time of the record.
func (c *clock) until(at time.Time) time.Duration {
	c.mu.Lock()
	if c.since.IsZero() {
		c.since = time.Now()
	}
	c.mu.Unlock()
	return time.Duration(float64(at.Sub(c.now())) / c.speed)
}

func (c *clock) stop(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.since = at, time.Time{}
}

func (c *clock) start(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.since = at, time.Now()
}
