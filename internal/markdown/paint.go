package markdown

import (
	"bytes"
	"strings"

	"github.com/charmbracelet/glamour/ansi"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// painter gives spans their look through glamour. It hands glamour a document
// of one block, made of nodes that glamour shows as they are: text, emphasis,
// and code.
type painter struct{ renderer renderer.Renderer }

func newPainter(look Look) *painter {
	r := ansi.NewRenderer(ansi.Options{Styles: look.Style, ColorProfile: look.Profile})
	return &painter{renderer.NewRenderer(renderer.WithNodeRenderers(util.Prioritized(r, 1)))}
}

func (p *painter) paragraph(spans []span) string { return p.paint(ast.NewParagraph(), spans) }
func (p *painter) heading(spans []span) string   { return p.paint(ast.NewHeading(1), spans) }

func (p *painter) paint(block ast.Node, spans []span) string {
	var source []byte
	for _, s := range spans {
		from := len(source)
		source = append(source, s.encoded()...)
		var n ast.Node = ast.NewTextSegment(text.NewSegment(from, len(source)))
		if s.code {
			n = wrapped(ast.NewCodeSpan(), n)
		}
		if s.emph {
			n = wrapped(ast.NewEmphasis(1), n)
		}
		if s.strong {
			n = wrapped(ast.NewEmphasis(2), n)
		}
		block.AppendChild(block, n)
	}
	doc := wrapped(ast.NewDocument(), block)
	var out bytes.Buffer
	if err := p.renderer.Render(&out, source, doc); err != nil {
		return plain(spans)
	}
	return strings.Trim(out.String(), "\n")
}

func plain(spans []span) string {
	var out strings.Builder
	for _, s := range spans {
		out.WriteString(s.text)
	}
	return out.String()
}

func wrapped(parent, child ast.Node) ast.Node {
	parent.AppendChild(parent, child)
	return parent
}

var (
	forText = strings.NewReplacer("&", "&amp;", `\`, `\\`)
	forCode = strings.NewReplacer("&", "&amp;")
)

// encoded gives the text so that glamour, which decodes entities everywhere and
// backslashes in text, shows it as it is.
func (s span) encoded() string {
	if s.code {
		return forCode.Replace(s.text)
	}
	return forText.Replace(s.text)
}
