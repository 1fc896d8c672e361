package console

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"

	"github.com/tikv-demo/tikv-demo/internal/remote/protocol"
)

// screenRows are the audience's own cells, as many as there is room for.
func (m Model) screenRows() []string {
	sc := m.state.Screen
	rows := strings.Split(sc.Frame, "\n")
	said := m.tongue.Say("the audience's screen, %d×%d; any key goes back", sc.Width, sc.Height)
	if sc.Width > m.width || sc.Height > m.height-1 {
		said = m.tongue.Say("the audience's screen, the upper left of %d×%d; any key goes back", sc.Width, sc.Height)
	}
	rows = rows[:min(len(rows), m.height-1)]
	return append(padded(rows, m.height-1), m.styles.Dim.Render(said))
}

// thumbnail is the audience's frame in small: a braille dot is set where a
// character stands. So it shows what is where, and a blank screen is blank here
// too.
func (m Model) thumbnail(w int) []string {
	sc := m.state.Screen
	if sc.Width == 0 || sc.Height == 0 {
		return nil
	}
	c := newCanvas(sc, w)
	for y, line := range strings.Split(ansi.Strip(sc.Frame), "\n") {
		x := 0
		for g := uniseg.NewGraphemes(line); g.Next(); x += g.Width() {
			if strings.TrimSpace(g.Str()) != "" {
				c.fill(x, y, g.Width())
			}
		}
	}
	rows := make([]string, 0, len(c.cells))
	for _, r := range c.cells {
		rows = append(rows, m.styles.Dim.Render(string(r)))
	}
	return rows
}

// canvas is a small picture of a screen. A braille dot is as high as it is wide,
// and a cell of the screen is twice as high.
type canvas struct {
	cells         [][]rune
	across, down  int // in dots
	width, height int // of the screen, in cells
}

func newCanvas(sc protocol.Screen, w int) canvas {
	across := 2 * min(w, (sc.Width+1)/2)
	down := 4 * max(1, (2*sc.Height*across/sc.Width+3)/4)
	c := canvas{across: across, down: down, width: sc.Width, height: sc.Height, cells: make([][]rune, down/4)}
	for i := range c.cells {
		c.cells[i] = []rune(strings.Repeat("⠀", across/2))
	}
	return c
}

var brailleBits = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// fill sets the dots that stand for w cells of the screen from (x, y) on.
func (c canvas) fill(x, y, w int) {
	for dy := y * c.down / c.height; dy < max(y*c.down/c.height+1, (y+1)*c.down/c.height); dy++ {
		for dx := x * c.across / c.width; dx < max(x*c.across/c.width+1, (x+w)*c.across/c.width); dx++ {
			if dy < c.down && dx < c.across {
				c.cells[dy/4][dx/2] |= brailleBits[dy%4][dx%2]
			}
		}
	}
}
