package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/markdown"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// openingWidth is how wide the narration is where nothing stands beside it.
const openingWidth = 60

// opening is the name of the talk in large letters, who gives it and where, and
// the narration, all in the middle of the screen. A talk without a name has the
// narration's heading in its place, where letters of that size leave room for the rest.
func (m Model) opening(r rect) (lines []string, hidden int) {
	title, blocks := text.Line(m.state.Options.Title, 200), m.told(rect{min(openingWidth, r.W), r.H})
	by := m.speakerLine(r.W)
	const headline = 1 // of the narration
	tall := rect{r.W, storyRoom(r.H, len(by)+headline)}
	var name []string
	if title != "" {
		name = slices.Concat(m.largeTitle(title, tall), by)
	} else if headed(m.state.Chapter().Narration) && len(blocks) > 1 {
		heading := strings.Join(strings.Fields(ansi.Strip(strings.Join(blocks[0].Rows, " "))), " ")
		rest := len(markdown.Rows(blocks[1:]))
		if large := m.letters(heading, tall, storyRoom(r.H, len(by)+rest)-gapRow); large != nil {
			name, blocks = slices.Concat(large, by), blocks[1:]
		}
	}
	room := storyRoom(r.H, len(name))
	if m.large {
		room = min(room, largeLines)
	}
	story, hidden := m.head(blocks, room)
	gap := 1
	if r.H-len(name)-len(story) >= 8 {
		gap = 3
	}
	out := append(m.middle(name, r.W), make([]string, gap)...)
	if len(name) == 0 {
		out = nil
	}
	return m.centred(append(out, m.middle(story, r.W)...), r), hidden
}

// headed says whether a narration begins with a heading, or with a line that is
// strong as a whole.
func headed(narration string) bool {
	first, _, _ := strings.Cut(narration, "\n")
	if bare := strings.TrimLeft(first, " "); len(first)-len(bare) < 4 { // more makes it code
		first = strings.TrimRight(bare, " \t")
	}
	return strings.HasPrefix(first, "# ") || strings.HasPrefix(first, "**") && strings.HasSuffix(first, "**") && strings.Count(first, "**") == 2
}

// storyRoom is how many rows of h are left beside a name of so many rows, with a gap
// around it. Without a name there is no gap.
func storyRoom(h, name int) int {
	if name == 0 {
		return h
	}
	return h - name - 2*gapRow
}

// speakerLine is who gives the talk and where, below its name.
func (m Model) speakerLine(w int) []string {
	var by []string
	for _, x := range []string{m.state.Options.Speaker, m.state.Options.Event} {
		if x = text.Line(x, 200); x != "" {
			by = append(by, x)
		}
	}
	if len(by) == 0 {
		return nil
	}
	return []string{"", m.styles.Text.Render(ansi.Truncate(strings.Join(by, " · "), w, "…"))}
}

// largeTitle is a title in letters as large as fit: up to half of the height where
// they have a choice, and else in the smallest ones. Where a word is too wide for
// these, or has letters that have no large form, it is plain text.
func (m Model) largeTitle(title string, r rect) []string {
	if lines := m.letters(title, r, r.H); lines != nil {
		return lines
	}
	return m.wrapped(m.styles.Big, title, r.W)
}

// letters is a title in large letters of at most so many rows, nil where there is no
// room for them.
func (m Model) letters(title string, r rect, most int) []string {
	for n := largestScale; n > 0; n-- {
		room := r
		if n > 1 {
			room.H /= 2
		}
		room.H = min(room.H, most)
		if lines := scaledTitle(title, n, room); lines != nil {
			for i := range lines {
				lines[i] = m.styles.Big.Render(lines[i])
			}
			return lines
		}
	}
	return nil
}

// scaledTitle breaks a title over lines of letters of one size, nil where they do
// not fit.
func scaledTitle(title string, n int, r rect) []string {
	var rows []string
	row := ""
	for _, word := range strings.Fields(title) {
		longer := strings.TrimSpace(row + " " + word)
		if row != "" && n*bigWidth(longer) > r.W {
			rows = append(rows, row)
			longer = word
		}
		row = longer
	}
	rows = append(rows, row)
	var lines []string
	for i, row := range rows {
		if i > 0 {
			lines = append(lines, make([]string, n)...)
		}
		if !drawable(row) || n*bigWidth(row) > r.W {
			return nil
		}
		lines = append(lines, scaled(row, n)...)
	}
	if len(lines) > r.H {
		return nil
	}
	return lines
}

// middle puts lines, as one block, into the middle of a width.
func (m Model) middle(lines []string, w int) []string {
	wide := 0
	for _, l := range lines {
		wide = max(wide, ansi.StringWidth(l))
	}
	block := fit(strings.Join(lines, "\n"), wide, len(lines))
	if block == "" {
		return nil
	}
	return strings.Split(lipgloss.PlaceHorizontal(w, lipgloss.Center, block), "\n")
}
