package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

func newVerify(std IO) *cobra.Command {
	head, example := "", ""
	c := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Check that a record is whole, and which one it is",
		Long: "Verify checks that a record is whole: that no line was changed, taken out, added\nor moved after it was written. With --head it also checks that the record is the\none that a screen or a report showed. " +
			"A chain of hashes cannot stop the author of\na record from writing all of it anew: only a head that somebody else noted can.\n\n" +
			"Exit status: 0 the record is whole (and is the one with that head); 1 it is not;\n2 usage error.",
		Example: "  tikv-demo verify run.jsonl\n  tikv-demo verify --head 3f9a17c2 run.jsonl",
		Args:    recordOrExample(&example),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := openRecord(c.Context(), args, example)
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }()
			return verify(std, f, head)
		},
	}
	bindExample(c.Flags(), &example)
	c.Flags().StringVar(&head, "head", "", "the head that was shown: its first eight characters or more, or its four words")
	return c
}

func verify(std IO, f recordFile, head string) error {
	path := f.name
	r, err := journal.Verify(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Fprintf(std.Out, "record   %s\nbegan    %s\nschema   %d, %d lines\n", path, r.Began.Format("2006-01-02 15:04:05 MST"), r.Schema, r.Lines)
	if r.Run != "" {
		fmt.Fprintf(std.Out, "run      %s\n", text.Line(r.Run, 80))
	}
	for _, seal := range r.Seals {
		fmt.Fprintf(std.Out, "screen   %s %s\n", journal.Short(seal), journal.Words(seal))
	}
	for _, s := range r.Shown {
		fmt.Fprintln(std.Out, "shown    "+shownInstead(s))
	}
	if r.Schema >= 2 {
		fmt.Fprintf(std.Out, "head     %s %s\n", journal.Short(r.Head), journal.Words(r.Head))
	}
	for _, fault := range r.Faults {
		fmt.Fprintln(std.Out, "✗ "+fault)
	}
	if more := r.Damaged - len(r.Faults); more > 0 {
		fmt.Fprintf(std.Out, "✗ and %d more\n", more)
	}
	switch {
	case !r.Whole():
		return fmt.Errorf("%s is not a whole record: %s", path, r.Faults[0])
	case head != "" && !r.Names(head):
		return fmt.Errorf("%s is whole, but it is another record than the one with the head %s", path, text.Line(head, 80))
	}
	fmt.Fprintln(std.Out, "✓ whole: nothing was changed, taken out or added after it was written, unless by one who wrote all of it anew")
	return nil
}

// shownInstead says which part of a talk the audience saw from another record.
func shownInstead(s journal.Shown) string {
	line := fmt.Sprintf("in chapter %d the screen went on from %s", s.N, text.Line(s.Record, 200))
	if s.Head != "" {
		line += fmt.Sprintf(", head %s %s", text.Line(journal.Short(s.Head), 20), journal.Words(s.Head))
	}
	if s.Back {
		return line + "; later it was live again"
	}
	return line + ", to the end"
}
