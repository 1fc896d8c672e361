// Package tui is the screen: a Bubble Tea model that draws a demo.State and
// turns keys into what the presenter asks for. Update decides, commands wait,
// View only draws: it reads no clock and does no I/O.
package tui

import (
	"context"
	"io"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// Stage is what the screen needs of the effect executor: execute an effect, and give
// the events of everything that happens, the answers among them.
type Stage interface {
	Do(ctx context.Context, e demo.Effect)
	Watch() <-chan demo.Event
}

// Replay says that what is shown has happened before.
type Replay struct {
	Label string // for every frame: "REPLAY 2026-03-04 10:15"
	// Broken says that the record was found not to be whole; nil for one that is. Every
	// frame from then on says so.
	Broken func() bool
	Press  func() // goes on where the record waits; it never blocks
	Run    string // id of the recorded run, and the head of its record, of a record that
	Head   string // stands in: the record of the live talk names it
}

// Config is what a screen is made of.
type Config struct {
	Stage  Stage
	State  demo.State
	Theme  string    // auto, dark, light, contrast or mono
	Slot   demo.Slot // how long the talk may take
	Record string    // where the record lies

	Film     Film     // records the screen, nil for nobody
	Attached Attached // whoever sees the talk from elsewhere, nil for nobody

	StandIn StandIns // the record from which the talk can go on, nil for none

	Log           bool // the event log is shown from the beginning; L shows and hides it
	ReducedMotion bool // what counts moves once a second, in whole seconds

	Now func() time.Time // time.Now when nil; commands alone call it
	// Clock times presses. Nil: Now, and where a record is played again time.Now: the
	// time of a record stands still while it waits, and goes at any speed.
	Clock func() time.Time
	Out   io.Writer // the terminal; os.Stdout when nil
	// Replay is set when the stage answers from a record; nil is a live talk.
	Replay *Replay
	// Pressed is called at every Ctrl-C before anybody acts on it, Heard when the
	// screen does: presses that are not heard say that it hangs. Nil: nobody counts.
	Pressed, Heard func()
	// HungUp is called when the terminal is gone. Nil: nobody is told.
	HungUp func()
}
