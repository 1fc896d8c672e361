package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// clustersDir holds one directory and one lock file for each cluster. A running
// demo holds the lock, and the kernel lets go of it when the demo dies, so the
// next start knows what is left over without trusting a process id.
const clustersDir = "clusters"

func newDir(stateDir string) (dir string, lock *os.File, err error) {
	base := filepath.Join(stateDir, clustersDir)
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp(base, "c"); err != nil {
		return "", nil, err
	}
	lock, err = os.OpenFile(dir+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	return dir, lock, err
}

// Sweep removes the data of clusters whose demo is gone, and says how many
// there were. Their processes ended with it.
func Sweep(stateDir string) (removed int, err error) {
	locks, err := filepath.Glob(filepath.Join(stateDir, clustersDir, "*.lock"))
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, path := range locks {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue // somebody else sweeps
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			errs = append(errs, os.RemoveAll(strings.TrimSuffix(path, ".lock")), os.Remove(path))
			removed++
		}
		_ = f.Close()
	}
	return removed, errors.Join(errs...)
}
