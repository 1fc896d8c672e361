package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/rehearsal"
)

// rehearseOptions are the flags of a rehearsal.
type rehearseOptions struct {
	options
	last        int
	show, write bool
}

func newRehearse(std IO) *cobra.Command {
	o := &rehearseOptions{}
	c := &cobra.Command{
		Use:   "rehearse [DIR]",
		Short: "Run the talk as a rehearsal, then compare times and budgets",
		Long: "Run the talk as a rehearsal: the screen and the record say so. Afterwards the time of each chapter in the last talks " +
			"is printed, from their records in the state directory: the speaker's, the machine's, and that of questions. " +
			"From it come new budgets, as a diff of the budget lines: the median of the speaker's time, and the machine's time at its 95th percentile.\n\n" +
			"The machine's time is when nothing was left to do but wait: an advance was asked for, or the budget was used up, and the gate was closed. " +
			"Questions are not part of a budget. Talks without a presenter do not count, nor do chapters that --from skipped.",
		Example: "  tikv-demo rehearse my-talk\n" +
			"  tikv-demo rehearse my-talk --show           # the times alone, without a run\n" +
			"  tikv-demo rehearse my-talk --show --write   # and take the new budgets",
		Args: upToOne,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.checkRehearsal(); err != nil {
				return err
			}
			var ran error
			if !o.show {
				o.settle()
				o.rehearsal, o.inForce = true, inForce(c.Flags())
				if ran = runTalk(c.Context(), std, &o.options); c.Context().Err() != nil {
					return ran
				}
			}
			if refused := (*statusError)(nil); errors.As(ran, &refused) && refused.status != exitInterrupted {
				return ran // it did not begin
			}
			return errors.Join(ran, compareTimes(std, o))
		},
	}
	in(c.Flags(), groupRehearsal, func(f *pflag.FlagSet) {
		f.Var(between(&o.last, 5, 1, 100), "last", "how many of the last talks are compared")
		f.BoolVar(&o.show, "show", false, "compare the last talks, and run none")
		f.BoolVar(&o.write, "write", false, "write the new budgets into the chapter files of --chapters")
	})
	o.bind(c.Flags())
	return c
}

func (o *rehearseOptions) checkRehearsal() error {
	switch {
	case o.auto:
		return usage("--auto needs no speaker, and a rehearsal is about the speaker; leave it out")
	case o.loop:
		return usage("--loop is for a booth; a rehearsal is one talk")
	case o.dryRun:
		return usage("--dry-run is for tikv-demo run")
	case o.write && o.chapters == "":
		return usage("--write changes chapter files: give their directory; `tikv-demo chapters export DIR` makes one to start from")
	}
	return o.check()
}

// compareTimes prints where the time went in the last talks, and which budgets would
// fit.
func compareTimes(std IO, o *rehearseOptions) error {
	fsys, err := chapterDir(o.chapters, o.lang)
	if err != nil {
		return err
	}
	cs, err := loadChapters(o.chapters, o.lang)
	if err != nil {
		return err
	}
	state, err := stateDir()
	if err != nil {
		return err
	}
	talks, err := rehearsal.Last(filepath.Join(state, "runs"), o.last, cs)
	if err != nil {
		return precondition("the records cannot be read: %w", err)
	}
	if len(talks) == 0 {
		_, err := fmt.Fprintln(std.Out, "no talk with these chapters has been given yet; a rehearsal is one that you give yourself, without --auto")
		return err
	}
	budgets := rehearsal.Budgets(talks, cs)
	if err := printTimes(std.Out, talks, cs, budgets); err != nil {
		return err
	}
	edits, err := chapters.Rebudget(fsys, budgets)
	if err != nil {
		return usage("%w", err)
	}
	return offerBudgets(std.Out, o, edits)
}

// printTimes prints a line for each chapter, and in it the latest talk first.
func printTimes(out io.Writer, talks []rehearsal.Talk, cs []demo.Chapter, budgets map[string]time.Duration) error {
	fmt.Fprintln(out, "\nThe last talks, the latest first:")
	for _, t := range talks {
		what := "talk"
		if t.Rehearsed {
			what = "rehearsal"
		}
		fmt.Fprintf(out, "  %s  %s\n", t.Began.Local().Format("2006-01-02 15:04"), what)
	}
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "chapter\tspeaker\tmachine\tquestions\tbudget\tnew")
	for i, c := range cs {
		part := func(of func(*demo.ChapterTime) time.Duration) string {
			var all []string
			for _, t := range talks {
				all = append(all, timeOf(t.Times[i], of))
			}
			return strings.Join(all, " ")
		}
		proposed := "-"
		if b, ok := budgets[c.ID]; ok {
			proposed = clockOf(b)
		}
		fmt.Fprintf(table, "%d %s\t%s\t%s\t%s\t%s\t%s\n", c.N, c.ID,
			part(func(t *demo.ChapterTime) time.Duration { return t.Speaker }),
			part(func(t *demo.ChapterTime) time.Duration { return t.Machine }),
			part(func(t *demo.ChapterTime) time.Duration { return t.Questions }),
			clockOf(c.Budget), proposed)
	}
	return table.Flush()
}

// timeOf is one part of a chapter's time, "-" where the chapter was not spoken.
func timeOf(t *demo.ChapterTime, part func(*demo.ChapterTime) time.Duration) string {
	if t == nil {
		return "-"
	}
	return clockOf(part(t))
}

func clockOf(d time.Duration) string {
	d = d.Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// offerBudgets prints the new budgets as a diff, or writes them.
func offerBudgets(out io.Writer, o *rehearseOptions, edits []chapters.Edit) error {
	if len(edits) == 0 {
		_, err := fmt.Fprintln(out, "\nThe budgets fit.")
		return err
	}
	fmt.Fprintln(out)
	for _, e := range edits {
		fmt.Fprint(out, e.Diff(o.chapters))
	}
	switch {
	case o.write:
		if err := chapters.Write(o.chapters, edits); err != nil {
			return precondition("the budgets cannot be written: %w", err)
		}
		_, err := fmt.Fprintf(out, "\n%d budgets written in %s.\n", len(edits), o.chapters)
		return err
	case o.chapters == "":
		_, err := fmt.Fprintln(out, "\nThese are the built-in chapters. To keep budgets of your own, export them: tikv-demo chapters export DIR")
		return err
	}
	_, err := fmt.Fprintf(out, "\nTo take them: tikv-demo rehearse %s --show --write\n", o.chapters)
	return err
}
