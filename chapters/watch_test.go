package chapters

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// watchedDir is a directory with the built-in chapters that is watched.
type watchedDir struct {
	t    *testing.T
	dir  string
	seen chan Change
}

func watch(t *testing.T) *watchedDir {
	w := &watchedDir{t, filepath.Join(t.TempDir(), "talk"), make(chan Change, 100)}
	w.fill(w.dir)
	w.run(func(c Change) { w.seen <- c })
	return w
}

func (w *watchedDir) run(see func(Change)) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Watch(ctx, w.dir, builtIn(w.t), see) }()
	w.t.Cleanup(func() {
		cancel()
		assert.NoError(w.t, <-ended)
	})
}

func (w *watchedDir) fill(dir string) {
	require.NoError(w.t, os.MkdirAll(dir, 0o755))
	for name, f := range talk(w.t) { // each in one step
		require.NoError(w.t, os.WriteFile(filepath.Join(dir, "."+name), f.Data, 0o600))
		require.NoError(w.t, os.Rename(filepath.Join(dir, "."+name), filepath.Join(dir, name)))
	}
}

// welcome writes the first chapter with a narration, in one go.
func (w *watchedDir) welcome(dir, narration string) {
	require.NoError(w.t, os.WriteFile(filepath.Join(dir, "01-welcome.md"), []byte(strings.Replace(welcome, "Hello.", narration, 1)), 0o600))
}

// until waits for a change that satisfies ok: an editor that saves in several steps,
// and a machine that is busy, may show the steps.
func (w *watchedDir) until(ok func(Change) bool) Change {
	w.t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case c := <-w.seen:
			if ok(c) {
				return c
			}
		case <-late:
			require.Fail(w.t, "the change was not seen")
		}
	}
}

func says(narration string) func(Change) bool {
	return func(c Change) bool {
		return len(c.Chapters) == demo.ChapterCount && c.Chapters[0].Narration == narration
	}
}

func TestAFileThatIsEditedIsReadAgain(t *testing.T) {
	w := watch(t)
	w.welcome(w.dir, "First edit.")
	w.until(says("First edit."))
	w.welcome(w.dir, "Second edit.")
	w.until(says("Second edit."))
}

// vim and most others write a new file and put it in the place of the old one: whoever
// watches the old one sees nothing more.
func TestAFileThatIsPutInThePlaceOfTheOldOneIsReadEachTime(t *testing.T) {
	w := watch(t)
	for _, narration := range []string{"One.", "Two.", "Three."} {
		tmp := filepath.Join(w.dir, ".01-welcome.md.tmp")
		require.NoError(t, os.WriteFile(tmp, []byte(strings.Replace(welcome, "Hello.", narration, 1)), 0o600))
		require.NoError(t, os.Rename(tmp, filepath.Join(w.dir, "01-welcome.md")))
		w.until(says(narration))
	}
}

func TestAFileThatIsWrongIsSaidInOneLineAndTheRightOneIsTakenAfterwards(t *testing.T) {
	w := watch(t)
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "03-load.md"), []byte("---\nid: load\ntitle: L\nbudg"), 0o600))
	c := w.until(func(c Change) bool { return strings.Contains(c.Why, "03-load.md:1: the front matter has no end") })
	assert.Nil(t, c.Chapters)
	assert.NotContains(t, c.Why, "\n")
	w.fill(w.dir) // as it was before: the line about the fault goes away
	w.until(func(c Change) bool { return c.Why == "" && len(c.Chapters) == demo.ChapterCount })
}

func TestChaptersThatPlaySomethingElseAreNotTakenWhileTheTalkRuns(t *testing.T) {
	w := watch(t)
	b, err := os.ReadFile(filepath.Join(w.dir, "03-load.md"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "03-load.md"), []byte(strings.Replace(string(b), "auto_advance: true", "auto_advance: false", 1)), 0o600))
	w.until(func(c Change) bool {
		return c.Why == "the auto_advance of chapter 3 was changed; that counts from the next start"
	})
}

// git checkout and some synchronisers put another directory in the place of the
// old one.
func TestADirectoryThatIsReplacedIsWatchedAgain(t *testing.T) {
	w := watch(t)
	w.welcome(w.dir, "Before.")
	w.until(says("Before."))
	require.NoError(t, os.Rename(w.dir, w.dir+".old"))
	w.until(func(c Change) bool { return c.Why != "" })
	w.fill(w.dir)
	w.welcome(w.dir, "Replaced.")
	w.until(says("Replaced."))
	w.welcome(w.dir, "After.")
	w.until(says("After."))
}

// What is written after a directory was found missing and before it is watched again
// shows itself by no event.
func TestWhatIsWrittenJustBeforeADirectoryIsWatchedAgainIsRead(t *testing.T) {
	w := &watchedDir{t, filepath.Join(t.TempDir(), "talk"), make(chan Change, 100)}
	w.fill(w.dir)
	w.run(func(c Change) {
		if _, err := os.Stat(w.dir); err != nil {
			w.fill(w.dir)
			w.welcome(w.dir, "Replaced.")
		}
		w.seen <- c
	})
	w.welcome(w.dir, "Before.")
	w.until(says("Before."))
	require.NoError(t, os.Rename(w.dir, w.dir+".old"))
	w.until(says("Replaced."))
	w.welcome(w.dir, "After.")
	w.until(says("After."))
}

func TestFilesThatAreNoChaptersAndSavesWithoutAChangeAreNotReported(t *testing.T) {
	w := watch(t)
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "notes.txt"), []byte("x"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, ".01-welcome.md.swp"), []byte("x"), 0o600))
	w.fill(w.dir)
	tmp := filepath.Join(w.dir, ".tmp")
	require.NoError(t, os.WriteFile(tmp, []byte(strings.Replace(welcome, "Hello.", "Edited.", 1)), 0o600))
	require.NoError(t, os.Rename(tmp, filepath.Join(w.dir, "01-welcome.md")))
	select {
	case c := <-w.seen: // the first that is reported
		assert.Equal(t, "", c.Why)
		assert.Equal(t, "Edited.", c.Chapters[0].Narration)
	case <-time.After(20 * time.Second):
		require.Fail(t, "the change was not seen")
	}
}
