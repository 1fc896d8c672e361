// Package markdown lays out the Markdown of chapter files in rows of a
// terminal. What stands in the file is what is shown: HTML tags, entities and
// code appear as they were written or as they decode, and whatever is not shown
// is reported as a Problem with its line.
//
// Goldmark parses, glamour gives the words their look (bold, code, colours), and
// this package does the rest. Glamour's own layout was tried and has no hanging
// indent, drops what looks like an HTML tag, decodes entities after any
// cleaning, and breaks wide tables. So text is cleaned here after it has been
// decoded: no control character can come out of a document.
package markdown

import (
	"github.com/charmbracelet/glamour/ansi"
	"github.com/muesli/termenv"
)

// Look is how words are drawn. The zero value draws plain text.
type Look struct {
	Style   ansi.StyleConfig
	Profile termenv.Profile
}

// Doc is a parsed document.
type Doc struct {
	nodes    []node
	problems []Problem
}

// Problem is something in the source that is not shown.
type Problem struct {
	Line int // in the source, from 1
	Text string
}

// Problems gives what is not shown, in the order of lines.
func (d Doc) Problems() []Problem { return d.problems }

// Block is a paragraph, an item of a list, or the blank row between two of
// them. Its rows belong together.
type Block struct {
	Line int // in the source, from 1
	Rows []string
}

type kind int

const (
	paragraph kind = iota
	code
	rule
	quote
	list
	item
	table
)

// node is one block of the source. Its text is drawn but not yet wrapped.
type node struct {
	kind     kind
	line     int
	text     string     // of a paragraph or a heading
	rows     []string   // of code
	cells    [][]string // of a table, its header first
	children []node     // of a quote, a list, an item
	marker   string     // of an item
	tight    bool       // of a list: no blank rows between its items
}
