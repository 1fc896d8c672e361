package tui

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"github.com/charmbracelet/x/cellbuf"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// blindness is how three kinds of colour blindness see light, at full severity:
// Machado, Oliveira and Fernandes, 2009. They work on linear light.
var blindness = map[string][3][3]float64{
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab gives a colour in CIELAB, as somebody with this blindness sees it.
func lab(c color.Color, see [3][3]float64) [3]float64 {
	light := linear(c)
	var seen [3]float64
	for i := range seen {
		seen[i] = min(1, max(0, see[i][0]*light[0]+see[i][1]*light[1]+see[i][2]*light[2]))
	}
	f := func(v float64) float64 {
		if v > 0.008856 {
			return math.Cbrt(v)
		}
		return 7.787*v + 16.0/116
	}
	x := f((0.4124*seen[0] + 0.3576*seen[1] + 0.1805*seen[2]) / 0.95047)
	y := f(0.2126*seen[0] + 0.7152*seen[1] + 0.0722*seen[2])
	z := f((0.0193*seen[0] + 0.1192*seen[1] + 0.9505*seen[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// apart is the smallest distance in CIELAB at which two colours beside each other
// are told apart at a glance; about 2 is the least that is seen at all.
const apart = 15

func TestColoursThatMeanOppositesAreToldApartByColourBlindPeople(t *testing.T) {
	for _, theme := range []string{styles.Dark, styles.Light, styles.Contrast} {
		for _, profile := range []termenv.Profile{termenv.ANSI256, termenv.TrueColor} {
			s := styles.Fixed(profile, theme)
			pairs := map[string][2]styles.Look{
				"good and bad": {s.Good, s.Bad}, "good and warning": {s.Good, s.Warn}, "warning and bad": {s.Warn, s.Bad},
				"badges of good and bad": {s.Badge, s.BadgeBad}, "large good and large bad": {s.BigGood, s.BigBad}, "throughput and latency": {s.Ops, s.Latency},
			}
			for name, pair := range pairs {
				for kind, see := range blindness {
					a, b := lab(colourOf(pair[0]), see), lab(colourOf(pair[1]), see)
					far := math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
					require.GreaterOrEqual(t, far, float64(apart), fmt.Sprintf("%s, %s, %s in %s", name, kind, theme, profileName(profile)))
				}
			}
		}
	}
}

// colourOf gives the colour that a style sends: a badge's background, else its
// text's.
func colourOf(s styles.Look) color.Color {
	cells := cellbuf.NewBuffer(1, 1)
	cellbuf.SetContent(cells, s.Render("x"))
	style := cells.Cell(0, 0).Style
	if style.Bg != nil {
		return shown(style.Bg)
	}
	return shown(style.Fg)
}
