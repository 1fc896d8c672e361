package styles

import (
	"strings"

	"github.com/muesli/termenv"
)

// Paint gives a frame the theme's own paper and ink, in every cell. Styled text
// ends in a reset, after which the terminal's own background would show, so each
// reset becomes a return to the theme's colours. Lip Gloss writes "ESC[0m", and
// what wraps lines writes "ESC[m". Without colours the frame is left as it is.
func (s Styles) Paint(frame string) string {
	if s.base == "" {
		return frame
	}
	var out strings.Builder
	out.Grow(2 * len(frame))
	for i, line := range strings.Split(frame, "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(s.base)
		for {
			before, after, found := strings.Cut(line, "\x1b[")
			out.WriteString(before)
			if !found {
				break
			}
			switch {
			case strings.HasPrefix(after, "0m"):
				out.WriteString(s.base)
				line = after[len("0m"):]
			case strings.HasPrefix(after, "m"):
				out.WriteString(s.base)
				line = after[len("m"):]
			default:
				out.WriteString("\x1b[")
				line = after
			}
		}
		out.WriteString("\x1b[0m")
	}
	return out.String()
}

// base is the sequence that switches to the palette's paper and ink, after a
// reset of everything else.
func (p palette) base(profile termenv.Profile) string {
	ink, paper := profile.Color(p.ink.in(profile)), profile.Color(p.paper.in(profile))
	if ink == nil || paper == nil {
		return ""
	}
	return "\x1b[0;" + ink.Sequence(false) + ";" + paper.Sequence(true) + "m"
}
