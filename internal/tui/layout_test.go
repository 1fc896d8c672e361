package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// wishes goes through every way to cut a screen of some size up.
func wishes(w, h int, f func(wish)) {
	for poster := wordsPoster; poster <= verdictPoster; poster++ {
		for focus := noFocus; focus <= focusLog; focus++ {
			for _, large := range []bool{false, true} {
				for _, log := range []bool{false, true} {
					f(wish{W: w, H: h, poster: poster, large: large, focus: focus, log: log})
				}
			}
		}
	}
}

func TestPanesNeitherOverlapNorLeaveTheScreen(t *testing.T) {
	for w := minWidth; w <= 300; w += 40 {
		for h := minHeight; h <= 100; h += 13 {
			wishes(w, h, func(x wish) {
				l := arrange(x)
				taken := make([]bool, w*h)
				for p, b := range l.at {
					if b.W == 0 || b.H == 0 {
						continue
					}
					if b.X < 0 || b.Y < 0 || b.W < 0 || b.H < 0 || b.X+b.W > w || b.Y+b.H > h {
						require.Failf(t, "a pane leaves the screen", "%+v: pane %d is %+v", x, p, b)
					}
					for y := b.Y; y < b.Y+b.H; y++ {
						for i := b.X; i < b.X+b.W; i++ {
							if taken[y*w+i] {
								require.Failf(t, "panes overlap", "%+v: pane %d is %+v", x, p, b)
							}
							taken[y*w+i] = true
						}
					}
				}
				require.Equal(t, h-footerRows, l.at[footerPane].Y)
				require.Equal(t, footerRows, l.at[footerPane].H)
			})
		}
	}
}

// What the audience must see is the largest thing on the screen.
func TestThePosterHasTheLargestPane(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {100, 30}, {120, 36}, {200, 55}, {300, 100}} {
		wishes(size[0], size[1], func(x wish) {
			if x.focus != noFocus {
				return
			}
			l := arrange(x)
			want := stagePane
			if !x.large && x.poster == mapPoster {
				want = mapPane
			}
			if !x.large && x.poster == loadPoster {
				want = chartPane
			}
			for p := stagePane; p <= logPane; p++ {
				if b := l.at[p]; p != want {
					require.Greater(t, l.at[want].W*l.at[want].H, b.W*b.H, "%+v: pane %d", x, p)
				}
			}
		})
	}
}

// requireExact holds that a view fills the screen exactly.
func requireExact(t testing.TB, view string, w, h int, what string) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) != h {
		require.Len(t, lines, h, what)
	}
	for _, l := range lines {
		if ansi.StringWidth(l) != w {
			require.Equal(t, w, ansi.StringWidth(l), "%s: %q", what, l)
		}
	}
}

// drawn says whether a view shows a text, in letters or in figures of any size.
func drawn(view, text string) bool {
	if strings.Contains(view, text) {
		return true
	}
	for n := 1; n <= largestScale; n++ {
		if strings.Contains(view, strings.TrimRight(scaled(text, n)[0], " ")) {
			return true
		}
	}
	return false
}

// What each chapter is about is seen at every size, in both densities.
var posterThings = [...]string{"Lights", "lamp-1", "1000", "lamp-2", "4.0", "lamp-2: process crashed", "2/5", "0 LOST"}

func TestWhatMattersIsSeenWhileTheScreenIsResized(t *testing.T) {
	sizes := [][2]int{{60, 18}, {61, 19}, {75, 24}, {76, 18}, {80, 24}, {99, 18}, {100, 24}, {100, 30}, {120, 36}, {160, 20}, {200, 55}, {300, 100}, {60, 100}, {300, 18}}
	for chapter := 1; chapter <= 8; chapter++ {
		p := on(t, chapter, 80, 24, styles.Mono)
		r := rand.New(rand.NewPCG(uint64(chapter), 7))
		for range 60 {
			size := sizes[r.IntN(len(sizes))]
			if r.IntN(2) == 0 {
				size = [2]int{60 + r.IntN(241), 18 + r.IntN(83)}
			}
			m, _ := p.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			p.Model = m.(Model)
			p.large, p.logOn = r.IntN(2) == 0, r.IntN(3) == 0
			what := fmt.Sprintf("chapter %d at %v, large %v, log %v", chapter, size, p.large, p.logOn)
			view := p.View()
			requireExact(t, view, size[0], size[1], what)
			view = ansi.Strip(view)
			require.True(t, drawn(view, posterThings[chapter-1]), "%s: %s\n%s", what, posterThings[chapter-1], view)
			foot := strings.Split(view, "\n")[size[1]-1]
			require.Contains(t, foot, "q leave", what)
			require.Contains(t, foot, p.footerKeys()[0].Help().Key+" "+p.footerKeys()[0].Help().Desc, what)
		}
	}
}

func TestLargeTypeSaysLittleAtOnce(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 55}} {
		for chapter := 1; chapter <= 8; chapter++ {
			p := on(t, chapter, size[0], size[1], styles.Mono)
			p.tell(strings.Repeat("wwww ", 200))
			press(p, letter("L"), letter("+"))
			rows := 0
			for l := range strings.Lines(ansi.Strip(p.View())) {
				if l = strings.TrimSpace(l); strings.HasPrefix(l, "wwww") {
					rows++
					require.LessOrEqual(t, ansi.StringWidth(l), largeWidth)
				}
			}
			require.LessOrEqual(t, rows, largeLines, "chapter %d at %v", chapter, size)
			require.NotContains(t, p.View(), "Events", "there is no log")
			press(p, letter("-"))
			require.Contains(t, p.View(), "Events", "it was only hidden")
		}
	}
}

func TestOnePaneHasTheWholeBodyAndTheArrowsChooseAnother(t *testing.T) {
	p := on(t, 7, 120, 36, styles.Mono)
	press(p, letter("z"))
	seen := map[focus]bool{}
	for range len(p.focusable()) {
		seen[p.focus] = true
		requireExact(t, p.View(), 120, 36, p.focus.String())
		require.Contains(t, p.View(), "← → "+p.focus.String()+" • z all panes")
		require.NotContains(t, ansi.Strip(p.View()), "Look up", "nothing else is there")
		require.NotContains(t, p.View(), "← back")
		press(p, tea.KeyMsg{Type: tea.KeyRight})
	}
	require.Len(t, seen, 5, "map, chart, stopwatch, answer and log")
	require.Equal(t, 7, p.state.Chapter().N)
	m, _ := p.Update(tea.WindowSizeMsg{Width: 200, Height: 55})
	p.Model = m.(Model)
	require.NotEqual(t, noFocus, p.focus, "another projector changes nothing")
	press(p, tea.KeyMsg{Type: tea.KeyEsc})
	require.Equal(t, noFocus, p.focus)
	require.Contains(t, ansi.Strip(p.View()), "Look up")
}

func TestTheTalkGoesOnFromAPaneInFocus(t *testing.T) {
	p := on(t, 5, 80, 24, styles.Mono)
	press(p, letter("z"))
	require.Contains(t, p.View(), "Space next")
	press(p, letter(" "))
	require.Equal(t, 6, p.state.Chapter().N)

	p = on(t, 6, 80, 24, styles.Mono)
	press(p, letter("z"), letter(" "))
	require.Equal(t, demo.AskApprove, p.state.Question)
	require.Contains(t, p.View(), "Approve?", "what is asked is seen")
	p.now = p.at.Add(time.Minute)
	press(p, tea.KeyMsg{Type: tea.KeyLeft})
	require.Equal(t, demo.NoQuestion, p.state.Question)
	require.NotEqual(t, noFocus, p.focus)
}

func TestAPageThatIsOpenKeepsItsPlaceWhenTheScreenIsResized(t *testing.T) {
	p := on(t, 6, 80, 24, styles.Mono)
	var words []string
	for i := range 3000 {
		words = append(words, fmt.Sprintf("w%04d", i))
	}
	p.tell(strings.Join(words, " "))
	press(p, tea.KeyMsg{Type: tea.KeyDown})
	for range 3 {
		press(p, tea.KeyMsg{Type: tea.KeyPgDown})
	}
	top := strings.Fields(ansi.Strip(p.shownLines()[0]))[0]
	for _, size := range [][2]int{{120, 36}, {60, 18}, {200, 20}, {80, 24}} {
		m, _ := p.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		p.Model = m.(Model)
		require.Contains(t, ansi.Strip(p.shownLines()[0]), top, "%v", size)
		top = strings.Fields(ansi.Strip(p.shownLines()[0]))[0]
	}
}

func TestOnlyAStopwatchMovesFasterThanASecond(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		p := on(t, chapter, 80, 24, styles.Mono)
		require.Equal(t, chapter == 5, p.counting(), "chapter %d", chapter)
	}
	p := on(t, 5, 80, 24, styles.Mono)
	p.now = p.state.FaultAt.Add(7300 * time.Millisecond)
	require.True(t, drawn(ansi.Strip(p.View()), "7.3"))
	p.cfg.ReducedMotion = true
	require.False(t, drawn(ansi.Strip(p.View()), "7.3"))
	require.True(t, drawn(ansi.Strip(p.View()), "7"))
}

// Whatever is pressed, and however the screen is resized, the frame is whole and
// a covered screen goes nowhere.
func TestRandomKeysNeverBreakTheScreen(t *testing.T) {
	keys := []tea.KeyMsg{{Type: tea.KeyEnter}, {Type: tea.KeyRight}, {Type: tea.KeyLeft}, {Type: tea.KeyUp}, {Type: tea.KeyDown}, {Type: tea.KeyPgUp}, {Type: tea.KeyPgDown}, {Type: tea.KeyEsc}, {Type: tea.KeyF5}}
	for _, r := range " +-=zxbTLN?osej12345678hlpaynFtr.." {
		keys = append(keys, letter(string(r)))
	}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 11))
		p := on(t, 1+r.IntN(8), 80, 24, styles.Mono)
		var pressed []string
		for range 60 {
			if r.IntN(6) == 0 {
				m, _ := p.Update(tea.WindowSizeMsg{Width: 1 + r.IntN(300), Height: 1 + r.IntN(100)})
				p.Model = m.(Model)
			}
			if r.IntN(8) == 0 {
				p.shine(int64(r.IntN(1200)))
			}
			k := keys[r.IntN(len(keys))]
			pressed = append(pressed, k.String())
			covered, _ := p.Cover()
			rev, shown, refused := p.state.Reached, p.state.Current, p.state.Refusal
			press(p, k)
			what := fmt.Sprintf("seed %d: %q at %dx%d", seed, pressed, p.width, p.height)
			requireExact(t, p.View(), p.width, p.height, what)
			after, _ := p.Cover()
			if covered != Uncovered && after != Uncovered {
				require.Equal(t, []any{rev, shown, refused}, []any{p.state.Reached, p.state.Current, p.state.Refusal}, what)
			}
			if p.state.Finished != nil {
				break
			}
			if after == Uncovered && p.over == noOverlay && p.width >= minWidth && p.height >= minHeight {
				require.Regexp(t, `Space|F5|Ctrl-C|y |q |1-4|r `, strings.Split(ansi.Strip(p.View()), "\n")[p.height-1], what)
			}
		}
	}
}
