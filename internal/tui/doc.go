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

// Stage is what the screen needs of the stagehands: perform an effect, and give
// the events of everything that happens, the answers among them.
type Stage interface {
	Do(ctx context.Context, e demo.Effect)
	Watch() <-chan demo.Event
}

// Config is what a screen is made of.
type Config struct {
	Stage  Stage
	State  demo.State
	Theme  string           // auto, dark, light, contrast or mono
	Talk   time.Duration    // time budget of the talk; 0: the sum of the chapters' budgets
	Record string           // where the record lies
	Now    func() time.Time // time.Now when nil; commands alone call it
	Out    io.Writer        // the terminal; os.Stdout when nil
	// Pressed is called at every Ctrl-C before anybody acts on it, Heard when the
	// screen does: presses that are not heard say that it hangs. Nil: nobody counts.
	Pressed, Heard func()
}
