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

// Size gives what may be drawn on a terminal. One that does not know its own size, such
// as a serial line or that of a container, says 0 by 0: nothing was shown there.
func Size(width, height int) (w, h int) {
	if width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}
