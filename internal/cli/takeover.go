package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/examples"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/remote"
	"github.com/tikv-demo/tikv-demo/internal/replay"
	"github.com/tikv-demo/tikv-demo/internal/safe"
	"github.com/tikv-demo/tikv-demo/internal/text"
	"github.com/tikv-demo/tikv-demo/internal/tui"
)

// standIn is the record from which a talk can go on when its live side hangs.
type standIn struct {
	open     func() (recordFile, error)
	name     string         // "the record of 2026-03-04 (example kill)"
	began    time.Time      // when its run began
	reading  sync.Mutex     // guards run, head and broken
	run      string         // id of the run
	head     string         // of the record, "" until it is known
	broken   bool           // it is not as it was written
	chapters []demo.Chapter // of the talk that it stands in for
	players  sync.WaitGroup
}

// chooseStandIn gives the record that --takeover names, a file or an example, or
// the example of the talk's fault. It is nil where there is none of the same
// chapters.
func chooseStandIn(chosen, fault string, cs []demo.Chapter) (*standIn, error) {
	s := &standIn{chapters: cs}
	switch {
	case chosen == "" && !slices.Contains(examples.Names(), fault):
		return nil, nil
	case chosen == "":
		s.open = func() (recordFile, error) { return openRecord(context.Background(), nil, fault) }
	case isFile(chosen) || !slices.Contains(examples.Names(), chosen):
		s.open = func() (recordFile, error) { return openRecord(context.Background(), []string{chosen}, "") }
	default:
		s.open = func() (recordFile, error) { return openRecord(context.Background(), nil, chosen) }
	}
	err := plainFile(chosen)
	if err == nil {
		err = s.check(chosen != "")
	}
	switch {
	case err != nil && chosen == "": // nobody asked for it: the talk has other chapters
		return nil, nil
	case err != nil:
		return nil, usage("--takeover %s: %w", chosen, err)
	}
	return s, nil
}

// standInFor gives the record of a talk with a screen. One without a name is none.
func standInFor(o *options, front string, cs []demo.Chapter) (*standIn, error) {
	if front != "tui" {
		return &standIn{}, nil
	}
	s, err := chooseStandIn(o.takeover, o.fault, cs)
	if s == nil {
		s = &standIn{}
	}
	return s, err
}

// show shows the talk, and ends what stood in for it afterwards.
func (s *standIn) show(ctx context.Context, std IO, hub *remote.Hub, c tui.Config) (demo.State, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer s.players.Wait()
	defer cancel()
	if s.name != "" {
		c.StandIn = s.at
	}
	return showTalk(ctx, std, hub, c)
}

// plainFile says why a record cannot be opened again on stage: a pipe would wait
// there. An example is no path.
func plainFile(path string) error {
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	return nil
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// check looks whether the record is of the same chapters. One that somebody chose is
// played whole, on stage is no time for that; an example has been.
func (s *standIn) check(whole bool) error {
	f, err := s.open()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var state demo.State
	for e, err := range journal.NewReader(f).Inputs() {
		if err != nil {
			return err
		}
		if begun, ok := e.Body.(demo.PlayBegun); ok {
			state, s.began = demo.Resume(begun, e.At), e.At
			if !slices.Equal(ids(begun.Chapters), ids(s.chapters)) {
				return fmt.Errorf("%s is of other chapters than this talk", f.name)
			}
			if !whole {
				break
			}
		} else {
			state, _ = demo.Take(state, e)
		}
	}
	if whole && state.Reached < len(state.Chapters)-1 {
		return fmt.Errorf("%s does not reach the last chapter", f.name)
	}
	if whole {
		if err := s.identify(); err != nil {
			return err
		}
	}
	s.name = fmt.Sprintf("the record of %s (%s)", s.began.Local().Format("2006-01-02"), text.Line(filepath.Base(f.name), 60))
	return nil
}

// identify reads which record it is, for the record of the talk. It reads all of it:
// of an example only when it is wanted, because the talk's first frame waits for it.
func (s *standIn) identify() error {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.head != "" {
		return nil
	}
	f, err := s.open()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	of, err := journal.Verify(f)
	s.run, s.head, s.broken = of.Run, of.Head, !of.Whole()
	return err
}

// at opens the record at a chapter. It plays until it ends or ctx is done.
func (s *standIn) at(ctx context.Context, chapter int) (tui.StandIn, error) {
	if err := s.identify(); err != nil {
		return tui.StandIn{}, err
	}
	f, err := s.open()
	if err != nil {
		return tui.StandIn{}, err
	}
	p, err := replay.Open(replay.Config{Record: f, From: chapter})
	if err != nil {
		_ = f.Close()
		return tui.StandIn{}, err
	}
	s.players.Go(func() {
		defer func() { _ = f.Close() }()
		defer p.Close()
		_ = safe.Do(func() error { return p.Run(ctx) }) // a record that ends early stands still, and says where
	})
	s.reading.Lock()
	defer s.reading.Unlock()
	broken := s.broken
	return tui.StandIn{Stage: p, State: s.inWords(p.State()), Now: p.Now, Press: p.Press, Label: "RECORD " + s.began.Local().Format("2006-01-02 15:04") + ", not live", Run: s.run, Head: s.head, Broken: func() bool { return broken }}, nil
}

// inWords gives a state of the record with what this talk says of its chapters.
func (s *standIn) inWords(state demo.State) demo.State {
	state.Chapters = slices.Clone(state.Chapters)
	for i, c := range s.chapters {
		to := &state.Chapters[i]
		to.Title, to.Narration, to.Notes, to.KeyHint, to.Budget = c.Title, c.Narration, c.Notes, c.KeyHint, c.Budget
	}
	return state
}
