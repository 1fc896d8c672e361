package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/journal"
	"github.com/tikv-demo/tikv-demo/internal/report"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// outcome gives the error with which the program ends after a talk.
func (s *session) outcome(ctx context.Context, std IO, stateDir string, end demo.State, err error) error {
	if std.Leaving.ctx.Err() == nil && ctx.Err() != nil {
		return crashed(context.Cause(ctx), stateDir)
	}
	if ctx.Err() != nil || std.Leaving.interrupted.Load() && end.Finished != nil && end.Finished.Outcome == demo.OutcomeQuit {
		return errInterrupted
	}
	if err == nil && end.Finished != nil && end.Finished.Outcome == demo.OutcomeFailed {
		return s.whyFailed(end)
	}
	if err == nil && end.Finished != nil && end.Finished.Outcome == demo.OutcomeQuit && end.Mode != demo.ModeLeaving {
		return errors.New("the talk ended before every key was read again")
	}
	return err
}

// whyFailed says what failed a talk.
func (s *session) whyFailed(end demo.State) error {
	if s.failed != nil {
		return s.failed
	}
	return errors.New(whyFailed(end))
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
	return fmt.Sprintf("chapter %d (%s): the gate %q did not open within %s: %s", c.N, c.ID, g.Name, g.Limit, words.Of(words.English, s.Snapshot).Gate(s, s.Reached))
}

// lostWrites says on how many keys the store broke its word, and how first.
func lostWrites(s demo.State) string {
	text := fmt.Sprintf("%d keys lost what was acknowledged or read", s.Finished.Lost)
	if s.Finished.Lost == 1 {
		text = "1 key lost what was acknowledged or read"
	}
	if len(s.Violations) > 0 {
		text += "; the first: " + words.English.Violation(s.Violations[0].Violation)
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
		line += " · left broken: " + strings.Join(left, ", ") + "; run `tikv-demo heal` to repair it"
	}
	for _, t := range s.TakeOvers {
		line += fmt.Sprintf(" · in chapter %d the screen went on from %s", t.N, t.Record)
	}
	line += "\nrecord: " + record + "\nreport: tikv-demo report " + report.ShellWord(record)
	if s.Seal != nil {
		line += fmt.Sprintf("\nhead of the record, as on the last screen: %s %s (check with `tikv-demo verify FILE --head %s`)",
			journal.Short(s.Seal.Head), s.Seal.Words, journal.Short(s.Seal.Head))
	}
	return line
}
