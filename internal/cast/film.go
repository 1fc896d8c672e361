package cast

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/replay"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/tui/display"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

const (
	tick    = 200 * time.Millisecond // stopwatches run between two events too
	closely = 40 * time.Millisecond  // events that are nearer have one frame
)

// Config says how a record is filmed.
type Config struct {
	Width, Height int
	Look          styles.Styles
	Label         func(began time.Time) string // stands in every frame
	NotWhole      bool                         // the record is known not to be whole
	Title         func(began time.Time) string
}

// Film plays a record through the screen and writes what it would have shown, in
// the record's time. Damaged lines are left out, and the reader counts them. From
// the first place where the record is not whole every frame says so.
func Film(w io.Writer, reader *journal.Reader, cfg Config) error {
	var f *film
	for e, err := range reader.Inputs() {
		if err != nil {
			return err
		}
		if begun, ok := e.Body.(demo.PlayBegun); ok && f == nil {
			f = newFilm(w, demo.Resume(begun, e.At), e.At, cfg)
			continue
		}
		if f == nil {
			return fmt.Errorf("the record does not say how the talk began: its first lines are missing")
		}
		if !reader.Check().Whole() {
			f.reel.NotWhole()
		}
		f.take(e)
		if err := f.out.Err(); err != nil {
			return err
		}
	}
	if !reader.Check().Whole() {
		f.reel.NotWhole()
		f.draw(f.at)
	}
	f.end()
	return f.out.Err()
}

// film is a recording in the making.
type film struct {
	out   *Writer
	reel  *tui.Reel
	state demo.State
	at    time.Time // of the latest frame
	seen  time.Time // of the latest event
	since time.Time // a time of the record, and which time of the film it is
	is    time.Time
	width int
	rows  []string // as they were drawn last
}

func newFilm(w io.Writer, s demo.State, began time.Time, cfg Config) *film {
	f := &film{
		out:   NewWriter(w, Header{cfg.Width, cfg.Height, began, cfg.Title(began)}),
		reel:  tui.NewReel(s, cfg.Label(began), cfg.Look, cfg.Width, cfg.Height),
		state: s, width: cfg.Width,
		since: began, is: began,
	}
	if cfg.NotWhole {
		f.reel.NotWhole()
	}
	f.out.Output(began, []byte(ansi.SetModeAltScreenSaveCursor+ansi.HideCursor+ansi.EraseEntireScreen))
	f.mark(began)
	f.draw(began)
	return f
}

// take draws what was seen until an event, and takes it in.
func (f *film) take(e demo.Event) {
	if gap := e.At.Sub(f.at); !replay.Plausible(gap) {
		f.is, f.since, f.at = f.time(f.at), e.At, e.At
	}
	for next := f.at.Add(tick); next.Before(e.At); next = next.Add(tick) {
		f.draw(next)
	}
	f.seen = e.At
	reached := f.state.Reached
	f.state, _ = demo.Take(f.state, e)
	if f.state.Reached != reached {
		f.mark(e.At)
	}
	if e.At.Sub(f.at) >= closely || f.state.Finished != nil {
		f.draw(e.At)
	}
}

// time gives the time of the film for one of the record. They run together, but for
// times in the record that cannot be.
func (f *film) time(at time.Time) time.Time { return f.is.Add(at.Sub(f.since)) }

// mark names the chapter that begins.
func (f *film) mark(at time.Time) {
	c := f.state.Chapters[max(0, f.state.Reached)]
	f.out.Mark(f.time(at), fmt.Sprintf("%d %s", c.N, c.Title))
}

// draw writes the lines that differ from those that are there.
func (f *film) draw(at time.Time) {
	f.at = at
	rows := strings.Split(f.reel.Frame(f.state, at), "\n")
	diff := display.Diff(f.rows, rows, f.width)
	f.rows = rows
	if diff != "" {
		f.out.Output(f.time(at), []byte(diff))
	}
}

func (f *film) end() {
	if f.seen.After(f.at) {
		f.draw(f.seen)
	}
	f.out.Output(f.time(f.at), []byte(ansi.ShowCursor+ansi.ResetModeAltScreenSaveCursor))
}
