// Package rehearsal reads from the records of past talks how long each chapter took,
// and works out what budget would fit.
package rehearsal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
)

// Talk is one talk that was given or rehearsed.
type Talk struct {
	Began     time.Time
	Rehearsed bool
	Times     []*demo.ChapterTime // by chapter; nil where it was not spoken to its end
}

// Last gives the latest talks among the records in dir, the latest first and at
// most n. A talk counts when a speaker gave it, with the same chapters, and left
// at least one of them. What is no whole record is passed over.
func Last(dir string, n int, chapters []demo.Chapter) ([]Talk, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slices.Reverse(entries) // their names begin with their times
	var out []Talk
	for _, e := range entries {
		if len(out) == n {
			break
		}
		if !e.Type().IsRegular() || filepath.Ext(e.Name()) != ".jsonl" {
			continue
		}
		if t, ok := read(filepath.Join(dir, e.Name()), chapters); ok {
			out = append(out, t)
		}
	}
	return out, nil
}

// read folds a record to its end.
func read(path string, chapters []demo.Chapter) (Talk, bool) {
	f, err := os.Open(path)
	if err != nil {
		return Talk{}, false
	}
	defer func() { _ = f.Close() }()
	var t Talk
	var s demo.State
	begun := false
	for e, err := range journal.NewReader(f).Inputs() {
		if err != nil {
			break // what came before it counts
		}
		b, first := e.Body.(demo.PlayBegun)
		switch {
		case first && begun:
			return Talk{}, false // no record holds two plays
		case first && !spoken(b, chapters):
			return Talk{}, false
		case first:
			begun = true
			t.Began, t.Rehearsed = e.At, b.Options.Rehearsal
			s = demo.Resume(b, e.At)
		case begun:
			s, _ = demo.Take(s, e)
		}
	}
	if !begun {
		return Talk{}, false
	}
	t.Times = s.Times()
	return t, slices.ContainsFunc(t.Times, func(c *demo.ChapterTime) bool { return c != nil })
}

// spoken says whether a speaker gave the play, and whether it is of these chapters.
func spoken(b demo.PlayBegun, chapters []demo.Chapter) bool {
	return !b.Options.Auto && slices.EqualFunc(b.Chapters, chapters, func(x, y demo.Chapter) bool { return x.ID == y.ID })
}

// grain is what budgets are rounded up to.
const grain = 5 * time.Second

// Budgets gives a new budget for each chapter by its id: the median of what the speaker
// took, and the machine's time at its 95th percentile, because nobody can speak faster
// than a slow start. Chapters that nobody has spoken keep theirs, and are not in it.
func Budgets(talks []Talk, chapters []demo.Chapter) map[string]time.Duration {
	out := map[string]time.Duration{}
	for i, c := range chapters {
		var speaker, machine []time.Duration
		for _, t := range talks {
			if at := t.Times[i]; at != nil {
				speaker, machine = append(speaker, at.Speaker), append(machine, at.Machine)
			}
		}
		if len(speaker) == 0 {
			continue
		}
		budget := median(speaker) + p95(machine)
		out[c.ID] = max(grain, (budget+grain-1)/grain*grain)
	}
	return out
}

// median is the middle one, or the mean of the two.
func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	n := len(ds)
	return (ds[(n-1)/2] + ds[n/2]) / 2
}

// p95 is the smallest that at least 95 of 100 do not exceed.
func p95(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[(95*len(ds)+99)/100-1]
}
