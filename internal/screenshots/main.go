// Command screenshots draws the pictures of the README: every chapter in every
// theme, from the record of a run, as SVG. The screen itself draws the cells. With
// -check it changes nothing and says which pictures are stale.
//
// The run is the example of a kill that the program brings, see make records.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/muesli/termenv"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/tui"
	"github.com/tikv-demo/tikv-demo/internal/tui/styles"
)

func main() {
	example := flag.String("example", "kill", "the example whose record is drawn")
	dir := flag.String("dir", ".pictures", "where the pictures lie")
	width := flag.Int("width", 120, "columns of the terminal")
	height := flag.Int("height", 36, "rows of the terminal")
	check := flag.Bool("check", false, "only say which pictures are stale")
	flag.Parse()
	if err := run(*example, *dir, *width, *height, *check, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(example, dir string, width, height int, check bool, out io.Writer) error {
	record, err := examples.Open(example)
	if err != nil {
		return err
	}
	moments, err := momentsOf(record)
	if err != nil {
		return fmt.Errorf("%s: %w", example, err)
	}
	drawn := pictures(moments, width, height)
	if check {
		return compare(drawn, dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(drawn)) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(drawn[name]), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d pictures in %s\n", len(drawn), dir)
	return nil
}

// moment is what the screen showed at a time.
type moment struct {
	state demo.State
	at    time.Time
}

// momentsOf plays a record and gives, for each chapter, the last moment before it
// was left.
func momentsOf(record io.Reader) ([]moment, error) {
	var state demo.State
	var all []moment
	for e, err := range journal.NewReader(record).Inputs() {
		if err != nil {
			return nil, err
		}
		if begun, ok := e.Body.(demo.PlayBegun); ok {
			state = demo.Resume(begun, e.At)
			all = make([]moment, len(state.Chapters))
		} else {
			state, _ = demo.Take(state, e)
		}
		if state.Finished == nil && state.Question == demo.NoQuestion && state.Mode != demo.ModeLeaving {
			all[state.Chapter().N-1] = moment{state, e.At}
		}
	}
	for i, m := range all {
		if m.at.IsZero() {
			return nil, fmt.Errorf("chapter %d is not in it", i+1)
		}
	}
	return all, nil
}

// pictures draws every chapter in every theme, by file name.
func pictures(moments []moment, width, height int) map[string]string {
	drawn := map[string]string{}
	for _, theme := range styles.Themes() {
		if theme == styles.Auto {
			continue // it is one of the others
		}
		for i, m := range moments {
			c := m.state.Chapters[i]
			frame := tui.Still(m.state, m.at, styles.Fixed(termenv.TrueColor, theme), width, height)
			drawn[fmt.Sprintf("%d-%s-%s.svg", c.N, c.ID, theme)] = svg(fmt.Sprintf("Chapter %d of %d: %s", c.N, len(moments), c.Title), frame, width, height)
		}
	}
	return drawn
}

// errStale says that pictures do not show what the screen draws now.
var errStale = errors.New("run `make screenshots`, look at the pictures, and commit them")

func compare(drawn map[string]string, dir string) error {
	var stale []string
	for _, name := range slices.Sorted(maps.Keys(drawn)) {
		was, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if string(was) != drawn[name] {
			stale = append(stale, name)
		}
	}
	if len(stale) > 0 {
		return fmt.Errorf("%d of %d pictures are stale, %s first: %w", len(stale), len(drawn), stale[0], errStale)
	}
	return nil
}
