package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// clustersDir holds a directory and a lock file for each cluster. A running demo
// holds the lock, which the kernel releases when the demo dies. So the next start
// can tell what is left over without trusting a process id.
const clustersDir = "clusters"

func newDir(stateDir string) (dir string, lock *os.File, err error) {
	base := filepath.Join(stateDir, clustersDir)
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp(base, "c"); err != nil {
		return "", nil, err
	}
	lock, err = os.OpenFile(dir+lockSuffix, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	return dir, lock, err
}

// Sweep removes the data of clusters whose demo is gone, and returns how many there
// were. Their processes ended with the demo.
func Sweep(stateDir string) (removed int, err error) {
	return eachLeftover(stateDir, func(lock string) error {
		return errors.Join(os.RemoveAll(strings.TrimSuffix(lock, lockSuffix)), os.Remove(lock))
	})
}

// Leftovers counts what Sweep would remove.
func Leftovers(stateDir string) (int, error) {
	return eachLeftover(stateDir, func(string) error { return nil })
}

const lockSuffix = ".lock"

// Running gives how many clusters of a state directory run now.
func Running(stateDir string) (int, error) {
	locks, err := filepath.Glob(filepath.Join(stateDir, clustersDir, "*"+lockSuffix))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, path := range locks {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue // it has ended meanwhile
		}
		if unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB) != nil {
			n++
		}
		_ = file.Close()
	}
	return n, nil
}

// eachLeftover calls f, holding the lock, for each cluster whose demo is gone.
func eachLeftover(stateDir string, f func(lock string) error) (count int, err error) {
	locks, err := filepath.Glob(filepath.Join(stateDir, clustersDir, "*"+lockSuffix))
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, path := range locks {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue // somebody else sweeps
		}
		if unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			errs = append(errs, f(path))
			count++
		}
		_ = file.Close()
	}
	return count, errors.Join(errs...)
}
