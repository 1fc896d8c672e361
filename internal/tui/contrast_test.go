package tui

import (
	"fmt"
	"image/color"
	"math"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/cellbuf"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

const (
	textContrast  = 7.0 // letters and figures; WCAG 2 level AAA
	largeContrast = 4.5 // large figures, rules, lines of a chart
)

// xterm16 is xterm's default palette of the first sixteen colours. Terminals
// differ in these; this is the palette that the promise is held for.
var xterm16 = [16]color.RGBA{
	{0, 0, 0, 255}, {205, 0, 0, 255}, {0, 205, 0, 255}, {205, 205, 0, 255}, {0, 0, 238, 255}, {205, 0, 205, 255}, {0, 205, 205, 255}, {229, 229, 229, 255},
	{127, 127, 127, 255}, {255, 0, 0, 255}, {0, 255, 0, 255}, {255, 255, 0, 255}, {92, 92, 255, 255}, {255, 0, 255, 255}, {0, 255, 255, 255}, {255, 255, 255, 255},
}

// shown gives the colour that a terminal shows.
func shown(c color.Color) color.Color {
	switch c := c.(type) {
	case ansi.BasicColor:
		return xterm16[c]
	case ansi.IndexedColor:
		if c < 16 {
			return xterm16[c]
		}
	}
	return c
}

// linear gives the light of a colour's three parts; see WCAG 2, relative luminance.
func linear(c color.Color) [3]float64 {
	r, g, b, _ := c.RGBA()
	var out [3]float64
	for i, part := range []uint32{r, g, b} {
		v := float64(part) / 0xffff
		if out[i] = v / 12.92; v > 0.04045 {
			out[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return out
}

func contrast(a, b color.Color) float64 {
	light := func(c color.Color) float64 { l := linear(c); return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2] }
	la, lb := light(a), light(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// isLarge says whether a rune is drawn for its shape: a block of a large figure,
// a rule, a dot of a chart.
func isLarge(r rune) bool { return r >= 0x2500 && r <= 0x259f || r >= 0x2800 && r <= 0x28ff }

// requireReadable holds each cell of a frame that was sent against the bars.
func requireReadable(t *testing.T, view string, w, h int, what string) {
	t.Helper()
	cells := cellbuf.NewBuffer(w, h)
	cellbuf.SetContent(cells, view)
	for y := range h {
		for x := range w {
			c := cells.Cell(x, y)
			if c == nil || c.Width == 0 {
				continue // the second half of a wide rune
			}
			if wrong := unreadable(c); wrong != "" {
				require.Fail(t, wrong, "%s, row %d, column %d, %q", what, y, x, c.String())
			}
		}
	}
}

// unreadable says what is wrong with a cell, if anything is.
func unreadable(c *cellbuf.Cell) string {
	fg, bg := c.Style.Fg, c.Style.Bg
	bar := textContrast
	if isLarge(c.Rune) {
		bar = largeContrast
	}
	switch {
	case bg == nil:
		return "the terminal's own background shows"
	case fg == nil:
		return "the terminal's own text colour shows"
	case c.Style.Attrs.Contains(cellbuf.FaintAttr):
		return "faint text has a contrast that nobody knows"
	case c.Style.Attrs.Contains(cellbuf.ReverseAttr):
		fg, bg = bg, fg
	}
	if got := contrast(shown(fg), shown(bg)); c.Rune != ' ' && got < bar {
		return fmt.Sprintf("contrast %.1f, below %.1f", got, bar)
	}
	return ""
}

// in dresses a screen for a terminal.
func (p *played) in(theme string, profile termenv.Profile) {
	p.Model = p.dress(styles.Fixed(profile, theme))
}

func profileName(p termenv.Profile) string {
	return map[termenv.Profile]string{termenv.ANSI: "16 colours", termenv.ANSI256: "256 colours", termenv.TrueColor: "true colour"}[p]
}

// eachLook calls f for every theme in every depth of colour.
func eachLook(f func(theme string, profile termenv.Profile, name string)) {
	for _, theme := range []string{styles.Dark, styles.Light, styles.Contrast} {
		for _, profile := range []termenv.Profile{termenv.ANSI, termenv.ANSI256, termenv.TrueColor} {
			f(theme, profile, theme+" in "+profileName(profile))
		}
	}
}

func TestEveryCellOfEveryChapterCanBeRead(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		p := on(t, chapter, 80, 24, styles.Dark)
		eachLook(func(theme string, profile termenv.Profile, look string) {
			p.in(theme, profile)
			for _, size := range [][2]int{{40, 10}, {80, 24}, {120, 36}} {
				p.width, p.height = size[0], size[1]
				requireReadable(t, p.View(), p.width, p.height, fmt.Sprintf("chapter %d at %dx%d, %s", chapter, p.width, p.height, look))
			}
			for _, over := range []overlay{helpOverlay, notesOverlay, outgoingOverlay, sealOverlay, answerOverlay, textOverlay, overviewOverlay} {
				p.over = over
				requireReadable(t, p.View(), p.width, p.height, fmt.Sprintf("chapter %d, overlay %d, %s", chapter, over, look))
			}
			p.over, p.cover = noOverlay, Blanked
			requireReadable(t, p.View(), p.width, p.height, "blank, "+look)
			p.cover = Uncovered
		})
	}
}

// So can what a presenter makes of the screen.
func TestEveryCellOfAnotherViewCanBeRead(t *testing.T) {
	for _, keys := range []string{"+", "z", "x", "["} {
		for _, chapter := range []int{5, 8} {
			p := on(t, chapter, 80, 24, styles.Dark)
			for _, k := range keys {
				press(p, letter(string(k)))
			}
			require.NotEqual(t, on(t, chapter, 80, 24, styles.Dark).View(), p.View(), keys)
			eachLook(func(theme string, profile termenv.Profile, look string) {
				p.in(theme, profile)
				if p.frozen != nil {
					old := p.frozen.dress(p.styles)
					p.frozen = &old
				}
				requireReadable(t, p.View(), 80, 24, fmt.Sprintf("%s in chapter %d, %s", keys, chapter, look))
			})
		}
	}
}

// What a chapter shows only when something went wrong.
func TestEveryCellOfTroubleCanBeRead(t *testing.T) {
	trouble := map[string]func(*played){
		"a violation": func(p *played) {
			p.state.Violated = 3
			p.state.Violations = []demo.ViolationPoint{{Violation: demo.Violation{Name: demo.ViolationStale, Key: "user1", Lower: 4, Upper: 6, Read: 3, Store: "lamp-2"}}}
		},
		"no fresh look":  func(p *played) { p.state.Snapshot.Error = "timed out" },
		"over budget":    func(p *played) { p.now = p.now.Add(24 * time.Hour) },
		"leaving":        func(p *played) { p.hear(demo.Asked{Intent: demo.Quit}) },
		"a dead node":    func(p *played) { p.hear(demo.HealthSeen{Snapshot: p.lamps(true)}) },
		"a late answer":  func(p *played) { p.state.Visits[p.state.Reached].Late = true },
		"another notice": func(p *played) { p.notice = "theme: dark" },
	}
	for name, happens := range trouble {
		for _, chapter := range []int{2, 5, 8} {
			p := on(t, chapter, 120, 36, styles.Dark)
			happens(p)
			eachLook(func(theme string, profile termenv.Profile, look string) {
				p.in(theme, profile)
				requireReadable(t, p.View(), 120, 36, fmt.Sprintf("%s in chapter %d, %s", name, chapter, look))
			})
		}
	}
}

func TestMonoSendsNoColour(t *testing.T) {
	for chapter := 1; chapter <= 8; chapter++ {
		p := on(t, chapter, 120, 36, styles.Mono)
		p.in(styles.Mono, termenv.TrueColor)
		cells := cellbuf.NewBuffer(120, 36)
		cellbuf.SetContent(cells, p.View())
		for y := range 36 {
			for x := range 120 {
				c := cells.Cell(x, y)
				require.Nil(t, c.Style.Fg, "%d, %d, %d: %q", chapter, x, y, c.String())
				require.Nil(t, c.Style.Bg, "%d, %d, %d: %q", chapter, x, y, c.String())
			}
		}
	}
}

func TestTheThemeChangesLiveAndBackAgain(t *testing.T) {
	p := on(t, 3, 120, 36, styles.Dark)
	t.Setenv("NO_COLOR", "")
	t.Setenv("CLICOLOR_FORCE", "1")
	t.Setenv("COLORTERM", "truecolor")
	t.Setenv("TERM", "xterm-256color")
	p.Model = p.dress(styles.New(p.cfg.Out, styles.Dark))
	first := p.View()
	seen := map[string]bool{first: true}
	for range 3 {
		p.Model = p.nextTheme()
		p.notice = ""
		require.False(t, seen[p.View()], p.styles.Name())
		seen[p.View()] = true
		require.Equal(t, ansi.Strip(first), ansi.Strip(p.View()))
	}
	p.Model = p.nextTheme()
	p.notice = ""
	require.Equal(t, first, p.View())
}

func TestWithoutColoursTheThemeStays(t *testing.T) {
	p := on(t, 3, 120, 36, styles.Dark)
	before := p.View()
	p.Model = p.nextTheme()
	require.Contains(t, ansi.Strip(p.View()), "no colours")
	p.notice = ""
	require.Equal(t, before, p.View())
}
