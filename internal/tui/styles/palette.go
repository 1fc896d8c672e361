package styles

import (
	"slices"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Names of the themes.
const (
	Auto     = "auto"
	Dark     = "dark"
	Light    = "light"
	Contrast = "contrast"
	Mono     = "mono"
)

// Themes lists the names of all themes.
func Themes() []string { return append([]string{Auto}, painted...) }

// painted is the themes that Auto chooses from and that Next goes through.
var painted = []string{Dark, Light, Contrast, Mono}

// Next gives the theme after this one, for a key that goes through all of them.
func Next(theme string) string {
	return painted[(slices.Index(painted, theme)+1)%len(painted)]
}

// colour is one colour in the three depths that terminals have. The zero value is
// the terminal's own colour.
type colour struct{ trueColour, of256, of16 string }

// palette is the few colours of a theme. Text in any of them on paper reaches a
// contrast of 7:1, and so does onBadge on accent, good, warn and bad. Large
// figures reach 4.5:1. The tests of the screen compute both from what is sent.
//
// Good is a green with much blue and bad is an orange, because red against green
// is what most colour-blind people cannot tell apart. For the same reason the
// warning of the light theme is purple: a brown that is dark enough is close to
// its red, and a latency in purple would be close to a throughput in blue.
//
// Of xterm's sixteen colours, red on black is 5.3:1 at most, and only blue
// reaches 7:1 on white. So with sixteen colours bad text is the brightest yellow
// on dark paper and black on light paper, and only large figures are red.
type palette struct {
	paper, ink, dim, onBadge colour
	accent, good, warn, bad  colour
	latency                  colour // of a line beside one in accent
	largeBad                 colour
	band                     colour // paper in the time of a fault; without it characters shade that
}

var palettes = map[string]palette{
	Dark: {
		paper: colour{"#0D1117", "233", "0"}, ink: colour{"#E6EDF3", "255", "15"}, dim: colour{"#A9B4C0", "249", "7"}, onBadge: colour{"#0D1117", "233", "0"},
		accent: colour{"#79C0FF", "117", "14"}, good: colour{"#4FE3B0", "79", "10"}, warn: colour{"#F5D76E", "221", "3"}, bad: colour{"#FF8F70", "209", "11"},
		latency: colour{"#F5D76E", "221", "3"}, largeBad: colour{"#FF8F70", "209", "9"}, band: colour{"#321B1F", "235", ""},
	},
	Light: {
		paper: colour{"#FFFFFF", "231", "15"}, ink: colour{"#1F2328", "235", "0"}, dim: colour{"#4A525B", "239", "0"}, onBadge: colour{"#FFFFFF", "231", "15"},
		accent: colour{"#0A3FA8", "19", "4"}, good: colour{"#00594A", "23", "4"}, warn: colour{"#5A1E96", "54", "0"}, bad: colour{"#A8071A", "124", "0"},
		latency: colour{"#6B4A00", "88", "0"}, largeBad: colour{"#A8071A", "124", "1"}, band: colour{"#FBE6E4", "255", ""},
	},
	Contrast: {
		paper: colour{"#000000", "16", "0"}, ink: colour{"#FFFFFF", "231", "15"}, dim: colour{"#FFFFFF", "231", "15"}, onBadge: colour{"#000000", "16", "0"},
		accent: colour{"#66D9FF", "81", "14"}, good: colour{"#5CFFC8", "86", "10"}, warn: colour{"#FFFF00", "226", "3"}, bad: colour{"#FFA07A", "216", "11"},
		latency: colour{"#FFFF00", "226", "3"}, largeBad: colour{"#FFA07A", "216", "9"}, band: colour{"#3A1010", "236", ""},
	},
	Mono: {},
}

// in gives the colour as a profile writes it, "" for the terminal's own.
func (c colour) in(profile termenv.Profile) string {
	switch profile {
	case termenv.TrueColor:
		return c.trueColour
	case termenv.ANSI256:
		return c.of256
	case termenv.ANSI:
		return c.of16
	}
	return ""
}

func (c colour) lipgloss() lipgloss.TerminalColor {
	if c == (colour{}) {
		return lipgloss.NoColor{}
	}
	return lipgloss.CompleteColor{TrueColor: c.trueColour, ANSI256: c.of256, ANSI: c.of16}
}
