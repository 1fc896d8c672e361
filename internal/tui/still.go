package tui

import (
	"context"
	"io"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// Still draws a state as the screen shows it at a moment, for pictures: the same
// on every machine, whatever its terminal can do.
func Still(s demo.State, now time.Time, look styles.Styles, width, height int) string {
	return newReel(s, nil, look, width, height).Frame(s, now)
}

// Reel draws the states of a record one after the other, as a replay shows them.
type Reel struct{ m Model }

// NewReel makes a reel for the states that follow s. The label stands in every
// frame.
func NewReel(s demo.State, label string, look styles.Styles, width, height int) *Reel {
	return newReel(s, &Replay{Label: label, Press: func() {}}, look, width, height)
}

func newReel(s demo.State, replay *Replay, look styles.Styles, width, height int) *Reel {
	m := New(context.Background(), Config{
		State: demo.New(s.Chapters, s.Options), Theme: look.Name(), Now: func() time.Time { return s.Now }, Out: io.Discard, Replay: replay,
	}).dress(look)
	m.chart.pen = quadrant
	m.width, m.height = width, height
	return &Reel{m}
}

// NotWhole has every frame from now on say that the record is not whole.
func (r *Reel) NotWhole() { r.m.notWhole = true }

// Frame draws a state as it was shown at a moment.
func (r *Reel) Frame(s demo.State, now time.Time) string {
	r.m.state, r.m.now = s, now
	return r.m.View()
}
