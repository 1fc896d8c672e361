package cli

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// recordFile is a record that a command reads: a file, or an example.
type recordFile struct {
	io.Reader
	name  string
	close func() error
	again func(context.Context) (recordFile, error) // opens it once more; nil for what can be read only once
}

// whole says whether a record is as it was written, known whether that could be
// found out. It reads all of it, from a file of its own.
func (r recordFile) whole(ctx context.Context) (whole, known bool) {
	if r.again == nil {
		return false, false
	}
	f, err := r.again(ctx)
	if err != nil {
		return false, false
	}
	defer func() { _ = f.Close() }()
	check, err := journal.Verify(f)
	return check.Whole(), err == nil && check.Schema >= 2
}

// seekable gives the record as a file that can be read several times. What comes from
// a pipe, or compressed, is written to a file without a name: a record may be larger
// than the memory.
func (r recordFile) seekable() (io.ReadSeekCloser, error) {
	if s, ok := r.Reader.(io.ReadSeekCloser); ok {
		if _, err := s.Seek(0, io.SeekStart); err == nil {
			return struct {
				io.ReadSeeker
				io.Closer
			}{s, io.NopCloser(nil)}, nil // the record's own owner closes it
		}
	}
	f, err := os.CreateTemp("", "tikv-demo-record-")
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		_, err = io.Copy(f, r)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
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
		case *example == "" && len(args) > 1 && c.Name() == "report": // they are compared
			return nil
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
		again := func(ctx context.Context) (recordFile, error) { return openRecord(ctx, nil, example) }
		return recordFile{r, "example " + example, func() error { return nil }, again}, nil
	}
	f, err := openNamed(ctx, args[0])
	if errors.Is(err, errInterrupted) {
		return recordFile{}, err
	}
	if err != nil {
		return recordFile{}, usage("%w", err)
	}
	var again func(context.Context) (recordFile, error)
	if plainFile(args[0]) == nil {
		again = func(ctx context.Context) (recordFile, error) { return openRecord(ctx, args, "") }
	}
	return recordFile{f, args[0], f.Close, again}, nil
}
