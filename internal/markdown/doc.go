// Package markdown lays out the Markdown of chapter files in rows of a terminal. It
// shows what the file says: HTML tags, entities and code appear as written or as
// they decode. Whatever is not shown is reported as a Problem with its line.
//
// Goldmark parses, and this package does the rest. Glamour was tried: its layout
// has no hanging indent, drops what looks like an HTML tag, decodes entities after
// any cleaning, and breaks wide tables; and initialising the highlighters that it
// brings took more than half of the program's start. So text is cleaned here after
// it has been decoded: no control character can come out of a document.
package markdown

import (
	"github.com/charmbracelet/x/ansi"
)

// Look is how words are drawn. The zero value draws plain text.
type Look struct{ Heading, Strong, Emph, Code ansi.Style }

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

// Problems returns what is not shown, in the order of lines.
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
	text     string              // of a paragraph or a heading
	rows     []string            // of code, without its look
	look     func(string) string // of code
	cells    [][]string          // of a table, its header first
	children []node              // of a quote, a list, an item
	marker   string              // of an item
	tight    bool                // of a list: no blank rows between its items
}
