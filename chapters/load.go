package chapters

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

const (
	fence   = "---"
	maxFile = 64 << 10 // bytes; a chapter is a page of text
)

// file is one chapter file as it was read.
type file struct {
	name    string
	lines   map[string]int // of each key that was given
	chapter demo.Chapter
	faults  []Fault
}

// Load reads the chapters from the *.md files at the top of fsys, in the order
// of their names. Either all is right, or the error is an *Error with every
// fault of every file (or says why fsys cannot be listed).
func Load(fsys fs.FS) ([]demo.Chapter, error) {
	names, err := fs.Glob(fsys, "*.md") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("list chapter files: %w", err)
	}
	files := make([]*file, 0, len(names))
	for i, name := range names {
		f := load(fsys, name)
		f.chapter.N = i + 1
		files = append(files, f)
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
		cs = append(cs, build(f.chapter))
	}
	return cs, demo.CheckChapters(cs)
}

// build lets the constructors make the two chapters that have one.
func build(c demo.Chapter) demo.Chapter {
	switch c.OnEnter {
	case demo.OnEnterFault:
		return demo.FaultChapter(c)
	case demo.OnEnterRecover:
		return demo.RecoveryChapter(c)
	}
	return c
}

func (f *file) fault(line int, key, format string, a ...any) {
	f.faults = append(f.faults, Fault{File: f.name, Line: line, Key: key, Problem: fmt.Sprintf(format, a...)})
}

// load reads one file and finds what is wrong with it alone.
func load(fsys fs.FS, name string) *file {
	f := &file{name: name, lines: map[string]int{}}
	text, err := read(fsys, name)
	if err != nil {
		f.fault(0, "", "%v", err)
		return f
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.ContainsFunc(l, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
			f.fault(i+1, "", "holds a control character; a terminal would obey it")
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
	f.chapter.Narration = strings.TrimSpace(strings.Join(lines[end+1:], "\n"))
	if f.chapter.Narration == "" {
		f.fault(end+1, "", "there is no narration after the front matter; write what the hall reads")
	}
	return f
}

// read gives a file's text with plain line ends, or says why it is no text.
func read(fsys fs.FS, name string) (string, error) {
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
	case !utf8.Valid(b):
		return "", fmt.Errorf("the file is not UTF-8 text")
	}
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	return strings.ReplaceAll(string(b), "\r\n", "\n"), nil
}
