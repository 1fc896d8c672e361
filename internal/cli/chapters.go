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
	c := &cobra.Command{Use: "chapters", Short: "List, check or export the chapters; print their schema", Args: noArgs,
		Example: "  tikv-demo chapters export my-talk   # the built-in files, to start from\n" +
			"  tikv-demo chapters lint my-talk",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(ofDir(&cobra.Command{
		Use: "list [DIR]", Short: "List the chapters and their time budgets",
		Example: "  tikv-demo chapters list\n  tikv-demo chapters list --lang de\n  tikv-demo chapters list my-talk",
	}, func(cs []demo.Chapter) error { return listChapters(std, cs) }),
		newLint(std),
		newExport(std),
		&cobra.Command{
			Use: "schema", Short: "Print the JSON schema of the front matter, for editors", Args: noArgs,
			Long: "Print the JSON schema of a chapter's front matter. An editor that knows it completes keys and values,\n" +
				"and marks what is wrong. It is of draft 7, which editors know best.",
			Example: "  tikv-demo chapters schema > my-talk/chapter.schema.json",
			RunE:    func(*cobra.Command, []string) error { return printSchema(std) },
		})
	return c
}

func printSchema(std IO) error {
	b, err := chapters.Schema()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.Out, "%s\n", b)
	return err
}

// ofDir makes c a command about the chapters of [DIR] or --chapters, or about the
// built-in ones.
func ofDir(c *cobra.Command, do func([]demo.Chapter) error) *cobra.Command {
	o := &options{}
	o.bindSettings(c.Flags())
	c.Args = upToOne
	c.RunE = func(*cobra.Command, []string) error {
		cs, err := loadChapters(o.chapters, o.lang)
		if err != nil {
			return err
		}
		return do(cs)
	}
	return c
}

func newLint(std IO) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use: "lint [DIR]", Short: "Check chapter files; every fault with file, line and key", Args: upToOne,
		Long:    "Check the chapter files of a directory, and say every fault with file, line and key, and what would not be shown or not fit on the screen.",
		Example: "  tikv-demo chapters lint my-talk",
		RunE:    func(*cobra.Command, []string) error { return lintChapters(std, o) },
	}
	o.bindSettings(c.Flags())
	return c
}

// lintChapters says everything that is wrong with the chapter files of a
// directory: what stops a talk, and what the audience would not see.
func lintChapters(std IO, o *options) error {
	fsys, err := chapterDir(o.chapters, o.lang)
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

func newExport(std IO) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use: "export NEWDIR", Short: "Write the built-in chapter files into a new directory", Args: exactlyOne,
		Long:    "Write the built-in chapter files into a new directory, and beside them " + settingsName + " with every setting\nas a comment.",
		Example: "  tikv-demo chapters export my-talk\n  tikv-demo chapters export --lang de mein-vortrag",
		RunE:    func(_ *cobra.Command, args []string) error { return exportChapters(std, args[0], o.lang) },
	}
	o.bindLanguage(c.Flags())
	return c
}

// exportChapters never writes over a file that is there.
func exportChapters(std IO, dir, lang string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return precondition("cannot make %s: %w", dir, err)
	}
	talk := chapters.Files(lang)
	names, err := fs.Glob(talk, "*.md")
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := fs.ReadFile(talk, name)
		if err != nil {
			return err
		}
		if err := writeChapter(filepath.Join(dir, name), b); err != nil {
			return err
		}
	}
	if err := writeChapter(filepath.Join(dir, settingsName), commentedSettings()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.Out, "%d chapter files and %s in %s; play them with --chapters %s\n", len(names), settingsName, dir, dir)
	return err
}

func writeChapter(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return precondition("cannot write a chapter: %w; choose an empty directory", err)
	}
	return writeNew(f, contents(content))
}

// newNotes prints what only the speaker reads.
func newNotes(std IO) *cobra.Command {
	return ofDir(&cobra.Command{
		Use: "notes [DIR]", Short: "Print the speaker's notes of every chapter",
		Long:    "Print what only the speaker reads: what to say, what to point at, and what to do if it goes wrong.",
		Example: "  tikv-demo notes | less\n  tikv-demo notes my-talk",
	}, func(cs []demo.Chapter) error {
		for _, c := range cs {
			fmt.Fprintf(std.Out, "# %d · %s (%.1f min)\n\n%s\n\n", c.N, c.Title, c.Budget.Minutes(), text.Clean(c.Notes))
		}
		return nil
	})
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
