package chapters

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/markdown"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

// Remarks gives what of a file is not shown, or not shown as it stands there. A
// talk can be given with these: on the screen they do no harm.
func (f *File) Remarks() []Fault {
	var out []Fault
	remark := func(line int, key, problem string) {
		out = append(out, Fault{File: f.Name, Line: line, Key: key, Problem: problem})
	}
	for i, l := range f.text {
		if p := unshown(l); p != "" {
			remark(i+1, "", p)
		}
	}
	for _, key := range []string{"title", "key_hint"} {
		if p := unshown(f.raw[key]); p != "" && unshown(f.text[f.lines[key]-1]) == "" {
			remark(f.lines[key], key, p) // by an escape of YAML
		}
	}
	for _, key := range []string{"title", "key_hint", "notes"} {
		if c := f.comments[key]; c != "" {
			remark(f.lines[key], key, fmt.Sprintf("%q is a comment to YAML, and not shown; put the value in quotes, or take it out", c))
		}
	}
	for _, p := range markdown.Parse(f.Chapter.Narration, markdown.Look{}).Problems() {
		remark(f.NarrationLine(p.Line), "", p.Text)
	}
	for _, p := range demo.NoteParts(f.Chapter.Notes) { // they are shown part by part
		for _, lost := range markdown.Parse(p.Text, markdown.Look{}).Problems() {
			remark(f.notesLine(p.Line+lost.Line-1), "notes", lost.Text)
		}
		if p.On != "" && !slices.Contains(demo.MarkNames(), p.On) {
			remark(f.notesLine(p.Line), "notes", fmt.Sprintf("[on: %s] never happens; choose one of %s", p.On, strings.Join(demo.MarkNames(), ", ")))
		}
	}
	slices.SortStableFunc(out, func(a, b Fault) int { return a.Line - b.Line })
	return out
}

// fromTheRight are the scripts that are written from right to left. Some terminals reorder
// a row that holds them, with the frame beside it, and others do not.
var fromTheRight = []*unicode.RangeTable{
	unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic, unicode.Adlam,
}

// unshown says which character of a line is not shown, or is not as wide
// everywhere: a row that a terminal draws wider than it was measured breaks the
// screen.
func unshown(l string) string {
	marks := 0
	for _, r := range l {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		switch {
		case !text.Shown(r):
			return fmt.Sprintf("holds %U, which is not shown; take it out", r)
		case marks > text.MaxMarks:
			return fmt.Sprintf("holds %U, the mark number %d on one character; only %d are shown", r, marks, text.MaxMarks)
		case unicode.In(r, fromTheRight...):
			return "holds words that are written from right to left; terminals do not agree about the order in which they show them"
		}
	}
	if c := text.Clean(l); ansi.StringWidth(c) != ansi.StringWidthWc(c) {
		return "holds a character of several parts; terminals do not agree how wide it is"
	}
	return ""
}

// Line gives the line of a key, or 1 when the file does not give it.
func (f *File) Line(key string) int { return max(1, f.lines[key]) }

// NarrationLine gives the line in the file of a line of the narration.
func (f *File) NarrationLine(n int) int { return f.body + n - 1 }

// notesLine gives the line in the file of a line of the notes.
func (f *File) notesLine(n int) int {
	if f.notes == 0 {
		return f.Line("notes")
	}
	return f.notes + n - 1
}
