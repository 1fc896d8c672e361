// Package styles holds every look of the screen. Nothing else makes a style.
package styles

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/progress"
	"github.com/charmbracelet/glamour/ansi"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/tikv-demo/tikv-demo/internal/markdown"
)

// Names of the themes.
const (
	Auto     = "auto"
	Dark     = "dark"
	Light    = "light"
	Contrast = "contrast"
	Mono     = "mono"
)

// Styles is every look of the screen. State is always told by a word or a sign
// too, never by these alone.
type Styles struct {
	Text, Dim, Strong, Title   lipgloss.Style
	Accent, Good, Warn, Bad    lipgloss.Style
	Badge, BadgeWarn, BadgeBad lipgloss.Style
	Big, BigGood, BigBad       lipgloss.Style
	Rule, Ops, Latency, Base   lipgloss.Style

	markdown ansi.StyleConfig
	profile  termenv.Profile
}

// palette is the few colours of a theme.
type palette struct {
	accent, good, warn, bad, dim, ink, onBadge lipgloss.TerminalColor
}

func colour(truecolor, ansi256, ansi16 string) lipgloss.TerminalColor {
	return lipgloss.CompleteColor{TrueColor: truecolor, ANSI256: ansi256, ANSI: ansi16}
}

var (
	onDark = palette{
		accent: colour("#6CB6FF", "75", "12"), good: colour("#7EE787", "114", "10"), warn: colour("#F2CC60", "221", "11"), bad: colour("#FF7B72", "210", "9"),
		dim: colour("#8B949E", "245", "7"), ink: lipgloss.NoColor{}, onBadge: colour("#0D1117", "233", "0"),
	}
	onLight = palette{
		accent: colour("#0550AE", "25", "4"), good: colour("#116329", "22", "2"), warn: colour("#7D4E00", "94", "5"), bad: colour("#A40E26", "124", "1"),
		dim: colour("#57606A", "241", "8"), ink: lipgloss.NoColor{}, onBadge: colour("#FFFFFF", "231", "15"),
	}
	contrasty = palette{
		accent: colour("#00FFFF", "14", "14"), good: colour("#00FF00", "10", "10"), warn: colour("#FFFF00", "11", "11"), bad: colour("#FF5555", "9", "9"),
		dim: colour("#FFFFFF", "15", "15"), ink: colour("#FFFFFF", "15", "15"), onBadge: colour("#000000", "0", "0"),
	}
	none = palette{
		accent: lipgloss.NoColor{}, good: lipgloss.NoColor{}, warn: lipgloss.NoColor{}, bad: lipgloss.NoColor{},
		dim: lipgloss.NoColor{}, ink: lipgloss.NoColor{}, onBadge: lipgloss.NoColor{},
	}
)

// New gives the looks of a theme for a terminal. Auto is dark, or what COLORFGBG
// says: the terminal is asked later, when nobody waits for it. NO_COLOR and a
// terminal without colours make every theme mono.
func New(out io.Writer, theme string) Styles {
	r := lipgloss.NewRenderer(out)
	if theme == Auto || theme == "" {
		theme = Dark
		if lightBackground(os.Getenv("COLORFGBG")) {
			theme = Light
		}
	}
	if r.ColorProfile() == termenv.Ascii {
		theme = Mono
	}
	r.SetHasDarkBackground(theme != Light)
	return build(r, theme)
}

// lightBackground reads COLORFGBG ("0;15", "0;default;15"): the last of them is
// the background, of which 7 and 9 to 15 are light.
func lightBackground(colours string) bool {
	n, err := strconv.Atoi(colours[strings.LastIndex(colours, ";")+1:])
	return err == nil && strings.Contains(colours, ";") && (n == 7 || n >= 9 && n <= 15)
}

// Fixed gives the looks of a theme with a colour profile of one's choice.
func Fixed(profile termenv.Profile, theme string) Styles {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(theme != Light)
	return build(r, theme)
}

func build(r *lipgloss.Renderer, theme string) Styles {
	p := map[string]palette{Dark: onDark, Light: onLight, Contrast: contrasty, Mono: none}[theme]
	fg := func(c lipgloss.TerminalColor) lipgloss.Style { return r.NewStyle().Foreground(c) }
	badge := func(c lipgloss.TerminalColor) lipgloss.Style {
		if theme == Mono {
			return r.NewStyle().Reverse(true).Bold(true)
		}
		return r.NewStyle().Background(c).Foreground(p.onBadge).Bold(true)
	}
	s := Styles{
		Text: fg(p.ink), Dim: fg(p.dim), Strong: fg(p.ink).Bold(true), Title: fg(p.accent).Bold(true),
		Accent: fg(p.accent), Good: fg(p.good), Warn: fg(p.warn), Bad: fg(p.bad).Bold(true),
		Badge: badge(p.good), BadgeWarn: badge(p.warn), BadgeBad: badge(p.bad),
		Big: fg(p.accent).Bold(true), BigGood: fg(p.good).Bold(true), BigBad: fg(p.bad).Bold(true),
		Rule: fg(p.dim), Ops: fg(p.accent), Latency: fg(p.warn), Base: fg(p.dim),
	}
	if theme == Mono || theme == Contrast {
		s.Dim = r.NewStyle()
		s.Rule = r.NewStyle()
	}
	s.markdown, s.profile = narration(p, r.ColorProfile()), r.ColorProfile()
	return s
}

// narration is the look of Markdown: a title, plain text, and strong words.
func narration(p palette, profile termenv.Profile) ansi.StyleConfig {
	as := func(c lipgloss.TerminalColor) *string {
		full, ok := c.(lipgloss.CompleteColor)
		switch {
		case !ok:
			return nil
		case profile == termenv.ANSI:
			return &full.ANSI
		case profile == termenv.ANSI256:
			return &full.ANSI256
		}
		return &full.TrueColor
	}
	yes := true
	text := ansi.StylePrimitive{}
	strong := ansi.StylePrimitive{Bold: &yes, Color: as(p.accent)}
	heading := ansi.StyleBlock{StylePrimitive: ansi.StylePrimitive{Bold: &yes, Color: as(p.accent), BlockSuffix: "\n"}}
	return ansi.StyleConfig{
		Document: ansi.StyleBlock{StylePrimitive: text},
		Heading:  heading, H1: ansi.StyleBlock{}, H2: ansi.StyleBlock{},
		Strong: strong, Emph: ansi.StylePrimitive{Italic: &yes},
		Code: ansi.StyleBlock{StylePrimitive: ansi.StylePrimitive{Color: as(p.warn)}},
	}
}

// Markdown gives the look of narration and notes, in the terminal's own colours.
func (s Styles) Markdown() markdown.Look { return markdown.Look{Style: s.markdown, Profile: s.profile} }

// Help gives the key help its look.
func (s Styles) Help() help.Styles {
	return help.Styles{
		ShortKey: s.Strong, ShortDesc: s.Dim, ShortSeparator: s.Dim, Ellipsis: s.Dim,
		FullKey: s.Strong, FullDesc: s.Dim, FullSeparator: s.Dim,
	}
}

// Bar is the bar of a long step outside the screen. Its colours are the first
// sixteen, which every terminal fits to its own background: nobody asks for that.
func Bar(out io.Writer, width int) progress.Model {
	b := progress.New(progress.WithWidth(width), progress.WithoutPercentage(), progress.WithFillCharacters('━', '·'),
		progress.WithSolidFill("4"), progress.WithColorProfile(lipgloss.NewRenderer(out).ColorProfile()))
	b.EmptyColor = "8"
	return b
}

// Themes lists the names of all themes.
func Themes() []string { return slices.Clone([]string{Auto, Dark, Light, Contrast, Mono}) }
