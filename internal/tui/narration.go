package tui

import (
	"strings"

	"github.com/charmbracelet/glamour"

	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// story is the narration as it was last rendered. Markdown takes milliseconds
// to render, so it is done once for each chapter and width, not once a frame.
type story struct {
	chapter string
	width   int
	lines   []string
}

// narrationLines gives a chapter's narration in lines of at most w cells.
func (m Model) narrationLines(w int) []string {
	c := m.state.Chapter()
	if m.story.chapter != c.ID || m.story.width != w {
		*m.story = story{c.ID, w, markdownLines(c.Narration, w, m.styles)}
	}
	return m.story.lines
}

// markdownLines renders Markdown without blank lines around it. What cannot be
// rendered is shown as it was written.
func markdownLines(md string, w int, s styles.Styles) []string {
	md = text.Clean(md)
	out := md
	r, err := glamour.NewTermRenderer(glamour.WithStyles(s.Markdown()), glamour.WithWordWrap(w-2), glamour.WithPreservedNewLines())
	if err == nil {
		if rendered, err := r.Render(md); err == nil {
			out = rendered
		}
	}
	lines := strings.Split(strings.Trim(out, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}
