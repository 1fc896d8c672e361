package markdown

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/cellbuf"
)

const (
	// leastText is the narrowest column of text; deeper lists are not indented.
	leastText = 12
	ruleWidth = 20
	indent    = "  "
	column    = " │ "
)

func width(s string) int { return ansi.StringWidth(s) }

// Blocks lays the document out in rows of at most w cells.
func (d Doc) Blocks(w int) []Block { return stack(d.nodes, max(1, w), false) }

// Rows returns the rows of all blocks.
func Rows(blocks []Block) []string {
	var rows []string
	for _, b := range blocks {
		rows = append(rows, b.Rows...)
	}
	return rows
}

func stack(nodes []node, w int, tight bool) []Block {
	var out []Block
	for i, n := range nodes {
		if i > 0 && !tight {
			out = append(out, Block{n.line, []string{""}})
		}
		out = append(out, n.blocks(w)...)
	}
	return out
}

func (n node) blocks(w int) []Block {
	switch n.kind {
	case rule:
		return []Block{{n.line, []string{strings.Repeat("─", min(w, ruleWidth))}}}
	case code:
		return n.codeBlock(w)
	case quote:
		return beside(n, "│ ", "│ ", w)
	case list:
		return stack(n.children, w, n.tight)
	case item:
		return beside(n, n.marker, strings.Repeat(" ", width(n.marker)), w)
	case table:
		return n.tableBlocks(w)
	}
	return []Block{{n.line, wrap(n.text, w)}}
}

// beside lays out the children of a node to the right of its marker; further rows
// begin with hang. If that leaves too little room, the marker goes on a row of its
// own.
func beside(n node, marker, hang string, w int) []Block {
	inner := w - width(marker)
	tight := n.kind == item && !n.loose()
	if inner < leastText {
		return append([]Block{{n.line, []string{ansi.Truncate(marker, w, "…")}}}, stack(n.children, w, tight)...)
	}
	blocks := stack(n.children, inner, tight)
	if len(blocks) == 0 {
		return []Block{{n.line, []string{strings.TrimRight(marker, " ")}}}
	}
	for i, b := range blocks {
		for k, row := range b.Rows {
			if i == 0 && k == 0 {
				b.Rows[k] = marker + row
			} else {
				b.Rows[k] = strings.TrimRight(hang+row, " ")
			}
		}
	}
	return blocks
}

// loose says whether an item's parts need blank rows between them: words and the
// list below them do not.
func (n node) loose() bool {
	for i, c := range n.children {
		if i > 0 && c.kind != list {
			return true
		}
	}
	return false
}

func (n node) codeBlock(w int) []Block {
	inner, margin := w-len(indent), indent
	if inner < leastText {
		inner, margin = w, ""
	}
	b := Block{Line: n.line}
	for _, row := range n.rows {
		for piece := range strings.SplitSeq(ansi.Hardwrap(row, inner, true), "\n") {
			b.Rows = append(b.Rows, margin+n.look(piece))
		}
	}
	if len(b.Rows) == 0 {
		b.Rows = []string{""}
	}
	return []Block{b}
}

// tableBlocks draws a table as a grid if that fits, else each row as lines of the
// form "header: value".
func (n node) tableBlocks(w int) []Block {
	var widths []int
	total := -width(column)
	for _, row := range n.cells {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	for _, c := range widths {
		total += c + width(column)
	}
	if total > w {
		return n.records(w)
	}
	blocks := make([]Block, 0, len(n.cells))
	for i, row := range n.cells {
		b := Block{n.line, []string{gridRow(row, widths)}}
		if i == 0 {
			b.Rows = append(b.Rows, strings.Repeat("─", total))
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func gridRow(cells []string, widths []int) string {
	var parts []string
	for i, cell := range cells {
		parts = append(parts, cell+strings.Repeat(" ", widths[i]-width(cell)))
	}
	return strings.TrimRight(strings.Join(parts, column), " ")
}

func (n node) records(w int) []Block {
	header := n.cells[0]
	if len(n.cells) == 1 {
		return []Block{{n.line, wrap(strings.Join(header, column), w)}}
	}
	var blocks []Block
	for i, row := range n.cells[1:] {
		if i > 0 {
			blocks = append(blocks, Block{n.line, []string{""}})
		}
		b := Block{Line: n.line}
		for k, cell := range row {
			b.Rows = append(b.Rows, hanging(header[k]+": "+cell, w)...)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// hanging wraps a line and indents all rows but the first.
func hanging(s string, w int) []string {
	if w-len(indent) < leastText {
		return wrap(s, w)
	}
	rows := wrap(s, w-len(indent))
	for i := range rows[1:] {
		rows[i+1] = indent + rows[i+1]
	}
	return rows
}

// wrap breaks a styled line at blanks and keeps the style on every row. Seen with
// cellbuf v0.0.15: blanks at the end of a row may stand beyond the width.
func wrap(s string, w int) []string {
	rows := strings.Split(cellbuf.Wrap(s, max(1, w), ""), "\n")
	for i, row := range rows {
		if width(row) > w {
			rows[i] = ansi.Truncate(row, w, "")
		}
	}
	return rows
}
