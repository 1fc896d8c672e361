package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tikv-demo/tikv-demo/chapters"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/plain"
	"github.com/tikv-demo/tikv-demo/internal/remote"
	"github.com/tikv-demo/tikv-demo/internal/runner"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

func newRun(std IO, o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "run [DIR]",
		Short: "Run the talk (the default)",
		Long:  "Run the talk; without a command this is what is done. DIR is the directory of the talk's chapters, as --chapters is.",
		Example: "  tikv-demo                                  # the talk, on the embedded cluster\n" +
			"  tikv-demo --cluster docker --fault pause   # in containers, with another fault\n" +
			"  tikv-demo run my-talk                      # chapters and settings of your own\n" +
			"  tikv-demo --dry-run --seed 7               # what would be broken\n" +
			"  tikv-demo --auto --front plain             # no keys, no screen\n" +
			"  tikv-demo --auto --front json > run.jsonl  # the record on standard output",
		Args: upToOne,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			o.settle()
			o.inForce = inForce(c.Flags())
			if o.dryRun {
				return dryRun(c.Context(), std, o)
			}
			return runTalk(c.Context(), std, o)
		},
	}
	o.bind(c.Flags())
	return c
}

// loadChapters gives the talk's chapters: a directory's, or the built-in ones in a
// language.
func loadChapters(dir, lang string) ([]demo.Chapter, error) {
	fsys, err := chapterDir(dir, lang)
	if err != nil {
		return nil, err
	}
	cs, err := chapters.Load(fsys)
	if err != nil {
		return nil, usage("%w", err)
	}
	return cs, nil
}

// chapterDir gives the files of a directory, or the built-in ones in a language.
func chapterDir(dir, lang string) (fs.FS, error) {
	if dir == "" {
		return chapters.Files(lang), nil
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, notADirectory(dir)
	}
	return os.DirFS(dir), nil
}

// notADirectory refuses what was given as the directory of a talk.
func notADirectory(dir string) error {
	return usage("%s is not a directory; `tikv-demo chapters export DIR` makes one to start from", dir)
}

// chooseFront gives the front end, with which the recording of the screen must go.
func chooseFront(o *options, std IO) (string, error) {
	front, err := frontFor(std, o.front, o.ascii)
	if err == nil {
		err = checkFilm(o, front)
	}
	return front, err
}

// inASCII gives an output that shows ASCII alone, where that is asked for.
func inASCII(std IO, o *options) IO {
	if o.ascii {
		std.Out, std.Err = plain.ASCII(std.Out, words.In(o.lang)), plain.ASCII(std.Err, words.In(o.lang))
	}
	return std
}

// runTalk plays one talk, from the first flag to the last cleaned-up file.
func runTalk(ctx context.Context, std IO, o *options) (err error) {
	cs, from, err := o.whatIsPlayed()
	if err != nil {
		return err
	}
	front, err := chooseFront(o, std)
	if err != nil {
		return err
	}
	std = inASCII(std, o)

	hub := remote.NewHub(words.In(o.lang))
	closePhone, err := servePhone(ctx, std, o, front, hub)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closePhone()) }()

	stateDir, err := able(ctx, std, o)
	if err != nil {
		return err
	}
	stand, err := standInFor(o, front, cs)
	if err != nil {
		return err
	}
	session, err := newSession(o, stateDir)
	if err != nil {
		return err
	}
	records := &recordFiles{dir: filepath.Join(stateDir, "runs"), file: o.record, loop: o.loop, tee: teeFor(front, std.Out)}
	ctx, crash := context.WithCancelCause(ctx)
	defer crash(nil)
	config := session.talkConfig(cs, records)
	config.Closing, config.Crashed = closing(std.Err), crash
	r, err := runner.New(ctx, config)
	if err != nil {
		return err
	}
	defer context.AfterFunc(std.Leaving.now, r.Hurry)()
	var end demo.State
	defer func() {
		err = eachCauseOnce(err, leave(std, r, end))
		if end.Finished != nil && front != "json" {
			last := r.WithLost(*end.Finished)
			end.Finished = &last
			fmt.Fprintln(std.Out, summary(end, records.path))
		}
	}()

	state := demo.New(cs, o.ofPlay(from, stand.name))
	if front == "tui" {
		end, err = filmed(std, o, r.Beside, func(film tui.Film) (demo.State, error) {
			c := o.ofScreen()
			c.Stage, c.Film, c.State, c.Record = r, film, state, records.path
			return stand.show(ctx, std, hub, c)
		})
	} else {
		end, err = drive(ctx, state, r, std.In, std.Err)
	}
	return session.outcome(ctx, std, stateDir, end, err)
}

// leave closes what ran the talk, however far that came.
func leave(std IO, r *runner.Runner, end demo.State) error {
	if end.Finished != nil && len(end.Finished.LeftBroken) > 0 {
		std.Leaving.abandon()
		r.Hurry()
	}
	if end.Finished == nil {
		r.Leave(end.Left())
	}
	std.Leaving.ownEnd()
	return r.Close()
}

// ofPlay are the options of the play.
func (o *options) ofPlay(from int, takeOver string) demo.Options {
	return demo.Options{
		Auto: o.auto, AutoApprove: o.approve == "auto", Loop: o.loop, From: from, Rehearsal: o.rehearsal,
		Lang: string(words.In(o.lang)), Fault: o.fault, Profile: o.profile, TakeOver: takeOver,
		Title: o.title, Speaker: o.speaker, Event: o.event,
	}
}

// ofScreen are the options of the screen.
func (o *options) ofScreen() tui.Config {
	return tui.Config{Theme: o.theme, Slot: demo.Slot{Talk: o.talk, End: o.endAt}, Log: o.log == "on", ReducedMotion: o.reducedMotion}
}

// able says before anything starts what keeps the talk from being given here, and
// else gives the directory of the program's state.
func able(ctx context.Context, std IO, o *options) (string, error) {
	dir, err := stateDir()
	if err != nil {
		return "", err
	}
	if err := ableOnDocker(ctx, std.Err, o); err != nil {
		return "", err
	}
	if err := offerToHeal(ctx, std, o, dir); err != nil {
		return "", err
	}
	return dir, readyOutside(ctx, std, o)
}

// configFor gives the runner config for these chapters and their records.
func (s *session) configFor(cs []demo.Chapter, records *recordFiles) runner.Config {
	config, o := s.runnerConfig(), s.o
	config.Journal = records.next
	config.Started = demo.RunStarted{Version: version(), Cluster: o.cluster, Profile: o.profile, Fault: o.fault, Seed: o.seed, Chapters: ids(cs), Rehearsal: o.rehearsal}
	about(&config.Started, o.inForce)
	config.Round = func(play int, s demo.RunStarted) demo.RunStarted {
		s.Fault = o.faultOf(play - 1)
		return s
	}
	return config
}

// talkConfig is configFor for a talk, whose texts may be edited while it runs.
func (s *session) talkConfig(cs []demo.Chapter, records *recordFiles) runner.Config {
	config := s.configFor(cs, records)
	if dir := s.o.chapters; dir != "" {
		config.Texts = editedTexts{dir, cs}
	}
	return config
}

func ids(cs []demo.Chapter) []string {
	var out []string
	for _, c := range cs {
		out = append(out, c.ID)
	}
	return out
}

// tee is a second reader of the record: the plain and JSON fronts are the
// record itself, told as it is written.
type tee interface {
	Write(at time.Time, b demo.Body) error
}

func teeFor(front string, out io.Writer) tee {
	switch front {
	case "json":
		return journal.NewWriter(out)
	case "plain":
		return plain.NewPrinter(out)
	}
	return nil
}

// recordFiles opens a record for each play: a file of its own, or the one that
// the user named, and the front that tells it.
type recordFiles struct {
	dir, file string
	loop      bool // its old rounds are removed
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
	if f.loop && f.file == "" {
		_ = journal.PruneLoops(f.dir, keepRounds, keepFailed) // one that cannot be removed does not stop the booth
	}
	return teed{w, f.tee}, nil
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

// teed is a record that a front reads too.
type teed struct {
	*journal.Writer
	tee tee
}

// Write goes on telling when the file's disk is full, and the other way round.
func (t teed) Write(at time.Time, b demo.Body) error {
	err := t.Writer.Write(at, b)
	if t.tee != nil {
		err = errors.Join(err, t.tee.Write(at, b))
	}
	return err
}
