// Package styles holds every look of the screen. Nothing else makes a style.
package styles

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/progress"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/markdown"
)

// Styles is every look of the screen. State is always told by a word or a sign
// too, never by these alone.
type Styles struct {
	Text, Dim, Strong, Title   Look
	Accent, Good, Warn, Bad    Look
	Badge, BadgeWarn, BadgeBad Look
	Big, BigGood, BigBad       Look // of large figures only: see palette
	Rule, Ops, Latency, Base   Look
	Band                       Look // the background of the fault's time in a chart

	name     string
	base     string // switches to the theme's paper and ink
	markdown markdown.Look
	profile  termenv.Profile
}

// New gives the looks of a theme for a terminal. Auto is dark, or what COLORFGBG
// says: the terminal is asked later, when nobody waits for it. NO_COLOR and a
// terminal without colours make every theme mono.
func New(out io.Writer, theme string) Styles {
	r := rendererOf(out)
	if theme == Auto || theme == "" {
		theme = Dark
		if lightBackground(os.Getenv("COLORFGBG")) {
			theme = Light
		}
	}
	return build(r, theme)
}

// rendererOf gives what draws for a writer. A terminal may be wrapped, as the one that
// may stop being read is. For termenv only a bare file is a terminal: every screen was
// without colours.
func rendererOf(out io.Writer) *lipgloss.Renderer {
	f, ok := out.(interface{ Fd() uintptr })
	if ok && term.IsTerminal(int(f.Fd())) {
		return lipgloss.NewRenderer(out, termenv.WithTTY(true))
	}
	return lipgloss.NewRenderer(out)
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
	return build(r, theme)
}

func build(r *lipgloss.Renderer, theme string) Styles {
	profile := r.ColorProfile()
	if profile == termenv.Ascii {
		theme = Mono
	}
	r.SetHasDarkBackground(theme != Light) // or lipgloss asks the terminal, and waits
	p := palettes[theme]
	fg := func(c colour) lipgloss.Style { return r.NewStyle().Foreground(c.lipgloss()) }
	bold := func(c colour) Look { return lookOf(fg(c).Bold(true)) }
	text := func(c colour) Look { return lookOf(fg(c)) }
	badge := func(c colour) Look {
		if theme == Mono {
			return lookOf(r.NewStyle().Reverse(true).Bold(true))
		}
		return lookOf(r.NewStyle().Background(c.lipgloss()).Foreground(p.onBadge.lipgloss()).Bold(true))
	}
	return Styles{
		Text: lookOf(r.NewStyle()), Dim: text(p.dim), Strong: lookOf(r.NewStyle().Bold(true)), Title: bold(p.accent),
		Accent: text(p.accent), Good: text(p.good), Warn: text(p.warn), Bad: bold(p.bad),
		Badge: badge(p.good), BadgeWarn: badge(p.warn), BadgeBad: badge(p.bad),
		Big: bold(p.accent), BigGood: bold(p.good), BigBad: bold(p.largeBad),
		Rule: text(p.dim), Ops: text(p.accent), Latency: text(p.latency), Base: text(p.dim),
		name: theme, base: p.base(profile), markdown: narration(p, profile), profile: profile,
		Band: lookOf(r.NewStyle().Background(p.band.lipgloss())),
	}
}

// narration is the look of Markdown: a title, plain text, and strong words.
func narration(p palette, profile termenv.Profile) markdown.Look {
	in := func(c colour, s ansi.Style) ansi.Style {
		if known := profile.Color(c.in(profile)); known != nil {
			return append(s, known.Sequence(false))
		}
		return s
	}
	if profile == termenv.Ascii {
		return markdown.Look{}
	}
	bold := ansi.Style{}.Bold()
	return markdown.Look{Heading: in(p.accent, bold), Strong: in(p.accent, bold), Emph: ansi.Style{}.Italic(true), Code: in(p.warn, nil)}
}

// Name gives the name of the theme: never Auto, and Mono where there are no
// colours.
func (s Styles) Name() string { return s.name }

// Colours says whether the terminal has any, so that a theme can be chosen.
func (s Styles) Colours() bool { return s.profile != termenv.Ascii }

// Markdown gives the look of narration and notes, in the terminal's own colours.
func (s Styles) Markdown() markdown.Look { return s.markdown }

// InBand gives a look on the background of the fault's time.
func (s Styles) InBand(look Look) Look {
	return lookOf(look.style.Background(s.Band.style.GetBackground()))
}

// Help gives the key help its look.
func (s Styles) Help() help.Styles {
	return help.Styles{
		ShortKey: s.Strong.style, ShortDesc: s.Dim.style, ShortSeparator: s.Dim.style, Ellipsis: s.Dim.style,
		FullKey: s.Strong.style, FullDesc: s.Dim.style, FullSeparator: s.Dim.style,
	}
}

// Bar is the bar of a long step outside the screen. Its colours are the first
// sixteen, which every terminal fits to its own background: nobody asks for that.
func Bar(out io.Writer, width int) progress.Model {
	b := progress.New(progress.WithWidth(width), progress.WithoutPercentage(), progress.WithFillCharacters('━', '·'),
		progress.WithSolidFill("4"), progress.WithColorProfile(rendererOf(out).ColorProfile()))
	b.EmptyColor = "8"
	return b
}
