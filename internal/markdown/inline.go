package markdown

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// span is a piece of a line in one style. Its text is decoded and clean.
type span struct {
	text               string
	strong, emph, code bool
}

// spans returns the content of a block, piece by piece.
func (b *builder) spans(block ast.Node) []span {
	s := &spanner{builder: b, line: b.lineOf(block)}
	s.children(block, span{})
	return s.out
}

type spanner struct {
	*builder
	line int
	out  []span
}

func (s *spanner) add(look span, t string) {
	if t != "" {
		look.text = t
		s.out = append(s.out, look)
	}
}

func (s *spanner) children(parent ast.Node, look span) {
	for c := parent.FirstChild(); c != nil; c = c.NextSibling() {
		s.inline(c, look)
	}
}

func (s *spanner) inline(n ast.Node, look span) {
	switch n := n.(type) {
	case *ast.Text:
		s.line = s.lineAt(n.Segment.Start)
		s.add(look, clean(s.decode(s.take(n.Segment))))
		switch {
		case n.HardLineBreak():
			s.add(look, "\n")
		case n.SoftLineBreak():
			s.add(look, " ")
		}
	case *ast.String:
		s.add(look, clean(string(n.Value)))
	case *ast.CodeSpan:
		look.code = true
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				s.add(look, clean(expandTabs(s.take(t.Segment))))
			}
		}
	case *ast.Emphasis:
		if n.Level > 1 {
			look.strong = true
		} else {
			look.emph = true
		}
		s.children(n, look)
	case *extast.Strikethrough:
		// Not every terminal can strike through, and without that the words would
		// say the opposite.
		s.add(look, "~~")
		s.children(n, look)
		s.add(look, "~~")
	case *extast.TaskCheckBox:
		s.add(look, map[bool]string{true: "[x] ", false: "[ ] "}[n.IsChecked])
	case *ast.Link:
		s.children(n, look)
		s.target(look, n.Destination, n.Title)
	case *ast.Image: // a terminal shows no pictures
		s.children(n, look)
		s.target(look, n.Destination, n.Title)
	case *ast.AutoLink:
		s.add(look, clean(string(n.Label(s.source))))
	case *ast.RawHTML:
		s.html(n, look)
	default:
		s.children(n, look)
	}
}

// target shows the address of a link: the audience cannot click.
func (s *spanner) target(look span, destination, title []byte) {
	s.targets[string(destination)] = true
	var parts []string
	for _, p := range [][]byte{destination, title} {
		if t := strings.TrimSpace(clean(s.decode(string(p)))); t != "" {
			parts = append(parts, t)
		}
	}
	if len(parts) > 0 {
		s.add(look, " ("+strings.Join(parts, " ")+")")
	}
}

func (s *spanner) html(n *ast.RawHTML, look span) {
	var t strings.Builder
	line := 1
	for i := range n.Segments.Len() {
		if i == 0 {
			line = s.lineAt(n.Segments.At(i).Start)
		}
		t.WriteString(s.take(n.Segments.At(i)))
	}
	s.add(look, clean(s.withoutComments(t.String(), line)))
}

// decode resolves backslash escapes and entities as CommonMark does, in one
// pass: what an escape protects is not an entity. An entity of a character that
// cannot be shown, such as a control character, is shown as it was written.
func (s *spanner) decode(t string) string {
	if !strings.ContainsAny(t, `\&`) {
		return t
	}
	var out strings.Builder
	for i := 0; i < len(t); i++ {
		if t[i] == '\\' && i+1 < len(t) && util.IsPunct(t[i+1]) {
			i++
		} else if decoded, n := entity(t[i:]); n > 0 {
			if written := t[i : i+n]; strings.TrimSpace(decoded) != "" && clean(decoded) != decoded {
				s.problem(s.line, "%s stands for a character that is not shown; take it out", written)
				decoded = written
			}
			out.WriteString(decoded)
			i += n - 1
			continue
		}
		out.WriteByte(t[i])
	}
	return out.String()
}

// longestEntity is a byte more than the longest name of HTML5.
const longestEntity = 36

// entity decodes the entity that s begins with and gives its length, or 0.
func entity(s string) (string, int) {
	if s[0] != '&' {
		return "", 0
	}
	end := strings.IndexByte(s[:min(len(s), longestEntity)], ';')
	if end < 2 {
		return "", 0
	}
	if s[1] == '#' {
		if m := numeric.FindStringSubmatch(s[:end+1]); m != nil {
			return character(m[1], m[2]), end + 1
		}
		return "", 0
	}
	if e, ok := util.LookUpHTML5EntityByName(s[1:end]); ok {
		return string(e.Characters), end + 1
	}
	return "", 0
}

// numeric is the number of a character as CommonMark has it. Seen with goldmark v1.7.13:
// it takes "0100" for an octal number.
var numeric = regexp.MustCompile(`^&#(?:([0-9]{1,7})|[xX]([0-9a-fA-F]{1,6}));$`)

func character(decimal, hex string) string {
	digits, base := decimal, 10
	if hex != "" {
		digits, base = hex, 16
	}
	n, err := strconv.ParseInt(digits, base, 32)
	if err != nil || n == 0 || !utf8.ValidRune(rune(n)) {
		n = utf8.RuneError
	}
	return string(rune(n))
}

// longLine is longer than any chapter file.
const longLine = 1 << 20

// cleanLines takes out of decoded text what must not reach a terminal.
func cleanLines(s string) string {
	c := text.Cleaner{MaxLine: longLine}
	return c.Clean(s) + c.Flush()
}

// clean is cleanLines for text that is within a line.
func clean(s string) string { return strings.ReplaceAll(cleanLines(s), "\n", " ") }
