package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui"
)

// newChapters shows, checks and exports what is said on stage.
func newChapters(std IO) *cobra.Command {
	c := &cobra.Command{Use: "chapters", Short: "List, check or export the chapters", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(&cobra.Command{
		Use: "list [DIR]", Short: "List the chapters and their time budgets", Args: upToOne,
		RunE: func(_ *cobra.Command, args []string) error {
			cs, err := loadChapters(first(args))
			if err != nil {
				return err
			}
			return listChapters(std, cs)
		},
	}, &cobra.Command{
		Use: "lint DIR", Short: "Check a directory of chapter files; every fault with file, line and key", Args: exactlyOne,
		RunE: func(_ *cobra.Command, args []string) error { return lintChapters(std, args[0]) },
	}, &cobra.Command{
		Use: "export DIR", Short: "Write the built-in chapter files into a new directory", Args: exactlyOne,
		RunE: func(_ *cobra.Command, args []string) error { return exportChapters(std, args[0]) },
	})
	return c
}

// lintChapters says everything that is wrong with the chapter files of a
// directory: what stops a talk, and what the audience would not see.
func lintChapters(std IO, dir string) error {
	fsys, err := chapterDir(dir)
	if err != nil {
		return err
	}
	files, err := chapters.Read(fsys)
	var wrong *chapters.Error
	if err != nil && !errors.As(err, &wrong) {
		return err
	}
	if wrong == nil {
		wrong = &chapters.Error{Faults: remarks(files)}
	}
	if len(wrong.Faults) > 0 {
		fmt.Fprintln(std.Err, wrong.Error())
		return &statusError{exitFailed, errSaid}
	}
	fmt.Fprintf(std.Out, "%d chapters, no fault\n", len(files))
	return nil
}

// remarks gives what is not shown, or not whole on a terminal of a common size.
func remarks(files []*chapters.File) []chapters.Fault {
	var out []chapters.Fault
	for _, f := range files {
		out = append(out, f.Remarks()...)
		for _, m := range tui.Misfits(f.Chapter) {
			line := f.Line(m.Key)
			if m.Key == "" {
				line = f.NarrationLine(m.Line)
			}
			out = append(out, chapters.Fault{File: f.Name, Line: line, Key: m.Key,
				Problem: fmt.Sprintf("does not fit %d×%d: it needs %d %s and has %d; shorten it", m.Width, m.Height, m.Needs, m.Unit, m.Has)})
		}
	}
	return out
}

func listChapters(std IO, cs []demo.Chapter) error {
	var total float64
	for _, c := range cs {
		fmt.Fprintf(std.Out, "%d  %-10s %5.1f min  %s\n", c.N, c.ID, c.Budget.Minutes(), c.Title)
		total += c.Budget.Minutes()
	}
	_, err := fmt.Fprintf(std.Out, "%20.1f min in all\n", total)
	return err
}

// exportChapters never writes over a file that is there.
func exportChapters(std IO, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return precondition("cannot make %s: %w", dir, err)
	}
	names, err := fs.Glob(chapters.Files, "*.md")
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := fs.ReadFile(chapters.Files, name)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return precondition("cannot write a chapter: %w; choose an empty directory", err)
		}
		_, err = f.Write(b)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(std.Out, "%d chapter files in %s; play them with --chapters %s\n", len(names), dir, dir)
	return err
}

// newNotes prints what only the speaker reads.
func newNotes(std IO) *cobra.Command {
	return &cobra.Command{
		Use: "notes [DIR]", Short: "Print the speaker's notes of every chapter", Args: upToOne,
		RunE: func(_ *cobra.Command, args []string) error {
			cs, err := loadChapters(first(args))
			if err != nil {
				return err
			}
			for _, c := range cs {
				fmt.Fprintf(std.Out, "# %d · %s (%.1f min)\n\n%s\n\n", c.N, c.Title, c.Budget.Minutes(), text.Clean(c.Notes))
			}
			return nil
		},
	}
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func upToOne(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage("%s takes at most one argument; see %s --help", c.CommandPath(), c.CommandPath())
	}
	return nil
}

func exactlyOne(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("%s takes one argument; see %s --help", c.CommandPath(), c.CommandPath())
	}
	return nil
}
