package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/tikv-demo/tikv-demo/internal/cast"
	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/tui"
)

// checkFilm says before anything is started why the screen cannot be recorded.
func checkFilm(o *options, front string) error {
	switch _, err := os.Lstat(o.cast); {
	case o.cast == "":
		return nil
	case front != "tui":
		return usage("--cast records the screen, and --front %s has none; `tikv-demo export --as cast` makes one of the record", front)
	case err == nil:
		return usage("--cast %s is there already; name a new file", o.cast)
	}
	return nil
}

// filmed shows the talk and records the screen if --cast asks for it. beside runs what
// the talk tells the end of, if that is an error.
func filmed(std IO, o *options, beside func(what string, f func(context.Context) error), show func(tui.Film) (demo.State, error)) (demo.State, error) {
	film, cut, err := startFilm(std, o)
	if err != nil {
		return demo.State{}, err
	}
	defer cut()
	if film == nil {
		return show(nil)
	}
	beside("recording of the screen", func(ctx context.Context) error {
		select {
		case <-film.Failed():
			return film.Err()
		case <-ctx.Done():
			return nil
		}
	})
	return show(film)
}

// startFilm begins the recording that --cast asks for, nil for none. cut ends it,
// and says what became of it.
func startFilm(std IO, o *options) (film *cast.Writer, cut func(), err error) {
	if o.cast == "" {
		return nil, func() {}, nil
	}
	f, err := os.OpenFile(o.cast, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, nil, usage("--cast %s is there already; name a new file", o.cast)
	}
	if err != nil {
		return nil, nil, precondition("the screen cannot be recorded: %w; choose another file with --cast", err)
	}
	width, height, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		width, height = 80, 24
	}
	w := cast.NewWriter(f, cast.Header{Width: width, Height: height, Began: time.Now(), Title: o.filmTitle()})
	return w, func() {
		if err := errors.Join(w.Err(), f.Close()); err != nil {
			fmt.Fprintln(std.Err, "tikv-demo: the recording of the screen is not whole: "+oneLine(err))
			return
		}
		fmt.Fprintln(std.Out, "cast: "+o.cast)
	}, nil
}

// filmTitle is what a recording is called.
func (o *options) filmTitle() string {
	title := "tikv-demo"
	for _, part := range []string{o.title, o.speaker, o.event} {
		if part != "" {
			title += ", " + part
		}
	}
	return title
}
