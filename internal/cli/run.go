package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/plain"
	"github.com/tikv-demo/tikv-demo/internal/runner"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

func newRun(std IO, o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the talk (the default)",
		Long:  "Run the talk (the default).\n\n" + statuses,
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnv(c.Flags()); err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			o.settle()
			if o.dryRun {
				return dryRun(c.Context(), std, o)
			}
			return runTalk(c.Context(), std, o)
		},
	}
	o.bind(c.Flags())
	return c
}

// loadChapters gives the talk's chapters: the built-in ones or a directory's.
func loadChapters(dir string) ([]demo.Chapter, error) {
	if dir == "" {
		return chapters.Load(chapters.Files)
	}
	fsys, err := chapterDir(dir)
	if err != nil {
		return nil, err
	}
	cs, err := chapters.Load(fsys)
	if err != nil {
		return nil, usage("%w", err)
	}
	return cs, nil
}

func chapterDir(dir string) (fs.FS, error) {
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, usage("--chapters %s is not a directory; `tikv-demo chapters export DIR` makes one to start from", dir)
	}
	return os.DirFS(dir), nil
}

// runTalk plays one talk, from the first flag to the last cleaned-up file.
func runTalk(ctx context.Context, std IO, o *options) (err error) {
	cs, err := loadChapters(o.chapters)
	if err != nil {
		return err
	}
	face := o.front
	switch dumb := os.Getenv("TERM") == "dumb"; {
	case face != "":
	case std.Terminal && !dumb:
		face = "tui"
	case dumb:
		face = "plain"
		fmt.Fprintln(std.Err, "tikv-demo: TERM=dumb cannot show a screen, so --front plain is chosen")
	default:
		face = "plain"
		fmt.Fprintln(std.Err, "tikv-demo: no terminal here, so --front plain is chosen")
	}
	if face == "tui" && !std.Terminal {
		return precondition("--front tui needs a terminal; use --front plain or json")
	}

	stateDir, err := stateDir()
	if err != nil {
		return err
	}
	if err := ableOnDocker(ctx, o); err != nil {
		return err
	}
	if err := offerToHeal(ctx, std, o, stateDir); err != nil {
		return err
	}
	if err := readyOutside(ctx, std, o); err != nil {
		return err
	}
	show, err := newShow(o, stateDir)
	if err != nil {
		return err
	}
	records := &recordFiles{dir: filepath.Join(stateDir, "runs"), file: o.record, tee: teeFor(face, std.Out)}
	ctx, crash := context.WithCancelCause(ctx)
	defer crash(nil)
	cast := show.playing(cs, records)
	cast.Closing, cast.Crashed = closing(std.Err), crash
	r, err := runner.New(ctx, cast)
	if err != nil {
		return err
	}
	defer context.AfterFunc(std.Leaving.now, r.Hurry)()
	var end demo.State
	defer func() {
		if end.Finished != nil && len(end.Finished.LeftBroken) > 0 {
			std.Leaving.abandon()
			r.Hurry()
		}
		if end.Finished == nil {
			r.Leave(end.Left())
		}
		closeErr := r.Close()
		if end.Finished != nil && face != "json" {
			fmt.Fprintln(std.Out, summary(end, records.path))
		}
		err = errors.Join(err, closeErr)
	}()

	state := demo.New(cs, demo.Options{Auto: o.auto, AutoApprove: o.approve == "auto", Loop: o.loop, Fault: o.fault, Profile: o.profile})
	if face == "tui" {
		end, err = tui.Run(ctx, tui.Config{Stage: r, State: state, Theme: o.theme, Talk: o.talk, Record: records.path, Pressed: std.Leaving.press, Heard: std.Leaving.heard})
	} else {
		end, err = drive(ctx, state, r, std.In, std.Err)
	}
	if std.Leaving.ctx.Err() == nil && ctx.Err() != nil {
		return context.Cause(ctx) // a panic
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err == nil && end.Finished != nil && end.Finished.Outcome == demo.OutcomeFailed {
		if err = show.failed; err == nil {
			err = errors.New(whyFailed(end))
		}
	}
	return err
}

// playing is the cast for these chapters, with where they are recorded.
func (s *show) playing(cs []demo.Chapter, records *recordFiles) runner.Config {
	cast, o := s.cast(), s.o
	cast.Journal = records.next
	cast.Started = demo.RunStarted{Version: version, Cluster: o.cluster, Profile: o.profile, Fault: o.fault, Seed: o.seed, Chapters: ids(cs)}
	return cast
}

// whyFailed says in one line what ended a play that nobody could repair.
func whyFailed(s demo.State) string {
	c, work := s.Chapters[s.Reached], s.WorkOf(s.Reached)
	switch {
	case work.Err != "":
		return fmt.Sprintf("chapter %d (%s) failed: %s", c.N, c.ID, work.Err)
	case s.Finished != nil && s.Finished.Lost > 0:
		return lostWrites(s)
	}
	g := s.Gate(s.Reached)
	return fmt.Sprintf("chapter %d (%s): the gate %q did not open within %s: %s", c.N, c.ID, g.Name, g.Limit, words.Of(s.Snapshot).Gate(s, s.Reached))
}

// lostWrites says on how many keys the store broke its word, and how first.
func lostWrites(s demo.State) string {
	text := fmt.Sprintf("%d keys lost what was acknowledged or read", s.Finished.Lost)
	if s.Finished.Lost == 1 {
		text = "1 key lost what was acknowledged or read"
	}
	if len(s.Violations) > 0 {
		text += "; the first: " + words.Violation(s.Violations[0].Violation)
	}
	return text
}

// summary is the last thing that a talk leaves on the terminal.
func summary(s demo.State, record string) string {
	sc := demo.ScoreOf(s)
	line := s.Finished.Outcome
	if sc.TTD > 0 {
		line += fmt.Sprintf(" · detected in %.1f s", sc.TTD.Seconds())
	}
	if sc.TTR > 0 {
		line += fmt.Sprintf(" · recovered in %.1f s", sc.TTR.Seconds())
	}
	if sc.Verified {
		line += fmt.Sprintf(" · %d acknowledged writes, %d keys read again, %d lost", sc.Acked, sc.Checked, sc.Lost)
	} else if sc.Lost > 0 {
		line += fmt.Sprintf(" · %d lost", sc.Lost)
	}
	if sc.Unknown > 0 {
		line += fmt.Sprintf(", %d unknown", sc.Unknown)
	}
	if left := s.Finished.LeftBroken; len(left) > 0 {
		line += " · left broken: " + strings.Join(left, ", ") + "; `tikv-demo heal` mends it"
	}
	return line + "\nrecord: " + record
}

func ids(cs []demo.Chapter) []string {
	var out []string
	for _, c := range cs {
		out = append(out, c.ID)
	}
	return out
}

// tee is a second reader of the record: the plain and JSON faces are the
// record itself, told as it is written.
type tee interface {
	Write(at time.Time, b demo.Body) error
}

func teeFor(face string, out io.Writer) tee {
	switch face {
	case "json":
		return journal.NewWriter(out)
	case "plain":
		return plain.NewPrinter(out)
	}
	return nil
}

// recordFiles opens a record for each play: a file of its own, or the one that
// the user named, and the face that tells it.
type recordFiles struct {
	dir, file string
	tee       tee
	path      string // of the latest record
	plays     int
}

func (f *recordFiles) next() (runner.Journal, error) {
	f.plays++
	var w *journal.Writer
	var err error
	remedy := "choose another state directory with TIKV_DEMO_STATE_DIR"
	if f.file != "" {
		remedy = "choose another file with --record FILE"
		w, err = f.named()
	} else {
		w, err = journal.CreateIn(f.dir)
	}
	if err != nil {
		return nil, precondition("the record cannot be written: %w; %s", err, remedy)
	}
	f.path = w.Path()
	return told{w, f.tee}, nil
}

// named opens the file that the user named, and for the later plays of a loop the
// first that is free of FILE.2, FILE.3 and so on.
func (f *recordFiles) named() (*journal.Writer, error) {
	if f.plays == 1 {
		return journal.Create(f.file)
	}
	for n := f.plays; ; n++ {
		w, err := journal.Create(fmt.Sprintf("%s.%d", f.file, n))
		if !errors.Is(err, journal.ErrExists) {
			return w, err
		}
	}
}

// told is a record that is also told to somebody.
type told struct {
	*journal.Writer
	tee tee
}

// Write goes on telling when the file's disk is full, and the other way round.
func (t told) Write(at time.Time, b demo.Body) error {
	err := t.Writer.Write(at, b)
	if t.tee != nil {
		err = errors.Join(err, t.tee.Write(at, b))
	}
	return err
}
