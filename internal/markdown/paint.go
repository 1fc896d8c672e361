package markdown

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// paragraph gives spans their looks.
func (l Look) paragraph(spans []span) string { return l.paint(nil, spans) }

// heading gives spans the look of a heading, with their own on top.
func (l Look) heading(spans []span) string { return l.paint(l.Heading, spans) }

func (l Look) paint(base ansi.Style, spans []span) string {
	var out strings.Builder
	for _, s := range spans {
		style := slices.Clone(base)
		if s.strong {
			style = append(style, l.Strong...)
		}
		if s.emph {
			style = append(style, l.Emph...)
		}
		if s.code {
			style = append(style, l.Code...)
		}
		if len(style) == 0 || s.text == "" {
			out.WriteString(s.text)
			continue
		}
		out.WriteString(style.Styled(s.text))
	}
	return strings.Trim(out.String(), "\n")
}
