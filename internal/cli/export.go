package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/muesli/termenv"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tikv-demo/tikv-demo/internal/cast"
	"github.com/tikv-demo/tikv-demo/internal/export"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/report"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

// exportForms are the formats of other programs that a record is written in.
var exportForms = []word{
	{"cast", "the screen, for asciinema: asciicast v2, with the chapters as markers"},
	{"trace", "Chrome's trace events, which Perfetto opens"},
	{"csv", "every second of the workload"},
	{"hdr", "HdrHistogram's interval log: every latency of every second"},
	{"grafana", "annotations for Grafana's HTTP API, one a line"},
}

// exportOptions are the flags of export.
type exportOptions struct {
	as, out, theme, example string
	size                    screenSize
}

func newRecordExport(std IO) *cobra.Command {
	o := &exportOptions{size: screenSize{120, 36}}
	c := &cobra.Command{
		Use:   "export --as FORMAT [FILE]",
		Short: "Write the record of a run in the format of another program",
		Long: "Write the record of a run in the format of another program, to standard output or to the new file that --out names. " +
			"A cast is made from the record at any size: nothing that was typed is in it, and every frame says that it is a replay, and of when.",
		Example: "  tikv-demo export --as cast run.jsonl > run.cast    # asciinema play run.cast\n" +
			"  tikv-demo export --as trace run.jsonl > run.json   # open it in Perfetto\n" +
			"  tikv-demo export --as csv run.jsonl > run.csv\n" +
			"  tikv-demo export --as hdr run.jsonl > run.hlog",
		Args: recordOrExample(&o.example),
		RunE: func(c *cobra.Command, args []string) error { return runExport(c.Context(), std, o, args) },
	}
	bindExample(c.Flags(), &o.example)
	in(c.Flags(), groupOutput, func(f *pflag.FlagSet) {
		f.Var(oneOf(&o.as, "", exportForms), "as", "format")
		f.StringVar(&o.out, "out", "", "new `FILE` to write; without it standard output")
		f.Var(&o.size, "size", "columns and rows of a cast, 80x24 to 300x100")
		f.Var(oneOf(&o.theme, styles.Dark, only(themes, styles.Dark, styles.Light, styles.Contrast, styles.Mono)), "theme", "colours of a cast")
	})
	return c
}

func runExport(ctx context.Context, std IO, o *exportOptions, args []string) error {
	if o.as == "" {
		return usage("export needs --as: %s", strings.Join(names(exportForms), ", "))
	}
	f, err := openRecord(ctx, args, o.example)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return writeNamed(ctx, std, o.out, func(to io.Writer) error {
		w := bufio.NewWriter(to)
		return cmp.Or(exportRecord(ctx, std, o, w, f), w.Flush()) // a writer that failed says so again
	})
}

// exportRecord writes a record in the format that is wanted, and says what is wrong
// with the record.
func exportRecord(ctx context.Context, std IO, o *exportOptions, w io.Writer, f recordFile) (err error) {
	var read *journal.Reader
	switch o.as {
	case "cast":
		read, err = film(ctx, o, w, f)
	case "hdr":
		read, err = export.HDR(w, f)
	case "csv":
		var again io.ReadSeekCloser
		if again, err = f.seekable(); err == nil {
			read, err = export.CSV(w, again)
			err = errors.Join(err, again.Close())
		}
	default:
		return exportRun(std, o.as, w, f)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	sayDamaged(std, f.name, read.Damaged, read.Check())
	return nil
}

// exportRun writes what is made of a whole run.
func exportRun(std IO, as string, w io.Writer, f recordFile) error {
	run, err := readRun(f)
	if err != nil {
		return err
	}
	sayDamaged(std, f.name, run.Damaged, run.Check)
	if run.LeftOut > 0 {
		fmt.Fprintf(std.Err, "tikv-demo: %s is longer than is exported: %d of its seconds and events are left out\n", f.name, run.LeftOut)
	}
	if as == "trace" {
		return export.Trace(w, run, report.Make(run, ""))
	}
	return export.Grafana(w, report.Make(run, ""))
}

// film records the screen of a replay.
func film(ctx context.Context, o *exportOptions, w io.Writer, f recordFile) (*journal.Reader, error) {
	whole, known := f.whole(ctx) // nobody waits: every frame says it, the first ones too
	reader := journal.NewReader(f)
	return reader, cast.Film(w, reader, cast.Config{
		NotWhole: known && !whole,
		Width:    o.size.width, Height: o.size.height, Look: styles.Fixed(termenv.TrueColor, o.theme), Label: labelOf,
		Title: func(began time.Time) string {
			if known && !whole {
				return "tikv-demo, " + labelOf(began) + ", NOT WHOLE"
			}
			return "tikv-demo, " + labelOf(began)
		},
	})
}

// screenSize is the value of a flag that takes columns and rows.
type screenSize struct{ width, height int }

// Set takes a size such as 120x36.
func (s *screenSize) Set(text string) error {
	columns, rows, ok := strings.Cut(text, "x")
	w, err := strconv.Atoi(columns)
	h, err2 := strconv.Atoi(rows)
	switch {
	case !ok || err != nil || err2 != nil:
		return refuse("is not a size; give one such as 120x36")
	case w < 80 || w > 300 || h < 24 || h > 100:
		return refuse("is out of range; give 80x24 to 300x100")
	}
	s.width, s.height = w, h
	return nil
}

// String gives the size.
func (s *screenSize) String() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

// Type names the kind of value in help.
func (s *screenSize) Type() string { return "size" }
