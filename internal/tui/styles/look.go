package styles

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// Look is a style whose sequences are worked out once. Lip Gloss works them out for
// every piece of text, which took more than half of the time of a frame.
type Look struct {
	Open, End string // what stands before and after a line in this look
	style     lipgloss.Style
}

func lookOf(s lipgloss.Style) Look {
	const mark = "x"
	open, end, _ := strings.Cut(s.Render(mark), mark)
	return Look{open, end, s}
}

// Render gives text in this look.
func (l Look) Render(parts ...string) string {
	text := strings.Join(parts, " ")
	switch {
	case text == "":
		return ""
	case strings.ContainsAny(text, "\n\r\t"):
		return l.style.Render(text)
	}
	return l.Open + text + l.End
}
