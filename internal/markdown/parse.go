package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	goldparser "github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// tabStop is how far apart the tab stops of code are.
const tabStop = 4

// parser reads Markdown as GitHub does: with tables, task lists and bare links.
var parser = goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()

// Parse reads a document and styles its words.
func Parse(source string, look Look) Doc {
	src := []byte(source)
	b := &builder{source: src, shown: make([]bool, len(src)), targets: map[string]bool{}, look: look}
	for i, c := range src {
		if c == '\n' {
			b.ends = append(b.ends, i)
		}
	}
	if line, why := tooMuch(source); line > 0 {
		b.problem(line, "%s; the text is shown as it stands, without its looks", why)
		return Doc{nodes: b.asItStands(), problems: b.problems}
	}
	context := goldparser.NewContext()
	root := parser.Parse(text.NewReader(src), goldparser.WithContext(context))
	d := Doc{nodes: b.blocks(root)}
	b.missing(d, b.labels(context))
	sort.SliceStable(b.problems, func(i, k int) bool { return b.problems[i].Line < b.problems[k].Line })
	d.problems = b.problems
	return d
}

// The limits of what is parsed; no talk comes near them. Seen with goldmark
// v1.7.13: the time for a line of nested quotes and lists grows faster than its
// square, and 64 KiB of "1. " took more than five minutes. The time for one
// paragraph grows with the square of its signs, and 64 KiB of "*a" took 4 s. Every row
// of a table is filled up to the width of its header, so that half a file of columns
// and half a file of rows are millions of cells. 64 KiB of blank lines behind a line of
// nested lists took 3 s, and as much of "<!--" that nothing ends 2 s.
const (
	maxDepth = 32   // quotes and lists in a line
	maxSigns = 4000 // before a blank line: 50 ms
	maxCells = 4000 // of all tables
	maxLines = 10_000
)

// signs are what emphasis, links, images and tags are made of.
const signs = "*_~[]<"

var (
	markers = regexp.MustCompile(`^(?:\s*(?:>|(?:[*+-]|\d{1,9}[.)])(?:\s|$)))+`)
	marker  = regexp.MustCompile(`[>*+-]|\d{1,9}[.)]`)
)

// tooMuch gives the first line that is beyond a limit, and which; or 0.
func tooMuch(source string) (line int, why string) {
	found, columns, cells := 0, 0, 0
	for i, line := range strings.Split(source, "\n") {
		if i >= maxLines {
			return i + 1, fmt.Sprintf("is beyond %d lines", maxLines)
		}
		if len(marker.FindAllString(markers.FindString(line), maxDepth+1)) > maxDepth && !isRule(line) {
			return i + 1, fmt.Sprintf("nests more than %d quotes and lists", maxDepth)
		}
		if strings.Trim(line, " \t\r>") == "" {
			found, columns = 0, 0
		}
		if found += signsIn(line); found > maxSigns {
			return i + 1, fmt.Sprintf("is the end of more than %d signs of emphasis, links and tags without a blank line", maxSigns)
		}
		if isUnderHeader(line) {
			columns = max(columns, strings.Count(line, "|")+1)
		}
		if cells += columns; cells > maxCells {
			return i + 1, fmt.Sprintf("is the end of tables of more than %d cells", maxCells)
		}
	}
	return 0, ""
}

// isUnderHeader tells what may be the line below a table's header, in whatever it stands.
func isUnderHeader(line string) bool {
	return strings.Contains(line, "-") && strings.Contains(line, "|") && strings.Trim(line, " \t\r>*+-:|.)0123456789") == ""
}

func signsIn(line string) (n int) {
	for _, c := range signs {
		n += strings.Count(line, string(c))
	}
	return n
}

// isRule tells a line of one sign, such as "* * *".
func isRule(line string) bool {
	all := strings.Join(strings.Fields(line), "")
	return all == strings.Repeat("-", len(all)) || all == strings.Repeat("*", len(all))
}

// asItStands makes a paragraph of each line.
func (b *builder) asItStands() []node {
	n := node{kind: list, line: 1, tight: true}
	for i, line := range strings.Split(string(b.source), "\n") {
		n.children = append(n.children, node{kind: paragraph, line: i + 1, text: b.look.paragraph([]span{{text: clean(expandTabs(line))}})})
	}
	return []node{n}
}

// builder makes nodes of a syntax tree and notes which bytes of the source it
// has shown.
type builder struct {
	source   []byte
	ends     []int // offsets of the line ends
	shown    []bool
	targets  map[string]bool // of links that are shown
	problems []Problem
	look     Look
	before   int // the line of the block that was looked at last
}

// labels gives the labels of the link definitions that are used: they are
// markup, while an unused definition is text that nobody sees.
func (b *builder) labels(c goldparser.Context) string {
	var out strings.Builder
	for _, r := range c.References() {
		if b.targets[string(r.Destination())] {
			out.Write(r.Label())
			out.WriteByte(' ')
		}
	}
	return out.String()
}

func (b *builder) lineAt(offset int) int { return sort.SearchInts(b.ends, offset) + 1 }

// lineOf returns the line on which a block begins. The parser does not say where a rule
// or an empty block stands: it has the line of what is before it.
func (b *builder) lineOf(n ast.Node) int {
	for ; n != nil; n = n.FirstChild() {
		if n.Type() == ast.TypeBlock && n.Lines().Len() > 0 {
			b.before = b.lineAt(n.Lines().At(0).Start)
			break
		}
		if t, ok := n.(*ast.Text); ok {
			b.before = b.lineAt(t.Segment.Start)
			break
		}
	}
	return max(1, b.before)
}

func (b *builder) problem(line int, format string, a ...any) {
	b.problems = append(b.problems, Problem{line, fmt.Sprintf(format, a...)})
}

// take returns a piece of the source and notes that it is shown.
func (b *builder) take(s text.Segment) string {
	for i := s.Start; i < s.Stop; i++ {
		b.shown[i] = true
	}
	return string(s.Value(b.source))
}

func (b *builder) blocks(parent ast.Node) []node {
	var nodes []node
	for c := parent.FirstChild(); c != nil; c = c.NextSibling() {
		nodes = append(nodes, b.block(c)...)
	}
	return nodes
}

// block returns the nodes of one block; a comment has none.
func (b *builder) block(n ast.Node) []node {
	line := b.lineOf(n)
	switch n := n.(type) {
	case *ast.ThematicBreak:
		return []node{{kind: rule, line: line}}
	case *ast.Blockquote:
		return []node{{kind: quote, line: line, children: b.blocks(n)}}
	case *ast.List:
		return []node{b.list(n, line)}
	case *ast.FencedCodeBlock:
		b.language(n)
		return []node{{kind: code, line: line, rows: b.codeRows(n), look: b.codeLook}}
	case *ast.CodeBlock:
		return []node{{kind: code, line: line, rows: b.codeRows(n), look: b.codeLook}}
	case *ast.HTMLBlock:
		return b.html(n, line)
	case *extast.Table:
		return []node{b.table(n, line)}
	case *ast.Heading:
		return []node{{kind: paragraph, line: line, text: b.look.heading(b.spans(n))}}
	}
	return []node{{kind: paragraph, line: line, text: b.look.paragraph(b.spans(n))}}
}

func (b *builder) list(l *ast.List, line int) node {
	n := node{kind: list, line: line, tight: l.IsTight}
	number := l.Start
	widest := len(fmt.Sprint(l.Start + l.ChildCount() - 1))
	for c := l.FirstChild(); c != nil; c = c.NextSibling() {
		marker := "• "
		if l.IsOrdered() {
			marker = fmt.Sprintf("%*d%c ", widest, number, l.Marker)
			number++
		}
		n.children = append(n.children, node{kind: item, line: b.lineOf(c), marker: marker, children: b.blocks(c)})
	}
	return n
}

// language takes the first word behind a fence as markup; more words would be
// lost.
func (b *builder) language(n *ast.FencedCodeBlock) {
	if n.Info == nil {
		return
	}
	info := n.Info.Segment
	if words := strings.Fields(b.take(info)); len(words) > 1 {
		b.problem(b.lineAt(info.Start), "%q is not shown; behind a fence only the language stands", strings.Join(words[1:], " "))
	}
}

func (b *builder) codeLook(row string) string {
	return b.look.paragraph([]span{{text: row, code: true}})
}

func (b *builder) codeRows(n ast.Node) []string {
	var rows []string
	for i := range n.Lines().Len() {
		row := strings.TrimRight(b.take(n.Lines().At(i)), "\r\n")
		rows = append(rows, clean(expandTabs(row)))
	}
	return rows
}

// html shows tags as written. A comment is meant to be hidden, so it is hidden and
// reported.
func (b *builder) html(n *ast.HTMLBlock, line int) []node {
	var s strings.Builder
	for i := range n.Lines().Len() {
		s.WriteString(b.take(n.Lines().At(i)))
	}
	if n.HasClosure() {
		s.WriteString(b.take(n.ClosureLine))
	}
	rest := b.withoutComments(s.String(), line)
	if strings.TrimSpace(rest) == "" {
		return nil
	}
	return []node{{kind: paragraph, line: line, text: b.look.paragraph([]span{{text: cleanLines(strings.TrimSpace(rest))}})}}
}

func (b *builder) withoutComments(s string, line int) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "<!--")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		line += strings.Count(before, "\n")
		b.problem(line, "a comment is not shown; the place for what only the speaker reads is notes")
		comment, rest, _ := strings.Cut(after, "-->")
		line += strings.Count(comment, "\n")
		s = rest
	}
}

func (b *builder) table(t *extast.Table, line int) node {
	n := node{kind: table, line: line}
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			cells = append(cells, b.look.paragraph(b.spans(c)))
		}
		b.beyond(row.LastChild())
		n.cells = append(n.cells, cells)
	}
	return n
}

// beyond reports what stands in a row behind its last cell, for which the table has no
// column: the parser drops it.
func (b *builder) beyond(last ast.Node) {
	if last == nil || last.Lines().Len() == 0 {
		return
	}
	from := last.Lines().At(0).Stop
	rest, _, _ := bytes.Cut(b.source[from:], []byte("\n"))
	if lost := strings.Trim(string(rest), "| \t\r"); lost != "" {
		b.take(text.NewSegment(from, from+len(rest))) // reported here
		b.problem(b.lineAt(from), "%q is not shown: the table has no column for it; a | in a cell is written \\|", lost)
	}
}

// expandTabs replaces tabs by spaces up to the next tab stop.
func expandTabs(s string) string {
	var out strings.Builder
	column := 0
	for _, r := range s {
		if r == '\t' {
			n := tabStop - column%tabStop
			out.WriteString(strings.Repeat(" ", n))
			column += n
			continue
		}
		out.WriteRune(r)
		column += width(string(r))
	}
	return out.String()
}
