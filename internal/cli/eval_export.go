package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/tikv-demo/tikv-demo/internal/demo"
	"github.com/tikv-demo/tikv-demo/internal/diagnose"
	"github.com/tikv-demo/tikv-demo/internal/export"
)

// newExportDir makes the directory that --export names before the first round is
// played: hours later is too late to hear that it cannot be written.
func newExportDir(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usage("--export: %w", err)
	}
	if there, err := os.ReadDir(dir); err != nil || len(there) > 0 {
		return usage("--export %s: there is something in it; name a new directory", dir)
	}
	return nil
}

// answered gives the rounds with a fault that somebody was asked about.
func (ev *evaluation) answered() []export.Answered {
	var out []export.Answered
	for _, r := range ev.played {
		if r.Fault == demo.FaultNone || len(r.Targets) == 0 || len(r.Card) == 0 {
			continue
		}
		a := export.Answered{At: r.FaultAt, Components: r.Targets, Reason: r.Truth}
		for _, c := range r.Card {
			if c.Source != diagnose.SourceNobody {
				a.Card = append(a.Card, c)
			}
		}
		out = append(out, a)
	}
	return out
}

// export writes the answers in the shape of OpenRCA's files: query.csv, and a file
// for each who answered.
func (ev *evaluation) export() error {
	dir, rounds := ev.o.exportDir, ev.answered()
	if dir == "" {
		return nil
	}
	err := writeTo(filepath.Join(dir, "query.csv"), func(w io.Writer) error { return export.OpenRCAQueries(w, rounds) })
	for _, source := range export.OpenRCASources(rounds) {
		name := strings.ReplaceAll(strings.ToLower(source), " ", "-") + ".csv"
		err = errors.Join(err, writeTo(filepath.Join(dir, name), func(w io.Writer) error { return export.OpenRCAAnswers(w, rounds, source) }))
	}
	return err
}

func writeTo(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	return writeNew(f, write)
}
