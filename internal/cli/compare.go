package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/compare"
	"github.com/tikv-demo/tikv-demo/internal/report"
)

func newCompare(std IO) *cobra.Command {
	bench, theirs := false, []string(nil)
	c := &cobra.Command{
		Use:   "compare [RECORD|DIR]…",
		Short: "Hold runs against each other, from their records",
		Long: "Hold runs against each other: what differs in settings and machines first, then what was measured. " +
			"Records with the same settings, versions and machine are one side; every directory of records is a side of its own. " +
			"Below six runs a side there are median and range, and nothing is tested; from six on the 95% confidence interval of the median and the Mann-Whitney U test.",
		Example: "  tikv-demo compare kill.jsonl pause.jsonl\n  tikv-demo compare before/ after/\n  tikv-demo compare --example kill mine.jsonl\n  tikv-demo compare --bench before/ after/ | benchstat -col side /dev/stdin",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args)+len(theirs) == 0 {
				return usage("compare needs records, or directories of them: tikv-demo compare A B; or --example FAULT")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			in, err := exampleSides(c.Context(), theirs)
			if err != nil {
				return err
			}
			return compared(c.Context(), std, in, args, bench)
		},
	}
	c.Flags().Var(someOf(&theirs, nil, exampleWords()), "example", "the record of a good talk with this fault, which comes with the program; several with commas between them")
	in(c.Flags(), groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&bench, "bench", false, "print a Go benchmark line for each run, for benchstat")
	})
	return c
}

// compared holds records against each other.
func compared(ctx context.Context, std IO, in []compare.Input, args []string, bench bool) error {
	of, err := sides(ctx, std, args)
	if err != nil {
		return err
	}
	in = append(in, of...)
	made := compare.Make(in)
	if !bench {
		return made.Text(std.Out)
	}
	for _, x := range in {
		if !compare.Counts(x.Report) {
			fmt.Fprintf(std.Err, "tikv-demo: left out: %s was shown from another record in part\n", x.Report.Record.File)
		}
	}
	return made.Bench(std.Out)
}

// exampleSides reads the records that come with the program.
func exampleSides(ctx context.Context, faults []string) ([]compare.Input, error) {
	var all []compare.Input
	for _, fault := range faults {
		run, err := readRecord(ctx, nil, fault)
		if err != nil {
			return nil, err
		}
		all = append(all, compare.Input{Report: report.Make(run, "")})
	}
	return all, nil
}

// sides reads the records. What is no record is an error where it was named, and
// is left out of a directory.
func sides(ctx context.Context, std IO, args []string) ([]compare.Input, error) {
	var all []compare.Input
	for _, arg := range args {
		st, err := os.Stat(arg)
		if err != nil {
			return nil, usage("%w", err)
		}
		if !st.IsDir() {
			run, err := readRunFile(ctx, arg)
			if err != nil {
				return nil, err
			}
			all = append(all, compare.Input{Report: report.Make(run, "")})
			continue
		}
		files, err := filepath.Glob(filepath.Join(arg, "*.jsonl"))
		if err != nil {
			return nil, usage("%s: %w", arg, err)
		}
		slices.Sort(files)
		before := len(all)
		for _, file := range files {
			run, err := readRunFile(ctx, file)
			if errors.Is(err, errInterrupted) {
				return nil, err
			}
			if err != nil {
				fmt.Fprintln(std.Err, "tikv-demo: left out: "+oneLine(err))
				continue
			}
			all = append(all, compare.Input{Side: filepath.Clean(arg), Report: report.Make(run, "")})
		}
		if len(all) == before {
			return nil, usage("there is no record of a run (*.jsonl) in %s", arg)
		}
	}
	return all, nil
}

func readRunFile(ctx context.Context, path string) (*report.Run, error) {
	return readRecord(ctx, []string{path}, "")
}
