package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// largeOn says whether a text is on the screen in large letters of any size.
func largeOn(view, text string) bool { return drawn(strings.ReplaceAll(view, text, ""), text) }

// The poster of a chapter has its room before everything else, in both densities
// and at the sizes that speakers have.
func TestThePosterComesFirst(t *testing.T) {
	recovered := func(p *played) {
		p.state.Recovered = &demo.Recovered{TTR: demo.Millis(12 * time.Second), FromAction: demo.Millis(3 * time.Second), OpsRatio: 1}
		p.state.Proof = &demo.DataProved{Stores: []demo.StoreProof{{Store: "lamp-2", Records: 310, Inserts: 22}}}
	}
	twoLines := func(p *played) { p.state.Options.Title = "Lights out in the north" }
	unasked := func(p *played) {
		asking := *p.state.Asking
		asking.Why = "ORACLE: there is no key in its variable, and " + strings.Repeat("nothing was recorded ", 200) // more than any of the screens holds
		p.state.Asking = &asking
	}
	for _, c := range []struct {
		chapter int
		what    string
		play    func(*played)
		sizes   [][2]int
		holds   func(view string) bool
	}{
		{1, "the name of the talk is large", nil, [][2]int{{80, 24}, {120, 36}, {200, 55}}, func(v string) bool { return largeOn(v, "LIGHTS OUT") }},
		{1, "the heading of a talk without a name is large", func(p *played) { p.state.Options.Title = "" }, [][2]int{{80, 24}, {120, 36}, {200, 55}}, func(v string) bool {
			return largeOn(v, "LOOK UP") && !strings.Contains(v, "Look up") && strings.Contains(v, "One of them will go out.")
		}},
		{8, "the record's seal is there", nil, [][2]int{{80, 24}, {120, 36}, {200, 55}, {300, 100}}, func(v string) bool {
			return largeOn(v, "0 LOST") && strings.Contains(v, "record") && strings.Contains(v, "hypothesis")
		}},
		{1, "a name in two lines is large", twoLines, [][2]int{{80, 24}, {120, 36}, {200, 55}}, func(v string) bool { return largeOn(v, "LIGHTS OUT") && largeOn(v, "NORTH") }},
		{3, "the figure is large", nil, [][2]int{{60, 18}, {80, 24}, {120, 36}, {200, 55}, {300, 100}}, func(v string) bool { return largeOn(v, "1000") }},
		{3, "the chart is there", nil, [][2]int{{60, 18}, {80, 24}, {120, 36}, {200, 55}, {300, 100}}, func(v string) bool { return strings.Contains(v, "┤") }},
		{5, "every signal is there", nil, [][2]int{{60, 18}, {80, 24}, {100, 20}, {120, 36}}, func(v string) bool { // and whole
			return strings.Contains(v, "no longer says Up") && strings.Count(v, "more line") == strings.Count(v, "of text")
		}},
		{6, "claims come before why nobody better answers", unasked, [][2]int{{80, 24}, {120, 36}}, func(v string) bool {
			return strings.Contains(v, "✓ The lamp is out") && strings.Contains(v, "✗ It went out 40") && strings.Contains(v, "proposed")
		}},
		{7, "the time to recover is large", recovered, [][2]int{{60, 18}, {80, 24}, {120, 36}, {200, 55}}, func(v string) bool {
			return largeOn(v, "12.0") && strings.Contains(v, "throughput")
		}},
	} {
		p := on(t, c.chapter, 80, 24, styles.Mono)
		if c.play != nil {
			c.play(p)
		}
		for _, size := range c.sizes {
			for _, p.large = range []bool{false, true} {
				p.width, p.height = size[0], size[1]
				view := ansi.Strip(p.View())
				require.True(t, c.holds(view), "chapter %d at %v, large %v: %s\n%s", c.chapter, size, p.large, c.what, view)
			}
		}
	}
}

// The map of a small cluster is drawn in blocks where the map is the poster in large
// type, and beside the other posters from a common projector on.
func TestTheMapIsInBlocks(t *testing.T) {
	blocks := func(p *played, w, h int) bool {
		p.width, p.height = w, h
		return strings.Contains(ansi.Strip(p.View()), "  region ")
	}
	p := on(t, 2, 80, 24, styles.Mono)
	p.large = true
	for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}} {
		require.True(t, blocks(p, size[0], size[1]), "%v", size)
	}
	for chapter := 4; chapter <= 7; chapter++ {
		require.True(t, blocks(on(t, chapter, 80, 24, styles.Mono), 120, 36), "chapter %d", chapter)
	}
}

// A repair that waits for somebody says so, however little room there is.
func TestAFigureDoesNotHideThatTheRepairWaits(t *testing.T) {
	p := on(t, 6, 60, 18, styles.Mono)
	press(p, letter(" "))
	p.at = p.at.Add(time.Minute)
	p.now = p.at
	m, _ := p.Update(letter("n"))
	p.Model = m.(Model)
	if p.state.Question == demo.AskReason {
		press(p, letter("1"))
	}
	require.Contains(t, ansi.Strip(p.View()), "it waits for you")
}

// From the last row "0.2" beside "6.0" must not be read as "0.26.0", and no figure
// changes its size when a stopwatch reaches ten seconds.
func TestFiguresSideBySideAreToldApartAndKeepTheirSize(t *testing.T) {
	p := on(t, 5, 120, 36, styles.Mono)
	both := func(ours, theirs string) []watch {
		return []watch{{who: "A", figure: ours, look: p.styles.Big}, {who: "B", figure: theirs, look: p.styles.Big}}
	}
	for w := 44; w <= 200; w++ {
		for _, h := range []int{5, 10, 17, 25} {
			r := rect{w, h}
			n := p.watchScale(both("0.2", "6.0"), r)
			require.Equal(t, n, p.watchScale(both("0.2", "20.0"), r), "%v", r)
			if n == 0 {
				continue
			}
			// The widest figures: between narrower ones is the room that is kept for these.
			inked := make([]bool, w)
			for _, row := range p.figureRow(both("20.0", "20.0"), r)[1 : 1+n*bigRows] {
				require.LessOrEqual(t, ansi.StringWidth(row), w)
				for x, cell := range []rune(row) {
					inked[x] = inked[x] || cell == '█'
				}
			}
			require.GreaterOrEqual(t, widestGap(inked), 4*n, "%v: %v", r, inked)
		}
	}
}

// widestGap is the widest run of cells without ink that has ink on both sides.
func widestGap(inked []bool) int {
	widest, last := 0, -1
	for x, ink := range inked {
		if !ink {
			continue
		}
		if last >= 0 {
			widest = max(widest, x-last-1)
		}
		last = x
	}
	return widest
}

// The strip of errors stands close below the scale of the latencies: without errors
// it has no figure that could be read as one of them.
func TestTheStripOfErrorsHasAScaleOnlyWithErrors(t *testing.T) {
	p := on(t, 3, 200, 55, styles.Mono)
	label := func() bool {
		for l := range strings.Lines(ansi.Strip(p.chartView(rect{100, 40}))) {
			if strings.HasPrefix(strings.TrimSpace(l), "10┤") {
				return true
			}
		}
		return false
	}
	require.False(t, label())
	p.hear(demo.LoadSeen{LoadSample: demo.LoadSample{Ops: 900, Errors: 4, P50: demo.Micros(time.Millisecond), P99: demo.Micros(4 * time.Millisecond)}})
	require.True(t, label())
}

// What is waited for stands apart from what is shown, where there is room.
func TestARowIsFreeAboveWhatIsWaitedFor(t *testing.T) {
	for chapter := 2; chapter <= 8; chapter++ {
		p := on(t, chapter, 80, 24, styles.Mono)
		for _, size := range [][2]int{{100, 30}, {120, 36}, {200, 55}, {300, 100}} {
			m, _ := p.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			rows := strings.Split(ansi.Strip(m.(Model).View()), "\n")
			require.Empty(t, strings.TrimSpace(rows[size[1]-3]), fmt.Sprintf("chapter %d at %v", chapter, size))
		}
	}
}
