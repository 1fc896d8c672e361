package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/examples"
)

// recordFile is a record that a command reads: a file, or an example.
type recordFile struct {
	io.Reader
	name  string
	close func() error
}

// Close closes the file.
func (r recordFile) Close() error { return r.close() }

// exampleWords are the faults of which the program brings a record.
func exampleWords() []word { return only(faults(), examples.Names()...) }

// bindExample adds --example, which stands in the place of a FILE.
func bindExample(f *pflag.FlagSet, to *string) {
	f.Var(oneOf(to, "", exampleWords()), "example", "instead of a FILE, the record of a good talk with this fault, which comes with the program")
}

// recordOrExample wants one FILE, or an example.
func recordOrExample(example *string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case *example != "" && len(args) > 0:
			return usage("give a FILE or --example, not both")
		case *example == "" && len(args) > 1 && c.Name() == "report":
			return usage("report needs one FILE; to hold runs against each other: tikv-demo compare A B")
		case *example == "" && len(args) != 1:
			return usage("%s needs one FILE, or --example FAULT: tikv-demo %s FILE; records are in the directory runs of the state directory", c.Name(), c.Name())
		}
		return nil
	}
}

// openRecord opens what recordOrExample let through.
func openRecord(ctx context.Context, args []string, example string) (recordFile, error) {
	if example != "" {
		r, err := examples.Open(example)
		if err != nil {
			return recordFile{}, usage("%w", err)
		}
		return recordFile{r, "example " + example, func() error { return nil }}, nil
	}
	f, err := openNamed(ctx, args[0])
	if errors.Is(err, errInterrupted) {
		return recordFile{}, err
	}
	if err != nil {
		return recordFile{}, usage("%w", err)
	}
	return recordFile{f, args[0], f.Close}, nil
}
