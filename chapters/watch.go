package chapters

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/text"
)

const (
	// settleTime is how long a directory must be quiet before it is read: an editor
	// saves a file in several steps, and git changes several files.
	settleTime = 150 * time.Millisecond
	// lookAgain is how often a directory that has gone is looked for.
	lookAgain = time.Second
)

// Change is what became of the chapter files: either all eight of them, or why the
// ones before stay in force.
type Change struct {
	Chapters []demo.Chapter
	Why      string // one line, "" when the files are right
}

// Watch tells see of every change of the chapter files in dir until ctx is done. It
// watches the directory and not its files, because most editors save by putting
// a new file in the place of the old one. A directory that is moved away, as git
// and some synchronisers do, is watched again when one of its name is there. Files
// that say what they said before are no change. Chapters that would play something
// else than played are not taken: half of it has happened already.
func Watch(ctx context.Context, dir string, played []demo.Chapter, see func(Change)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("chapters are not reloaded: %w", err)
	}
	defer func() { _ = w.Close() }()
	d := &watched{dir: dir, see: see, known: played}
	if err := w.Add(dir); err != nil {
		return fmt.Errorf("chapters are not reloaded: %w", err)
	}
	settle := time.NewTimer(0) // what changed between the start and the watch
	defer settle.Stop()
	for {
		select {
		case e := <-w.Events:
			if e.Op != fsnotify.Chmod {
				settle.Reset(settleTime)
			}
		case _, open := <-w.Errors: // too many events at once: some are lost, and all files are read anyway
			if open {
				settle.Reset(settleTime)
			}
		case <-settle.C:
			d.look()
			if len(w.WatchList()) == 0 {
				again := lookAgain
				if w.Add(dir) == nil {
					again = settleTime // what came between the look and the watch
				}
				settle.Reset(again)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// watched is a directory and what was last said of it.
type watched struct {
	dir   string
	see   func(Change)
	known []demo.Chapter
	why   string
}

// look reads the files, and tells of them when they say something else.
func (d *watched) look() {
	cs, err := Load(os.DirFS(d.dir))
	why := ""
	if err != nil {
		cs, why = nil, inOneLine(err)
	} else if key, n := demo.OtherPlay(d.known, cs); key != "" {
		cs, why = nil, fmt.Sprintf("the %s of chapter %d was changed; that counts from the next start", key, n)
	}
	if why == d.why && (why != "" || slices.Equal(cs, d.known)) {
		return
	}
	if d.why = why; why == "" {
		d.known = cs
	}
	d.see(Change{Chapters: cs, Why: why})
}

// inOneLine gives the first fault and how many more there are.
func inOneLine(err error) string {
	var e *Error
	if !errors.As(err, &e) || len(e.Faults) == 0 {
		return text.Line(err.Error(), 0)
	}
	line := e.Faults[0].String()
	if more := len(e.Faults) - 1; more > 0 {
		line += fmt.Sprintf(" (and %d more; see chapters lint)", more)
	}
	return line
}
