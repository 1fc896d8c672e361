package chapters

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

const (
	fence   = "---"
	maxFile = 64 << 10 // bytes; a chapter is a page of text
)

// File is one chapter file as it was read.
type File struct {
	Name    string
	Chapter demo.Chapter

	text     []string          // its lines
	lines    map[string]int    // of each key that was given
	body     int               // the line on which the narration begins
	raw      map[string]string // title and key hint before cleaning
	comments map[string]string // behind the value of a key, "# …"
	notes    int               // the line on which the notes begin, 0 when their lines are not those of the file
	budgetAt *yaml.Node        // the value of budget, nil when the file gives none
	faults   []Fault
}

// isChapter tells chapter files by a digit at the beginning of their names. A
// README.md, an open editor's .#01-welcome.md and the ._01-welcome.md that macOS
// leaves on a USB stick are none.
var isChapter = regexp.MustCompile(`^[0-9].*\.md$`)

// Load reads the chapters from the files at the top of fsys that are named like
// 01-welcome.md, in the order of their names. Either all is right, or the error
// is an *Error with every fault of every file (or says why fsys cannot be
// listed).
func Load(fsys fs.FS) ([]demo.Chapter, error) {
	files, err := Read(fsys)
	if err != nil {
		return nil, err
	}
	cs := make([]demo.Chapter, 0, len(files))
	for _, f := range files {
		cs = append(cs, f.Chapter)
	}
	return cs, nil
}

// Read is Load for those who want to know where in which file a chapter's parts
// stand.
func Read(fsys fs.FS) ([]*File, error) {
	entries, err := fs.ReadDir(fsys, ".") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("list chapter files: %w", err)
	}
	var files []*File
	for _, e := range entries {
		if isChapter.MatchString(e.Name()) {
			f := load(fsys, e.Name())
			files = append(files, f)
			f.Chapter.N = len(files)
		}
	}
	faults := checkPlay(files)
	for _, f := range files {
		faults = append(faults, f.faults...)
	}
	if len(faults) > 0 {
		return nil, &Error{Faults: sorted(faults)}
	}
	cs := make([]demo.Chapter, 0, len(files))
	for _, f := range files {
		f.Chapter = build(f.Chapter)
		cs = append(cs, f.Chapter)
	}
	return files, demo.CheckChapters(cs)
}

// build lets the constructors make the chapters that have one.
func build(c demo.Chapter) demo.Chapter {
	switch c.OnEnter {
	case demo.OnEnterFault:
		return demo.FaultChapter(c)
	case demo.OnEnterRecover:
		return demo.RecoveryChapter(c)
	case demo.OnEnterVerify:
		return demo.VerifyChapter(c)
	}
	return c
}

func (f *File) fault(line int, key, format string, a ...any) {
	f.faults = append(f.faults, Fault{File: f.Name, Line: line, Key: key, Problem: fmt.Sprintf(format, a...)})
}

// load reads one file and finds what is wrong with it alone.
func load(fsys fs.FS, name string) *File {
	content, err := read(fsys, name)
	if err != nil {
		f := &File{Name: name}
		f.fault(0, "", "%v", err)
		return f
	}
	return parse(name, content)
}

// parse reads a file's text.
func parse(name, content string) *File {
	f := &File{Name: name, lines: map[string]int{}, raw: map[string]string{}, comments: map[string]string{}}
	lines := strings.Split(content, "\n")
	f.text = lines
	for i, l := range lines {
		if strings.ContainsFunc(l, acts) {
			f.fault(i+1, "", "%s", actsProblem)
		}
	}
	if strings.TrimRight(lines[0], " \t") != fence {
		f.fault(1, "", "the file must begin with a line %q, front matter, and another line %q", fence, fence)
		return f
	}
	end := 1
	for end < len(lines) && strings.TrimRight(lines[end], " \t") != fence {
		end++
	}
	if end == len(lines) {
		f.fault(1, "", "the front matter has no end; close it with a line %q", fence)
		return f
	}
	if len(f.faults) == 0 { // a control character would only be reported again, in YAML's words
		f.frontMatter(strings.Join(lines[1:end], "\n"))
	}
	f.body = end + 2
	narration, before := trimmed(strings.Join(lines[end+1:], "\n"))
	f.Chapter.Narration = narration
	f.body += before
	if f.Chapter.Narration == "" {
		f.fault(end+1, "", "there is no narration after the front matter; write what the audience reads")
	}
	return f
}

// trimmed gives Markdown without the blank lines around it, and how many stood before
// it. The indentation of the first line has a meaning: a list in a list, or code.
func trimmed(markdown string) (text string, before int) {
	text = markdown
	for {
		first, rest, more := strings.Cut(text, "\n")
		if !more || strings.TrimSpace(first) != "" {
			return strings.TrimRightFunc(text, unicode.IsSpace), before
		}
		text = rest
		before++
	}
}

const actsProblem = "holds a control character; a terminal would obey it"

// acts tells characters that may stand nowhere in a file.
func acts(r rune) bool { return text.Acts(r) && r != '\t' }

// read gives a file's text with plain line ends, or says why it is no text. A
// pipe is not opened: nobody may ever write to it.
func read(fsys fs.FS, name string) (string, error) {
	if st, err := fs.Stat(fsys, name); err != nil {
		return "", err
	} else if !st.Mode().IsRegular() {
		return "", fmt.Errorf("not a regular file; remove it or rename it")
	}
	r, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }() // nothing was written
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return "", err
	case len(b) > maxFile:
		return "", fmt.Errorf("the file is longer than %d KiB; a chapter is a page of text", maxFile>>10)
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return "", fmt.Errorf("the file is UTF-16; save it as UTF-8")
	case !utf8.Valid(b):
		return "", fmt.Errorf("line %d is not UTF-8; save the file as UTF-8", lineOfBadByte(b))
	}
	return plain(b), nil
}

// lineOfBadByte gives the line of the first byte that is no UTF-8.
func lineOfBadByte(b []byte) int {
	return 1 + slices.IndexFunc(bytes.Split(b, []byte("\n")), func(line []byte) bool { return !utf8.Valid(line) })
}

// plain is a file's text without what some editors add.
func plain(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}
