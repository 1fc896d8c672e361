package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
)

const (
	logsDir  = "logs"
	keepLogs = 10 // clusters whose logs are kept, this one included
)

// newLogs creates the directory of a cluster's logs. Unlike its data they are kept
// when it ends, so that errors can be looked up. The oldest ones are removed.
func newLogs(stateDir, cluster string) (string, error) {
	base := filepath.Join(stateDir, logsDir)
	dir := filepath.Join(base, cluster)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, prune(base, keepLogs)
}

// prune removes all but the newest directories below base.
func prune(base string, keep int) error {
	entries, err := os.ReadDir(base)
	if err != nil {
		return err
	}
	infos := make([]os.FileInfo, 0, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil && e.IsDir() {
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var errs []error
	for _, info := range infos[min(keep, len(infos)):] {
		errs = append(errs, os.RemoveAll(filepath.Join(base, info.Name())))
	}
	return errors.Join(errs...)
}
