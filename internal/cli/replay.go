package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/plain"
	"github.com/tikv-demo/tikv-demo/internal/remote"
	"github.com/tikv-demo/tikv-demo/internal/replay"
	"github.com/tikv-demo/tikv-demo/internal/safe"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// replayOptions are the flags of replay.
type replayOptions struct {
	speed        float64
	auto         bool
	front, theme string
	example      string
}

func newReplay(std IO) *cobra.Command {
	o := &replayOptions{}
	c := &cobra.Command{
		Use:   "replay [FILE]",
		Short: "Play the record of a talk again, without any cluster",
		Long: "Replay plays the record of a talk again, through the same screen and in the\nrecord's time. Where the presenter went on, it waits for your key; a key that\ncomes early counts when the record gets there. " +
			"Nothing is started, and nothing\ncan be broken.\n\nExit status: 0 played, or left with q; 1 failed; 2 usage error.",
		Example: "  tikv-demo replay --example kill\n  tikv-demo replay run.jsonl\n  tikv-demo replay --speed 4 --front plain run.jsonl",
		Args:    recordOrExample(&o.example),
		RunE:    func(c *cobra.Command, args []string) error { return runReplay(c.Context(), std, o, args) },
	}
	f := c.Flags()
	bindExample(f, &o.example)
	f.Float64Var(&o.speed, "speed", 1, "how fast: 2 is twice as fast as it was")
	f.BoolVar(&o.auto, "auto", false, "no keys needed")
	f.Var(oneOf(&o.front, "", fronts), "front", "how it is shown; without it tui on a terminal, else plain")
	f.Var(oneOf(&o.theme, "auto", themes), "theme", "colours of the screen")
	return c
}

func runReplay(ctx context.Context, std IO, o *replayOptions, args []string) error {
	if o.speed <= 0 {
		return usage("--speed %g is not above 0", o.speed)
	}
	face, err := frontFor(std, o.front, false)
	if err != nil {
		return err
	}
	showing, left := context.WithCancel(ctx)
	defer left()
	f, err := openRecord(showing, args, o.example) // who leaves does not wait for the end of a pipe
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if face != "tui" {
		return retell(ctx, std, o, f, face)
	}
	return replayOnScreen(showing, left, std, o, f)
}

// replayOnScreen plays a record through the screen. left ends ctx, with which the record
// was opened.
func replayOnScreen(ctx context.Context, left func(), std IO, o *replayOptions, f recordFile) error {
	p, err := replay.Open(replay.Config{Record: f, Speed: o.speed, Auto: o.auto})
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	defer p.Close()
	g, ctx := safe.WithContext(ctx)
	g.Go(func() error {
		if err := p.Run(ctx); !errors.Is(err, errInterrupted) {
			return err
		}
		return nil // somebody has left, which the screen tells
	})
	ahead := &lookahead{}
	g.Go(func() error { ahead.check(ctx, f); return nil })
	_, err = showTalk(ctx, std, remote.NewHub(words.In(p.State().Options.Lang)), tui.Config{
		Stage: p, State: p.State(), Theme: o.theme, Record: f.name, Now: p.Now,
		Replay: &tui.Replay{Label: labelOf(p.Began()), Press: p.Press, Broken: func() bool { return ahead.broken.Load() || p.Broken() }},
	})
	left()
	err = errors.Join(err, g.Wait())
	sayDamaged(std, f.name, p.Damaged(), p.Check())
	return err
}

// lookahead checks a record while it is shown, from a file of its own: what is wrong
// further on is said at once, and not only when the replay gets there.
type lookahead struct{ broken atomic.Bool }

func (l *lookahead) check(ctx context.Context, f recordFile) {
	if whole, known := f.whole(ctx); known && !whole {
		l.broken.Store(true)
	}
}

func labelOf(began time.Time) string { return "REPLAY " + began.Local().Format("2006-01-02 15:04") }

// retell tells a record to another front end, in the record's time. JSON is the
// record's own lines.
func retell(ctx context.Context, std IO, o *replayOptions, f recordFile, face string) error {
	printer := plain.NewPrinter(std.Out)
	var last time.Time
	said := false
	record := journal.NewReader(f)
	for line, err := range record.Lines() {
		if err != nil {
			return err
		}
		if last.IsZero() {
			fmt.Fprintf(std.Err, "tikv-demo: %s of %s\n", labelOf(line.At), f.name)
		}
		if !record.Check().Whole() && !said {
			said = true
			sayNotWhole(std, f.name, record.Check())
		}
		gap := line.At.Sub(last)
		if gap > 0 && replay.Plausible(gap) && !pause(ctx, time.Duration(float64(gap)/o.speed)) {
			return errInterrupted
		}
		if gap > 0 || !replay.Plausible(gap) {
			last = line.At
		}
		if face == "json" {
			_, err = fmt.Fprintf(std.Out, "%s\n", line.Text)
		} else if line.Body != nil {
			err = printer.Write(line.At, line.Body)
		}
		if err != nil {
			return err
		}
	}
	end := record.Check()
	if said {
		end = journal.Report{}
	}
	sayDamaged(std, f.name, record.Damaged, end)
	return nil
}

// sayNotWhole says the first thing that is wrong with a record.
func sayNotWhole(std IO, name string, check journal.Report) {
	if check.Schema == 1 {
		fmt.Fprintf(std.Err, "tikv-demo: %s is of version 1 of the schema, which has no chain: nothing says whether it was changed\n", name)
		return
	}
	fmt.Fprintf(std.Err, "tikv-demo: %s is NOT WHOLE: %s; `tikv-demo verify` says more\n", name, check.Faults[0])
}

// sayDamaged says at the end what was wrong with a record.
func sayDamaged(std IO, name string, n int, check journal.Report) {
	if !check.Whole() {
		sayNotWhole(std, name, check)
	}
	if n > 0 {
		lines := "1 line"
		if n > 1 {
			lines = fmt.Sprintf("%d lines", n)
		}
		fmt.Fprintf(std.Err, "tikv-demo: left out of %s because it cannot be read or is there twice: %s; `tikv-demo verify` says which\n", name, lines)
	}
}

// pause says whether the time has passed before ctx was done.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
