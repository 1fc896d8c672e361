package chapters

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// Fault is one thing that is wrong with a chapter file.
type Fault struct {
	File    string // name within the directory, "" when the directory itself is wrong
	Line    int    // from 1; 0 when it is about the whole file
	Key     string // front-matter key, "" when it is about none
	Problem string // what is wrong and what would be right
}

// String gives the fault in the form that editors jump to: "file:line: key: problem".
// It is one line without control characters, whatever the file and its name hold.
func (f Fault) String() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d", f.Line)
		}
		b.WriteString(": ")
	}
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	return text.Line(b.String()+f.Problem, 0)
}

// Error is everything that is wrong with a directory of chapter files, in the
// order of files and lines. Somebody who repairs one fault at a time would start
// the program once for each.
type Error struct{ Faults []Fault }

// Error gives the faults, one a line.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Faults))
	for _, f := range e.Faults {
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

// sorted orders faults by file and line; those about the directory come last,
// because they often follow from the others.
func sorted(fs []Fault) []Fault {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		switch {
		case a.File == b.File:
			return a.Line - b.Line
		case a.File == "":
			return 1
		case b.File == "":
			return -1
		}
		return strings.Compare(a.File, b.File)
	})
	return fs
}
