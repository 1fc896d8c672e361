package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// From one frame to the next the ages move, and nothing else is drawn again.
func TestTheMapIsSketchedOnlyWhenItChanges(t *testing.T) {
	p := on(t, 5, 120, 36, styles.Dark) // the leaders of lamp-2 have just moved
	kept := func() bool {
		seen := strings.Contains(p.View(), "as it was")
		p.kept.sketch.lines[0].text = "as it was"
		return seen
	}
	require.False(t, kept())
	require.True(t, kept())
	p.now = p.state.Snapshot.LastUpdated.Add(3300 * time.Millisecond)
	require.True(t, kept())
	require.Contains(t, ansi.Strip(p.View()), "♥ 3.3 s")
	require.Contains(t, ansi.Strip(p.View()), "3 leaders moved from lamp-2, 2.3 s ago")
	for what, change := range map[string]func(){
		"another look at the nodes": func() { p.hear(demo.HealthSeen{Snapshot: p.lamps(true)}) },
		"a look that failed": func() {
			failed := p.state.Snapshot
			failed.Error = "timed out"
			p.hear(demo.HealthSeen{Snapshot: failed})
		},
		"another look at the regions":     func() { p.look(nil, 1, 1, 3, 1, 3, 3, 1, 3, 1) },
		"a signal of a node":              func() { p.hear(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-3"}) },
		"the end of that signal":          func() { p.hear(demo.SignalSeen{Name: demo.SignalStatusProbe, Target: "lamp-3", Cleared: true}) },
		"a leader that moved long ago":    func() { p.pass(hopShown) },
		"the past, where it had not yet":  func() { p.now = p.now.Add(-hopShown) },
		"a theme":                         func() { p.in(styles.Light, termenv.TrueColor) },
		"another depth of the same theme": func() { p.in(styles.Light, termenv.ANSI) },
		"a size":                          func() { p.height += 4 },
		"a pane that has the whole screen": func() {
			p.focus = focusMap
		},
	} {
		p.focus = noFocus
		p.look(nil, 1, 2, 3, 1, 2, 3, 1, 2, 3)
		p.look(nil, 1, 1, 3, 1, 3, 3, 1, 1, 3)
		kept()
		require.True(t, kept())
		if what == "the past, where it had not yet" {
			p.pass(hopShown)
			kept()
		}
		change()
		require.False(t, kept(), what)
	}
}

// What is kept from frame to frame is what would be drawn now.
func TestTheKeptMapIsTheMap(t *testing.T) {
	for name, play := range moments() {
		p := on(t, 2, 120, 36, styles.Dark)
		play(p)
		for range 130 {
			p.pass(100 * time.Millisecond)
			require.Equal(t, p.regionMap().View(60, 16), p.mapView(rect{60, 16}), name)
		}
	}
}
