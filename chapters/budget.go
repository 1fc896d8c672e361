package chapters

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// Edit is a chapter file with another budget.
type Edit struct {
	File     string
	Line     int    // from 1
	Old, New string // the line, without its end

	content []byte // of the whole file with the new line
}

// Diff gives the edit as a unified diff without context, for people and for patch.
func (e Edit) Diff(dir string) string {
	name := text.Harmless(filepath.Join(dir, e.File))
	return fmt.Sprintf("--- %s\n+++ %s\n@@ -%d +%d @@\n-%s\n+%s\n", name, name, e.Line, e.Line, e.Old, e.New)
}

// Rebudget gives the files in which a budget changes. Only the value of budget is
// another: comments, quotes, order and line ends stay. The files must be right.
func Rebudget(fsys fs.FS, budgets map[string]time.Duration) ([]Edit, error) {
	files, err := Read(fsys)
	if err != nil {
		return nil, err
	}
	var out []Edit
	for _, f := range files {
		budget, wanted := budgets[f.Chapter.ID]
		if !wanted || budget == f.Chapter.Budget {
			continue
		}
		e, err := f.rebudget(fsys, min(budget, maxBudget))
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// rebudget puts another value into the place where the YAML parser found the old
// one. What comes of it is read again: a file in which anything else would change is
// not touched.
func (f *File) rebudget(fsys fs.FS, budget time.Duration) (Edit, error) {
	raw, err := fs.ReadFile(fsys, f.Name)
	if err != nil {
		return Edit{}, err
	}
	byHand := &Error{Faults: []Fault{{File: f.Name, Line: f.Line("budget"), Key: "budget", Problem: "cannot be changed without you; write " + text.Duration(budget) + " yourself"}}}
	lines := bytes.SplitAfter(raw, []byte("\n"))
	at := f.budgetAt.Line + 1 // the fence above is line 1
	if at > len(lines) {
		return Edit{}, byHand
	}
	line := strings.TrimRight(string(lines[at-1]), "\r\n")
	end := string(lines[at-1])[len(line):]
	before := firstRunes(line, f.budgetAt.Column-1)
	after, found := strings.CutPrefix(strings.TrimLeft(line[len(before):], `"'`), f.budgetAt.Value)
	if !found {
		return Edit{}, byHand
	}
	quote := line[len(before) : len(line)-len(after)-len(f.budgetAt.Value)]
	e := Edit{File: f.Name, Line: at, Old: line, New: before + quote + text.Duration(budget) + after}
	lines[at-1] = []byte(e.New + end)
	e.content = bytes.Join(lines, nil)
	again := parse(f.Name, plain(e.content))
	want := f.Chapter
	want.Budget, again.Chapter.N = budget, want.N
	if len(again.faults) > 0 || build(again.Chapter) != want {
		return Edit{}, byHand
	}
	return e, nil
}

// firstRunes gives the first n characters of a line: the YAML parser counts them, not
// bytes.
func firstRunes(line string, n int) string {
	for i := range line {
		if n == 0 {
			return line[:i]
		}
		n--
	}
	return line
}

// Write puts the edited files in the place of those in dir, each in one step, and with
// the permissions that they have. A link stays one: the file behind it changes.
func Write(dir string, edits []Edit) error {
	var errs []error
	for _, e := range edits {
		errs = append(errs, e.write(dir))
	}
	return errors.Join(errs...)
}

func (e Edit) write(dir string) error {
	path, err := filepath.EvalSymlinks(filepath.Join(dir, e.File))
	if err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".budget-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone when all went well
	_, err = tmp.Write(e.content)
	if err = errors.Join(err, tmp.Chmod(st.Mode().Perm()), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
