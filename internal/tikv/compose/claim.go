package compose

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Claim is one run's lock on a project, whoever brought the cluster up. Two talks
// on one cluster would find each other's writes, and both would fail. The kernel
// releases the lock when the run dies. The zero value holds nothing.
type Claim struct{ file *os.File }

// claimant is what a claim's file says about its run.
type claimant struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	Does  string    `json:"does"` // tikv-demo run --cluster docker
}

func (c claimant) String() string {
	return fmt.Sprintf("`%s`, process %d, since %s", c.Does, c.PID, c.Since.Local().Format("15:04:05"))
}

// Hold locks a project for a run. Runs with different state directories share the
// lock; runs of different users do not.
func Hold(cfg Config, does string) (*Claim, error) {
	path, err := claimPath(&cfg)
	if err != nil {
		return nil, err
	}
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			who := claimOf(f)
			_ = f.Close()
			return nil, precondition("another run uses the project %s: %s; wait for its end, or choose another --project and other ports", cfg.Project, who)
		}
		if !samePath(f, path) { // its previous holder has just removed it
			_ = f.Close()
			continue
		}
		b, err := json.Marshal(claimant{os.Getpid(), time.Now(), does})
		if err == nil {
			err = f.Truncate(0)
		}
		if err == nil {
			_, err = f.WriteAt(b, 0)
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return &Claim{f}, nil
	}
}

// Release ends the lock.
func (c *Claim) Release() error {
	if c == nil || c.file == nil {
		return nil
	}
	f := c.file
	c.file = nil
	return errors.Join(os.Remove(f.Name()), f.Close())
}

// HeldBy describes the run that uses a project now; "" for none.
func HeldBy(cfg Config) (string, error) {
	path, err := claimPath(&cfg)
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); err != nil {
		return claimOf(f), nil
	}
	return "", nil
}

func claimOf(f *os.File) string {
	var c claimant
	if err := json.NewDecoder(f).Decode(&c); err != nil {
		return "one that has just begun"
	}
	return c.String()
}

func samePath(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Lstat(path)
	return err == nil && os.SameFile(a, b)
}

// claimPath returns the lock file of a project on a daemon. It is in a directory
// that all runs of this user share, whatever their state directory.
func claimPath(cfg *Config) (string, error) {
	if _, err := cfg.settle(); err != nil {
		return "", err
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("tikv-demo-%d", os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !st.IsDir() || st.Mode().Perm() != 0o700 {
		return "", precondition("%s is not a directory of this user's alone; remove it, or set TMPDIR", dir)
	}
	daemon := sha256.Sum256([]byte(cfg.At.Host))
	return filepath.Join(dir, fmt.Sprintf("%s-%x.lock", cfg.Project, daemon[:4])), nil
}
