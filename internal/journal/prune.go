package journal

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/tikv-demo/tikv-demo/internal/demo"
)

// created is what CreateIn calls a record.
var created = regexp.MustCompile(`^\d{8}T\d{6}\.\d{3}Z-\d+\.jsonl$`)

// tailLength is more than the last line of any record.
const tailLength = 16 << 10

// PruneLoops removes the oldest records of rounds of a loop from dir. The newest keep
// of them stay, and of those that failed, or do not say how they ended, the newest
// keepFailed too: a round that lost writes may have been killed while it showed that.
// The record of a talk that was no round of a loop is never removed, nor is a file
// with another name.
func PruneLoops(dir string, keep, keepFailed int) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	slices.Reverse(entries) // their names begin with their times
	var errs []error
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !e.Type().IsRegular() || !created.MatchString(e.Name()) || !looped(path) {
			continue
		}
		if keep > 0 {
			keep--
			continue
		}
		if how := outcome(path); keepFailed > 0 && (how == demo.OutcomeFailed || how == "") {
			keepFailed--
			continue
		}
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(errs...)
}

// looped says whether a record is of a round of a loop.
func looped(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	if err != nil {
		return false
	}
	_, body, err := Decode(line)
	started, ok := body.(demo.RunStarted)
	return err == nil && ok && started.Flags["loop"] == "true"
}

// outcome gives how a recorded play ended, "" where its last line does not say.
func outcome(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return ""
	}
	tail := make([]byte, min(tailLength, st.Size()))
	if _, err := f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil {
		return ""
	}
	tail = bytes.TrimRight(tail, "\n")
	_, body, err := Decode(tail[bytes.LastIndexByte(tail, '\n')+1:])
	finished, ok := body.(demo.RunFinished)
	if err != nil || !ok {
		return ""
	}
	return finished.Outcome
}
