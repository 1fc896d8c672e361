package main

import (
	"fmt"
	"html"
	"image/color"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/cellbuf"
)

// A cell, in the units of the picture.
const (
	cellWidth  = 8
	cellHeight = 17
	baseline   = 13 // of text, from the top of its cell
	fontSize   = 13
	margin     = 12
)

// Colours of a terminal that was sent none.
var (
	ownInk   = color.RGBA{0xd0, 0xd0, 0xd0, 0xff}
	ownPaper = color.RGBA{0x16, 0x16, 0x16, 0xff}
)

// look is what runs of cells are joined by.
type look struct {
	ink, paper   string
	bold, italic bool
}

// drawing is one picture as it grows.
type drawing struct {
	paper  string // of most cells
	shapes strings.Builder
}

// svg draws a frame as a picture. Shapes that fill cells (blocks, dots, rules) are
// drawn as shapes, and text is fitted to its cells: so the picture is right
// whatever fonts the reader has.
func svg(title, frame string, w, h int) string {
	cells := cellbuf.NewBuffer(w, h)
	cellbuf.SetContent(cells, frame)
	d := &drawing{paper: looksOf(cells.Cell(0, 0)).paper}
	for y := range h {
		d.row(cells, y, w)
	}
	wide, high := w*cellWidth+2*margin, h*cellHeight+2*margin
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", wide, high, wide, high)
	fmt.Fprintf(&out, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(&out, `<rect width="%d" height="%d" rx="8" fill="%s"/>`+"\n", wide, high, d.paper)
	fmt.Fprintf(&out, `<g transform="translate(%d %d)" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%d" xml:space="preserve">`+"\n", margin, margin, fontSize)
	return out.String() + d.shapes.String() + "</g>\n</svg>\n"
}

// row draws the runs of one row: first what is behind the text, then the text.
func (d *drawing) row(cells *cellbuf.Buffer, y, w int) {
	for x := 0; x < w; {
		l := looksOf(cells.Cell(x, y))
		end := x + 1
		for end < w && looksOf(cells.Cell(end, y)).paper == l.paper {
			end++
		}
		if l.paper != d.paper {
			fmt.Fprintf(&d.shapes, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", x*cellWidth, y*cellHeight, (end-x)*cellWidth, cellHeight, l.paper)
		}
		x = end
	}
	for x := 0; x < w; {
		l, text := looksOf(cells.Cell(x, y)), ""
		end := x
		for end < w && looksOf(cells.Cell(end, y)) == l {
			if c := cells.Cell(end, y); c.Width > 0 {
				if shape := shapeOf(c.Rune, end*cellWidth, y*cellHeight); shape != "" {
					break
				}
				text += c.String()
			}
			end++
		}
		d.text(strings.TrimRight(text, " "), x, y, l)
		if end < w && looksOf(cells.Cell(end, y)) == l {
			end = d.drawn(cells, end, y, w, l)
		}
		x = end
	}
}

// drawn draws the shapes from a cell on that have one look, and gives the cell
// behind them.
func (d *drawing) drawn(cells *cellbuf.Buffer, x, y, w int, l look) int {
	fmt.Fprintf(&d.shapes, `<path fill="%s" d="`, l.ink)
	for x < w && looksOf(cells.Cell(x, y)) == l {
		r := cells.Cell(x, y).Rune
		end := x + 1
		for r == '█' && end < w && cells.Cell(end, y).Rune == r && looksOf(cells.Cell(end, y)) == l {
			end++ // one rectangle for them all
		}
		shape := shapeOf(r, x*cellWidth, y*cellHeight)
		if shape == "" {
			break
		}
		if end > x+1 {
			shape = box(x*cellWidth, y*cellHeight, (end-x)*cellWidth, cellHeight)
		}
		d.shapes.WriteString(shape)
		x = end
	}
	d.shapes.WriteString(`"/>` + "\n")
	return x
}

// text draws the words of a run. What stands apart is placed apart: a renderer whose
// letters are not as wide as the cells moved what came after a gap.
func (d *drawing) text(text string, x, y int, l look) {
	for {
		for strings.HasPrefix(text, " ") {
			text, x = text[1:], x+1
		}
		if text == "" {
			return
		}
		words, _, _ := strings.Cut(text, "  ")
		d.words(words, x, y, l)
		text, x = text[len(words):], x+ansi.StringWidth(words)
	}
}

func (d *drawing) words(words string, x, y int, l look) {
	more := ""
	if l.bold {
		more += ` font-weight="bold"`
	}
	if l.italic {
		more += ` font-style="italic"`
	}
	fmt.Fprintf(&d.shapes, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs" fill="%s"%s>%s</text>`+"\n",
		x*cellWidth, y*cellHeight+baseline, ansi.StringWidth(words)*cellWidth, l.ink, more, html.EscapeString(words))
}

func looksOf(c *cellbuf.Cell) look {
	if c == nil {
		return look{ink: hex(ownInk), paper: hex(ownPaper)}
	}
	var ink, paper color.Color = ownInk, ownPaper
	if c.Style.Fg != nil {
		ink = c.Style.Fg
	}
	if c.Style.Bg != nil {
		paper = c.Style.Bg
	}
	if c.Style.Attrs.Contains(cellbuf.ReverseAttr) {
		ink, paper = paper, ink
	}
	return look{hex(ink), hex(paper), c.Style.Attrs.Contains(cellbuf.BoldAttr), c.Style.Attrs.Contains(cellbuf.ItalicAttr)}
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
