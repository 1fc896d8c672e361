package tui

import (
	"fmt"
	"slices"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

var focusSizes = [][2]int{{60, 18}, {80, 24}, {100, 30}, {120, 36}, {200, 55}, {300, 100}}

// The nodes of the control plane and the news of a hop took the rows of the legend.
func TestAMapInFocusKeepsItsLegend(t *testing.T) {
	for name, play := range moments() {
		for _, size := range focusSizes {
			for _, members := range []int{1, 3} {
				p := on(t, 2, size[0], size[1], styles.Mono)
				play(p)
				for range members - 1 {
					p.state.Snapshot.Nodes = slices.Concat(p.state.Snapshot.Nodes[:1], p.state.Snapshot.Nodes)
				}
				press(p, letter("z"))
				require.Equal(t, focusMap, p.focus)
				what := fmt.Sprintf("%s at %v with %d members", name, size, members)
				view := ansi.Strip(p.View())
				requireExact(t, view, size[0], size[1], what)
				require.Regexp(t, `(█|●) leader .*(░░|○) follower`, view, what)
				if name == "killed" && size[0] > 60 {
					require.Contains(t, view, "leader lost", what)
				}
			}
		}
	}
}

// The last chapter's pane is what the run proved, as large as the screen allows.
func TestTheScorecardCanHaveTheWholeScreen(t *testing.T) {
	for _, size := range focusSizes {
		p := on(t, 8, size[0], size[1], styles.Mono)
		p.hear(demo.RecordSealed{Head: "3f9a17c2", Words: "amber-otter-north-seven"})
		press(p, letter("z"))
		require.Equal(t, focusScore, p.focus)
		view := ansi.Strip(p.View())
		requireExact(t, view, size[0], size[1], fmt.Sprint(size))
		said := []string{"hypothesis", "detected", "z all panes"}
		if size[0] >= 80 {
			said = append(said, "diagnosed", "recovered", "3f9a17c2")
		}
		for _, said := range said {
			require.Contains(t, view, said, "%v", size)
		}
		require.NotContains(t, view, "Look up", "%v: nothing else is there", size)
		press(p, letter("z"))
		require.Equal(t, noFocus, p.focus)
	}
}
