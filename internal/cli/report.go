package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/report"
)

// The forms of a report.
const (
	asHTML     = "html"
	asMarkdown = "markdown"
	asJSON     = "json"
)

var reportForms = []word{
	{asHTML, "one page without scripts, for the screen and for A4"},
	{asMarkdown, "GitHub's Markdown"},
	{asJSON, "the same as data"},
}

func newReport(std IO) *cobra.Command {
	as, out, example, bench := "", "", "", false
	c := &cobra.Command{
		Use:   "report [FILE]…",
		Short: "Make a report of the record of a run: HTML, Markdown or JSON",
		Long: "Make a report of the record of a run: what happened, what clients saw, what the fault cost, what was answered and how right it was. " +
			"HTML is written to a new file in the current directory, the others to standard output; --out names another new file. " +
			"The same record always gives the same report. What a record does not hold is said to be missing. " +
			"Several records are held against each other, as with compare.",
		Example: "  tikv-demo report run.jsonl\n  tikv-demo report --as markdown run.jsonl > run.md\n  tikv-demo report --as json run.jsonl | jq .cost\n  tikv-demo report --example kill\n  tikv-demo report A.jsonl B.jsonl",
		Args:    recordOrExample(&example),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case (len(args) > 1 || bench) && (c.Flags().Changed("as") || out != "" || example != ""):
				return usage("several records are compared, as text or with --bench; --as, --out and --example are for the report of one")
			case len(args) > 1 || bench:
				return compared(c.Context(), std, nil, args, bench)
			}
			run, err := readRecord(c.Context(), args, example)
			if err != nil {
				return err
			}
			return writeReport(c.Context(), std, report.Make(run, repeatOf(run)), as, out)
		},
	}
	bindExample(c.Flags(), &example)
	in(c.Flags(), groupOutput, func(f *pflag.FlagSet) {
		f.Var(oneOf(&as, asHTML, reportForms), "as", "form of the report")
		f.StringVar(&out, "out", "", "new `FILE` to write, or - for standard output")
		f.BoolVar(&bench, "bench", false, "print a Go benchmark line for each run, for benchstat")
	})
	return c
}

// readRecord reads what recordOrExample let through.
func readRecord(ctx context.Context, args []string, example string) (*report.Run, error) {
	f, err := openRecord(ctx, args, example)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return readRun(f)
}

// readRun reads a record.
func readRun(f recordFile) (*report.Run, error) {
	r, err := f.seekable()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	defer func() { _ = r.Close() }()
	return report.Read(r, f.name)
}

func writeReport(ctx context.Context, std IO, r report.Report, as, out string) error {
	var b bytes.Buffer
	var err error
	switch as {
	case asJSON:
		var text []byte
		text, err = r.JSON()
		b.Write(text)
	case asMarkdown:
		err = r.Markdown(&b)
	default:
		err = r.HTML(&b)
		if out == "" {
			return writeOwn(std, htmlName(r.Record.File), b.Bytes())
		}
	}
	if err != nil {
		return err
	}
	return writeNamed(ctx, std, out, contents(b.Bytes()))
}

// htmlName is what the report of a record is called.
func htmlName(record string) string {
	base := strings.ReplaceAll(filepath.Base(record), " ", "-")
	return strings.TrimSuffix(base, filepath.Ext(base)) + ".html"
}

// writeOwn writes a file that nobody named, and says where. One that is there is
// somebody's.
func writeOwn(std IO, name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s is there already; name a file with --out, or remove it", name)
	}
	if err != nil {
		return err
	}
	if err = writeNew(f, contents(b)); err == nil {
		fmt.Fprintln(std.Err, "tikv-demo: "+name+" is written")
	}
	return err
}

// notRepeated are the flags that name a place of that run, or only its looks.
var notRepeated = []string{"record", "config", "dry-run", "version", "cast"}

// repeatOf is the command line that repeats a run: the flags in force that are
// not defaults. "" where the record has none.
func repeatOf(run *report.Run) string {
	flags := run.Started.Flags
	if len(flags) == 0 {
		return ""
	}
	defaults := pflag.NewFlagSet("", pflag.ContinueOnError)
	(&options{}).bind(defaults)
	line := []string{"tikv-demo run"}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		value := flags[name]
		fl := defaults.Lookup(name)
		if fl == nil || slices.Contains(notRepeated, name) || value == "" || value == fl.DefValue {
			continue
		}
		if strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]") && strings.HasSuffix(fl.Value.Type(), "Slice") {
			value = value[1 : len(value)-1]
		}
		word := "--" + name + "=" + value
		if fl.Value.Type() == "bool" && value == "true" {
			word = "--" + name
		}
		line = append(line, report.ShellWord(word))
	}
	return strings.Join(line, " ")
}
